/**
 * Makes errors refer to the notebook's cells (`Cell [3]:2:7` is line 2, column 7 of cell 3) and to
 * the lines of local `.ts` files, by the source maps of the JavaScript that runs.
 */
import { SourceMap } from 'node:module';
import { inspect } from 'node:util';
import type { ErrorContent } from '../messages';

/** The reader has interrupted the cell. */
export class InterruptedError extends Error {
  override readonly name = 'InterruptedError';

  constructor() {
    super('The cell was interrupted.');
  }
}

interface Source {
  text: string;
  sourceMap: string;
  /** `sourceMap`, parsed at its first use. */
  map?: SourceMap;
}

/** `Cell [3]:2:7` in a stack trace. */
const cellPosition = /(Cell \[\d+\]):(\d+):(\d+)/;
const framesOfKernel = /[\\/]build[\\/]kernel[\\/]|node:internal|node:vm/;

/** The compiled cells and files, by their names in stack traces. */
const sources = new Map<string, Source>();

/** Records the source of a cell or a file before it runs. */
export function rememberSource(name: string, text: string, sourceMap: string): void {
  sources.set(name, { text, sourceMap });
}

function originalPosition(name: string, line: number, column: number) {
  const source = sources.get(name);
  if (!source) {
    return undefined;
  }
  source.map ??= new SourceMap(JSON.parse(source.sourceMap));
  const entry = source.map.findEntry(line - 1, column - 1);
  return 'originalLine' in entry
    ? { line: entry.originalLine + 1, column: entry.originalColumn + 1 }
    : undefined;
}

function describeFrame(frame: NodeJS.CallSite): string {
  const text = String(frame);
  const name = frame.getFileName() ?? '';
  const [line, column] = [frame.getLineNumber() ?? 0, frame.getColumnNumber() ?? 0];
  const position = originalPosition(name, line, column);
  return position
    ? text.replace(`${name}:${line}:${column}`, `${name}:${position.line}:${position.column}`)
    : text;
}

/**
 * From now on the stack traces of all errors refer to the sources, and end with the outermost cell:
 * the kernel's own frames below it do not help the reader.
 */
export function mapStackTraces(): void {
  // Deep enough that an error inside a library still shows the cell.
  Error.stackTraceLimit = 50;
  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.map((frame) => `    at ${describeFrame(frame)}`);
    const outermost = lines.findLastIndex((line) => cellPosition.test(line));
    const shown =
      outermost < 0
        ? lines.filter((line) => !framesOfKernel.test(line))
        : lines.slice(0, outermost + 1);
    return [
      Error.prototype.toString.call(error),
      ...shown.filter((line) => !/[\\/]build[\\/]kernel[\\/]runner/.test(line)),
    ].join('\n');
  };
}

/** The line of a cell at a position, with a mark below the column. */
function excerpt(name: string, line: number, column: number): string[] {
  const text = sources.get(name)?.text.split('\n')[line - 1];
  if (text === undefined) {
    return [];
  }
  const margin = `${line} | `;
  return [margin + text, `${' '.repeat(margin.length + column - 1)}^`];
}

/** The last thrown value that is not an error, and where it was thrown. */
let lastThrown: { value: unknown; stack: string } | undefined;

/** Remembers where a cell throws a value that has no stack. Returns the value. */
export function thrown(value: unknown): unknown {
  if (!(value instanceof Error)) {
    lastThrown = { value, stack: new Error().stack ?? '' };
  }
  return value;
}

function stackOf(error: unknown): string {
  if (error instanceof Error) {
    return error.stack ?? '';
  }
  return lastThrown && lastThrown.value === error ? lastThrown.stack : '';
}

/** The content of Jupyter's `error` message: name, message and traceback. */
export function describeError(error: unknown): ErrorContent {
  if (error instanceof InterruptedError) {
    return { ename: error.name, evalue: error.message, traceback: [String(error)] };
  }
  const isError = error instanceof Error;
  const traceback = inspect(error).split('\n');
  const thrownAt = cellPosition.exec(stackOf(error));
  if (thrownAt) {
    const [where, name = '', line, column] = thrownAt;
    const place = isError ? [] : [`    at ${where}`];
    traceback.push(...place, '', ...excerpt(name, Number(line), Number(column)));
  }
  return {
    ename: isError ? error.name : 'Thrown value',
    evalue: isError ? error.message : inspect(error),
    traceback,
  };
}
