/**
 * What the kernel's three threads, for Jupyter's messages, the compiler and the cells, send each
 * other.
 */

/** One import of a cell: what to load, and the names to give it. */
export interface CellImport {
  specifier: string;
  /** `imported`: a name in the module, `default`, `*` for all of it, `=` for `import x = require()`. */
  bindings: { name: string; imported: string }[];
}

/** A compiled cell. */
export interface CompiledCell {
  /** Its name in stack traces: `Cell [3]`. */
  name: string;
  source: string;
  /** The body of a function of `$scope` and `$kernel`. */
  code: string;
  /** The source map from `code` to `source`, as JSON. */
  sourceMap: string;
  isAsync: boolean;
  /** The names that it gives values. */
  names: string[];
  imports: CellImport[];
  /** The module that the cell defines instead of running. */
  module?: string;
}

/** An error in a cell, or in a module that it imports. Lines and columns count from 1. */
export interface CellMistake {
  message: string;
  code: number;
  line: number;
  column: number;
  /** The module's file; missing for the cell itself. */
  file?: string;
  /** The text of the line. */
  text: string;
}

export type CompileResult = { cell: CompiledCell } | { mistakes: CellMistake[] };

/** The completions: `matches` for the text between `start` and `end` (in code points). */
export interface Completion {
  matches: string[];
  /** TypeScript's kind of each match: `function`, `const` and so on. */
  kinds: string[];
  start: number;
  end: number;
}

export type Completeness =
  | { status: 'complete' | 'invalid' }
  | { status: 'incomplete'; indent: string };

/** What the compiler's thread answers. Cursors count code points. */
export type CompilerAnswers = {
  compile(request: { source: string; name: string }): CompileResult;
  /** The cell that was compiled last has finished. */
  ended(request: object): void;
  inspect(request: { source: string; cursor: number }): string | undefined;
  complete(request: { source: string; cursor: number }): Completion;
  completeness(request: { source: string }): Completeness;
};

/** The header of the Jupyter message that an output belongs to. */
export interface Header {
  msg_id: string;
  msg_type: string;
  session: string;
  username: string;
  version: string;
  date?: string;
}

/** Jupyter's form of an output: contents by MIME type. */
export interface DisplayData {
  data: Record<string, unknown>;
  metadata: Record<string, unknown>;
}

/** Jupyter's form of an error. */
export interface ErrorContent {
  ename: string;
  evalue: string;
  traceback: string[];
}

export type CommKind = 'comm_open' | 'comm_msg' | 'comm_close';

/** One of Jupyter's comm messages, in either direction. */
export interface CommMessage {
  kind: CommKind;
  /** The comm's identifier; `target_name` and `data` as in Jupyter's protocol. */
  content: { comm_id: string; target_name?: string; data?: unknown };
  metadata?: Record<string, unknown>;
  buffers?: Uint8Array[];
}

export type Outcome = { result?: DisplayData } | { error: ErrorContent };

/** To the thread that runs the cells. */
export type ToRunner =
  | {
      type: 'run';
      cell: CompiledCell;
      parent: Header;
      /** Whether the result is not shown. */
      silent: boolean;
      /** Whether the front end has an input box. */
      allowInput: boolean;
      /** The front end's identifier of the cell, and those of cells that it has deleted. */
      cellId?: string;
      deletedCells: string[];
    }
  /** `isEnded`: the running code was terminated and will not continue. */
  | { type: 'interrupt'; isEnded: boolean }
  | { type: 'comm'; message: CommMessage; parent: Header }
  /** A cell is being compiled. */
  | { type: 'compiling'; source: string }
  | { type: 'shutDown' };

/** From the thread that runs the cells. */
export type FromRunner =
  | { type: 'stream'; name: 'stdout' | 'stderr'; text: string; parent: Header }
  | { type: 'display'; content: DisplayData; id?: string; update: boolean; parent: Header }
  | { type: 'clear'; wait: boolean; parent: Header }
  | { type: 'comm'; message: CommMessage; parent: Header }
  | { type: 'commDone'; parent: Header }
  | { type: 'input'; prompt: string; password: boolean; parent: Header }
  | { type: 'comms'; targets: Record<string, string> }
  | { type: 'interrupted' }
  | { type: 'done'; outcome: Outcome; parent: Header };

/** What the reader has entered; `undefined` where the input was interrupted. */
export type InputReply = { value: string | undefined };

/** Indices in the memory that the threads share. */
export const shared = {
  /** How many interrupts there were. */
  interrupts: 0,
  /** How many of them the cells' thread has noticed. */
  noticed: 1,
  /** 1 when there is an answer to a request for input. */
  inputReady: 2,
  /** 1 while the running code checks for interrupts itself, as `fit` does. */
  isPatient: 3,
  length: 4,
} as const;
