/** How values are shown: the last expression of a cell, and what `console.log` prints. */
import { format, inspect } from 'node:util';
import type { DisplayData } from '../messages';

/**
 * An object that defines its own output has a function of this name, which returns contents by MIME
 * type.
 */
const displaySymbol = Symbol.for('Jupyter.display');

/** Longer texts are cut: front ends drop them or freeze. */
const longestText = 500_000;

/** Jupyter messages are JSON: pictures and other binary data are encoded as base64. */
export function encodeBytes(bundle: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(bundle).map(([mimeType, content]) => [
      mimeType,
      content instanceof Uint8Array ? Buffer.from(content).toString('base64') : content,
    ]),
  );
}

function cut(text: string): string {
  return text.length <= longestText
    ? text
    : `${text.slice(0, longestText)}\n… cut: ${text.length.toLocaleString('en')} characters in all`;
}

/** Jupyter's output for a value; none for `undefined`. */
export async function render(value: unknown): Promise<DisplayData | undefined> {
  if (value === undefined) {
    return undefined;
  }
  const own = (value as { [displaySymbol]?: unknown } | null)?.[displaySymbol];
  if (typeof own === 'function') {
    const data = encodeBytes(await own.call(value));
    return Object.keys(data).length > 0 ? { data, metadata: {} } : undefined;
  }
  const text = isHistory(value) ? lastLineOf.call(value) : format(value);
  return { data: { 'text/plain': cut(text) }, metadata: {} };
}

type Prototype = Record<symbol, unknown> & { constructor: { name: string } };
type Classes = Record<string, { prototype?: Prototype } | undefined>;

interface Model {
  name: string;
  built: boolean;
  summary(width: undefined, positions: undefined, print: (line: string) => void): void;
}

function summaryOf(this: Model): string {
  const lines: string[] = [];
  try {
    this.summary(undefined, undefined, (line) => lines.push(line));
  } catch (error) {
    // A model that does not know its input's shape yet has none.
    return `${this.constructor.name} "${this.name}": ${(error as Error).message}`;
  }
  return lines.join('\n');
}

interface History {
  epoch: number[];
  history: Record<string, unknown[]>;
}

/** The result of `fit`, of tfjs and of the library. */
function isHistory(value: unknown): value is History {
  const { epoch, history } = Object(value) as Partial<History>;
  return Array.isArray(epoch) && Object.values(history ?? [0]).every(Array.isArray);
}

function lastLineOf(this: History): string {
  const last = Object.entries(this.history).map(([name, values]) => {
    const value = values.at(-1);
    return `${name}: ${typeof value === 'number' ? value.toPrecision(4) : format(value)}`;
  });
  const epochs = this.epoch.length;
  return `History of ${epochs} epoch${epochs === 1 ? '' : 's'}, the last: ${last.join(' - ')}`;
}

/** A tensor as tfjs prints it: type, shape and values. */
function valuesOf(this: { isDisposed: boolean; shape: number[]; toString(verbose: true): string }) {
  return this.isDisposed ? `Tensor [${this.shape}], disposed` : this.toString(true);
}

const described: Record<string, Record<string, (this: never) => string>> = {
  '@tensorflow/tfjs-core': { Tensor: valuesOf },
  '@tensorflow/tfjs-layers': { LayersModel: summaryOf, History: lastLineOf },
};

/** Makes tensors, models and histories readable, as soon as a module of TensorFlow.js is loaded. */
export function describeTensorFlow(request: string, exports: unknown): unknown {
  for (const [name, describe] of Object.entries(described[request] ?? {})) {
    const prototype = (exports as Classes)[name]?.prototype;
    if (prototype && !Object.hasOwn(prototype, inspect.custom)) {
      Object.defineProperty(prototype, inspect.custom, { value: describe, writable: true });
    }
  }
  return exports;
}
