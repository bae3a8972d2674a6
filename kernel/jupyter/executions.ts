/** Runs cells one after the other, and reports to the front ends. */
import type {
  CellMistake,
  CompileResult,
  ErrorContent,
  Header,
  Outcome,
  ToRunner,
} from '../messages';
import { History } from './history';
import type { Channel, Sockets } from './sockets';
import type { Streams } from './streams';
import type { Message } from './wire';

/**
 * Cells that arrive within this many milliseconds after a failure were sent together with the
 * failed cell.
 */
const abortMs = 100;

interface Request {
  channel: Channel;
  message: Message;
}

/** What the cells' thread needs besides the cell. */
type Circumstances = Omit<Extract<ToRunner, { type: 'run' }>, 'type' | 'cell' | 'parent'>;

/** What the executions need from the kernel. */
export interface Surroundings {
  sockets: Sockets;
  streams: Streams;
  compile(source: string, name: string): Promise<CompileResult>;
  /** The cell that was compiled last has finished. */
  succeeded(): void;
  toRunner(message: ToRunner): void;
}

export class Executions {
  readonly history = new History();
  /** The request whose cell runs now. */
  running: Message | undefined;
  private readonly queue: Request[] = [];
  private count = 0;
  private abortUntil = 0;
  private finish: ((outcome: Outcome) => void) | undefined;
  private isInterrupted = false;

  constructor(private readonly kernel: Surroundings) {}

  /** Takes a request to run a cell. */
  add(request: Request): void {
    this.queue.push(request);
    if (!this.running) {
      void this.runAll();
    }
  }

  /** To be called when the cell of a request has ended. */
  ended(parent: Header, outcome: Outcome): void {
    if (parent.msg_id === this.running?.header.msg_id) {
      this.finish?.(outcome);
    }
  }

  /** A cell that is still being compiled must not run. */
  interrupt(): void {
    this.isInterrupted = true;
  }

  private async runAll(): Promise<void> {
    for (let next = this.queue.shift(); next; next = this.queue.shift()) {
      const { channel, message } = next;
      const { sockets } = this.kernel;
      this.running = message;
      this.isInterrupted = false;
      sockets.publishStatus('busy', message.header);
      const content =
        performance.now() < this.abortUntil ? { status: 'aborted' } : await this.execute(message);
      sockets.reply(channel, message, { type: 'execute_reply', content });
      sockets.publishStatus('idle', message.header);
      this.running = undefined;
    }
  }

  private async execute({ header, content, metadata }: Message): Promise<object> {
    const { sockets, streams } = this.kernel;
    const code = String(content.code ?? '');
    const silent = content.silent === true;
    const isStored = !silent && content.store_history !== false;
    const count = isStored ? ++this.count : this.count;
    if (!silent) {
      sockets.publish({
        type: 'execute_input',
        content: { code, execution_count: count },
        parent: header,
      });
    }
    if (isStored) {
      this.history.add(count, code);
    }
    const { cellId, deletedCells } = metadata;
    const outcome = await this.run(code, `Cell [${count}]`, header, {
      silent,
      allowInput: content.allow_stdin === true,
      cellId: typeof cellId === 'string' ? cellId : undefined,
      deletedCells: Array.isArray(deletedCells) ? deletedCells : [],
    });
    streams.flush();
    if ('error' in outcome) {
      sockets.publish({ type: 'error', content: outcome.error, parent: header });
      if (content.stop_on_error !== false) {
        this.abortUntil = performance.now() + abortMs;
      }
      return { status: 'error', execution_count: count, ...outcome.error };
    }
    if (outcome.result && !silent) {
      const result = { ...outcome.result, execution_count: count };
      sockets.publish({ type: 'execute_result', content: result, parent: header });
    }
    this.kernel.succeeded();
    const expressions = Object.entries(content.user_expressions ?? {});
    const values: Record<string, object> = {};
    for (const [name, expression] of expressions) {
      const value = await this.run(String(expression), `Cell [${count}]`, header, {
        silent: false,
        allowInput: false,
        deletedCells: [],
      });
      values[name] =
        'error' in value
          ? { status: 'error', ...value.error }
          : { status: 'ok', ...(value.result ?? { data: {}, metadata: {} }) };
    }
    return { status: 'ok', execution_count: count, payload: [], user_expressions: values };
  }

  private async run(
    code: string,
    name: string,
    parent: Header,
    circumstances: Circumstances,
  ): Promise<Outcome> {
    let compiled: CompileResult;
    try {
      compiled = await this.kernel.compile(code, name);
    } catch (error) {
      return { error: internalError(error) };
    }
    if ('mistakes' in compiled) {
      return { error: describeMistakes(compiled.mistakes, name) };
    }
    if (this.isInterrupted) {
      return { error: interruptedError };
    }
    const { cell } = compiled;
    return new Promise((resolve) => {
      this.finish = resolve;
      this.kernel.toRunner({ type: 'run', cell, parent, ...circumstances });
    });
  }
}

const interruptedError: ErrorContent = {
  ename: 'InterruptedError',
  evalue: 'The cell was interrupted.',
  traceback: ['InterruptedError: The cell was interrupted.'],
};

function internalError(error: unknown): ErrorContent {
  const stack = error instanceof Error ? error.message : String(error);
  const evalue = 'The compiler failed at this cell; the kernel continues.';
  return {
    ename: 'CompilerError',
    evalue,
    traceback: [`CompilerError: ${evalue}`, ...stack.split('\n')],
  };
}

/** The line of an error, with a mark below the column. */
export function excerpt(line: number, column: number, text: string): string[] {
  const margin = `${line} | `;
  return [margin + text, `${' '.repeat(margin.length + column - 1)}^`];
}

function describeMistakes(mistakes: CellMistake[], name: string): ErrorContent {
  const traceback = mistakes.flatMap(({ message, code, line, column, file, text }) => [
    `${file ?? name}:${line}:${column} - error TS${code}: ${message}`,
    ...excerpt(line, column, text),
  ]);
  return { ename: 'CompileError', evalue: mistakes[0]?.message ?? '', traceback };
}
