/**
 * Makes errors speak of the notebook's cells: `Cell [3]:2:7` is line 2, column 7 of the cell with
 * the number 3; and of the lines of local `.ts` files. What runs is the JavaScript that they were
 * compiled to; its source maps are followed back.
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
  /** `sourceMap`, read when it is needed for the first time. */
  map?: SourceMap;
}

/** `Cell [3]:2:7` in a stack trace. */
const cellPosition = /(Cell \[\d+\]):(\d+):(\d+)/;
const framesOfKernel = /[\\/]build[\\/]kernel[\\/]|node:internal|node:vm/;

/** What was compiled, by the name that stack traces give it. */
const sources = new Map<string, Source>();

/** Takes note of what a cell or a file was compiled from, before it runs. */
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
 * From now on the stack traces of all errors speak of the sources, and end with the outermost cell:
 * the kernel's own frames, which called it, say nothing to its reader.
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

/** The value that was thrown last and is no error, with where that was. */
let lastThrown: { value: unknown; stack: string } | undefined;

/** Remembers where a cell throws a value that does not know it itself. Returns the value. */
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

/** What Jupyter's `error` message says of an error: its name, its message, and its traceback. */
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
