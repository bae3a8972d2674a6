/**
 * Makes errors speak of the notebook's cells: `Cell [3]:2:7` is line 2, column 7 of the cell with
 * the number 3. What runs is the JavaScript that the cell was compiled to, in two steps; each step's
 * source map is followed back.
 */

'use strict';

const { SourceMap } = require('node:module');
const { inspect } = require('node:util');
const { CompileError, InterruptedError } = require('tslab/dist/executor.js');

/** The cells run so far, by name. */
const cells = new Map();
/** `Cell [3]:2:7` in a stack trace. */
const cellPosition = /(Cell \[\d+\]):(\d+):(\d+)/;

/** Takes note of a cell before it runs. */
function rememberCell(cell) {
  cells.set(cell.name, cell);
}

/** The position in a cell's source (from 1) that a position in its JavaScript (from 1) comes from. */
function originalPosition(cell, line, column) {
  let position = { line: line - 1, column: column - 1 };
  for (const sourceMap of cell.sourceMaps) {
    const entry = new SourceMap(sourceMap).findEntry(position.line, position.column);
    if (entry.originalLine === undefined) {
      return undefined;
    }
    position = { line: entry.originalLine, column: entry.originalColumn };
  }
  return { line: position.line - cell.lineOffset + 1, column: position.column + 1 };
}

/** A line of a stack trace, with the position in a cell's JavaScript replaced by that in its source. */
function mapFrame(frame) {
  return frame.replace(cellPosition, (text, name, line, column) => {
    const cell = cells.get(name);
    const position = cell?.sourceMaps && originalPosition(cell, Number(line), Number(column));
    return position ? `${name}:${position.line}:${position.column}` : text;
  });
}

/**
 * From now on the stack traces of all errors speak of the cells' source, and end there: the kernel's
 * own frames, which called the cell, say nothing to its reader.
 */
function mapStackTraces() {
  // Deep enough that an error inside a library still shows the cell.
  Error.stackTraceLimit = 50;
  Error.prepareStackTrace = (error, frames) => {
    const lines = frames.map((frame) => `    at ${mapFrame(String(frame))}`);
    const outermost = lines.findLastIndex((line) => cellPosition.test(line));
    return [String(error), ...(outermost < 0 ? lines : lines.slice(0, outermost + 1))].join('\n');
  };
}

/** The line of a cell at a position, with a mark below the column. */
function excerpt(name, line, column) {
  const source = cells.get(name)?.source.split('\n')[line - 1];
  if (source === undefined) {
    return [];
  }
  const margin = `${line} | `;
  return [margin + source, `${' '.repeat(margin.length + column - 1)}^`];
}

function describeCompileError(error) {
  const name = [...cells.keys()].at(-1);
  const traceback = error.diagnostics.flatMap(({ messageText, code, fileName, start }) => {
    const where = `${fileName ?? name}:${start.line + 1}:${start.character + 1}`;
    const lines = fileName ? [] : excerpt(name, start.line + 1, start.character + 1);
    return [`${where} - error TS${code}: ${messageText}`, ...lines];
  });
  return { ename: error.name, evalue: error.message, traceback };
}

/** What Jupyter's `error` message says of an error: its name, its message, and its traceback. */
function describeError(error) {
  if (error instanceof CompileError) {
    return describeCompileError(error);
  }
  if (error instanceof InterruptedError) {
    return { ename: error.name, evalue: error.message, traceback: [String(error)] };
  }
  const isError = error instanceof Error;
  const traceback = inspect(error).split('\n');
  const thrownAt = isError && cellPosition.exec(error.stack ?? '');
  if (thrownAt) {
    const [, name, line, column] = thrownAt;
    traceback.push('', ...excerpt(name, Number(line), Number(column)));
  }
  return {
    ename: isError ? error.name : 'Thrown value',
    evalue: isError ? error.message : inspect(error),
    traceback,
  };
}

module.exports = { describeError, mapStackTraces, rememberCell };
