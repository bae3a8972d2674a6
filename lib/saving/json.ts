/** A value as JSON has it. */
export type Json = null | boolean | number | string | Json[] | JsonObject;

/** An object as JSON has it. */
export interface JsonObject {
  [key: string]: Json;
}

/**
 * The text of a value for Python, which tells whole numbers from others by how they are written.
 *
 * @param isFloat whether a key's number is written as 1.0 where JavaScript writes 1.
 */
export function textForPython(value: Json, isFloat: (key: string) => boolean, key = ''): string {
  if (typeof value === 'number' && Number.isInteger(value) && isFloat(key)) {
    return Math.abs(value) < 1e21 ? value.toFixed(1) : String(value);
  }
  if (Array.isArray(value)) {
    return `[${value.map((one) => textForPython(one, isFloat, key)).join(', ')}]`;
  }
  if (!isObject(value)) {
    return JSON.stringify(value);
  }
  const members = Object.entries(value).map(
    ([name, one]) => `${JSON.stringify(name)}: ${textForPython(one, isFloat, name)}`,
  );
  return `{${members.join(', ')}}`;
}

/** The value with each member of an object in it that `replace` has another value for. */
export function replaced(value: Json, replace: (key: string, value: Json) => Json): Json {
  if (Array.isArray(value)) {
    return value.map((one) => replaced(one, replace));
  }
  if (!isObject(value)) {
    return value;
  }
  const members = Object.entries(value).map(([key, one]) => [
    key,
    replaced(replace(key, one), replace),
  ]);
  return Object.fromEntries(members);
}

/** True for an object, not for an array or null. */
export function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value itself if it is an object; `what` names it in the error. */
export function asObject(value: Json | undefined, what: string): JsonObject {
  if (!isObject(value)) {
    throw new Error(`${what} should be an object, but is ${shown(value)}.`);
  }
  return value;
}

/** The value itself if it is a string; `what` names it in the error. */
export function asString(value: Json | undefined, what: string): string {
  if (typeof value !== 'string') {
    throw new Error(`${what} should be a string, but is ${shown(value)}.`);
  }
  return value;
}

/** The value itself if it is a finite number; `what` names it in the error. */
export function asNumber(value: Json | undefined, what: string): number {
  if (typeof value !== 'number') {
    throw new Error(`${what} should be a number, but is ${shown(value)}.`);
  }
  return value;
}

/** The value itself if it is a list; `what` names it in the error. */
export function asList(value: Json | undefined, what: string): Json[] {
  if (!Array.isArray(value)) {
    throw new Error(`${what} should be a list, but is ${shown(value)}.`);
  }
  return value;
}

/** The value as text for an error message, not longer than a line. */
export function shown(value: Json | undefined): string {
  const text = JSON.stringify(value) ?? 'missing';
  return text.length > 100 ? `${text.slice(0, 100)}…` : text;
}
