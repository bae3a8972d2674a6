/** What kind of value the user gave, and the error if it is a wrong one. */

/** Whether a value is an object with names of its own, `{ left: …, right: … }`, and of no class. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/**
 * The error for a value of a wrong kind.
 *
 * @param what what the user calls the value.
 * @param expected what it must be, with its article.
 * @param remedy a sentence that says what to do; a promise is to be awaited.
 */
export function wrongKind(what: string, expected: string, value: unknown, remedy = ''): TypeError {
  const advice = isPromise(value) ? 'Await it first.' : remedy;
  return new TypeError(`${what} must be ${expected}, but it is ${kindOf(value)}. ${advice}`.trim());
}

function isPromise(value: unknown): boolean {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}

function kindOf(value: unknown): string {
  if (value === null || value === undefined) {
    return `${value}`;
  }
  const name = typeof value === 'object' ? value.constructor?.name : undefined;
  const kind = isPromise(value) ? 'promise' : (name ?? typeof value);
  return `${/^[AEIOU]/i.test(kind) ? 'an' : 'a'} ${kind}`;
}
