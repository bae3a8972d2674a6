/** Runs the cells, in the main thread. */

import vm from 'node:vm';
import type { MessagePort, Worker } from 'node:worker_threads';
import {
  type CompiledCell,
  type DisplayData,
  type FromRunner,
  type Header,
  type Outcome,
  shared,
  type ToRunner,
} from '../messages';
import { Comms } from './comms';
import { describeError, InterruptedError, mapStackTraces, rememberSource, thrown } from './errors';
import { createNotebookHost, createTslab } from './host';
import { Input } from './input';
import { importMeta, Modules, pick, type Transpile } from './modules';
import { Output } from './output';
import { Scope } from './scope';
import { render } from './values';
import { Waits } from './waits';

/** How long code that checks for interrupts itself, such as `fit`, has to end by itself. */
const patientMs = 5000;
/** How long a cell has to end after an interrupt before it is abandoned. */
const giveUpMs = 500;

/** The connections with the other threads. */
export interface RunnerThreads {
  jupyter: Worker;
  input: MessagePort;
  memory: Int32Array;
  transpile: Transpile;
}

/** The state of the running cell. */
class Run {
  readonly controller = new AbortController();
  interrupts = 0;

  constructor(readonly parent: Header) {}
}

type CellFunction = (scope: object, kernel: object) => unknown;

export class Runner {
  private readonly scope = new Scope();
  private readonly output: Output;
  private readonly input: Input;
  private readonly comms: Comms;
  private readonly modules: Modules;
  private readonly waits: Waits;
  private readonly baseline = countResources();
  /** The front end's identifier of a cell, by the request that ran it. */
  private readonly cellIds = new WeakMap<Header, string>();
  private current: Run | undefined;
  private last = new Run(undefined as unknown as Header);

  constructor(private readonly threads: RunnerThreads) {
    const folder = process.cwd();
    this.output = new Output((message) => this.post(message));
    this.input = new Input(threads.input, threads.memory, this.output);
    this.comms = new Comms({
      send: (message) =>
        this.output.send({ type: 'comm', message, parent: this.output.parentHeader }),
      changed: (targets) => this.post({ type: 'comms', targets }),
      currentCell: () => this.output.parentHeader,
      enter: (cell) => this.output.enter(cell),
    });
    this.modules = new Modules(folder, threads.transpile, { tslab: createTslab(this.output) });
    this.waits = new Waits(
      () => {
        // Code that checks for interrupts itself is left to end by itself.
        if (this.notice() && !this.isPatient()) {
          throw new InterruptedError();
        }
      },
      () => {
        const parent = this.output.parentHeader;
        return () => this.output.enter(parent);
      },
    );
    const { require } = this.modules;
    Object.assign(globalThis, {
      require,
      __dirname: folder,
      __filename: importMeta(folder, require.resolve).filename,
    });
  }

  start(): void {
    mapStackTraces();
    this.output.capture();
    this.input.install();
    const host = createNotebookHost(this.output, this.comms, {
      signal: () => this.signal(),
      wait: (value) => this.waits.wait(value),
    });
    Object.assign(globalThis, { [Symbol.for('notebook.host')]: host });
    process.on('SIGINT', () => this.interrupt());
    process.on('uncaughtException', (error) => this.report('Uncaught exception', error));
    process.on('unhandledRejection', (error) => this.report('Unhandled rejection', error));
    this.threads.jupyter.on('message', (message: ToRunner) => this.receive(message));
  }

  private receive(message: ToRunner): void {
    switch (message.type) {
      case 'run':
        this.startRun(message);
        break;
      case 'interrupt':
        this.notice();
        if (message.isEnded && this.current) {
          this.giveUp(this.current);
        }
        break;
      case 'comm':
        this.receiveComm(message);
        break;
      case 'compiling':
        this.modules.prepare(message.source);
        break;
      case 'shutDown':
        process.exit(0);
    }
  }

  private startRun(request: Extract<ToRunner, { type: 'run' }>): void {
    const run = new Run(request.parent);
    this.current = run;
    this.last = run;
    Atomics.store(this.threads.memory, shared.isPatient, 0);
    this.input.startCell(request.allowInput);
    this.output.startCell(request.parent);
    this.endEarlier(request);
    this.execute(request.cell, request.silent).then(
      // A cell that ends by itself after an interrupt has not finished its work.
      (result) => (run.interrupts > 0 ? this.giveUp(run) : this.finish(run, { result })),
      (error) => this.finish(run, { error: this.describe(run, error) }),
    );
  }

  /** Closes the comms of the cell's last run, and those of deleted cells. */
  private endEarlier({ parent, cellId, deletedCells }: Extract<ToRunner, { type: 'run' }>): void {
    const ended = new Set([...deletedCells, ...(cellId === undefined ? [] : [cellId])]);
    this.comms.closeThoseOf((cell) => ended.has(this.cellIds.get(cell) ?? ''));
    if (cellId !== undefined) {
      this.cellIds.set(parent, cellId);
    }
  }

  /** Runs a cell and returns the output for its last expression. */
  private async execute(cell: CompiledCell, silent: boolean): Promise<DisplayData | undefined> {
    if (cell.module) {
      this.modules.define(cell.module, cell.source);
      return undefined;
    }
    rememberSource(cell.name, cell.source, cell.sourceMap);
    const { variables } = this.scope;
    this.scope.declare(cell.names, cell.name);
    for (const { specifier, bindings } of cell.imports) {
      const loading = this.modules.load(specifier);
      const module = loading instanceof Promise ? await this.waits.wait(loading) : loading;
      for (const { name, imported } of bindings) {
        variables[name] = pick(module as Record<string, unknown>, imported);
      }
    }
    const head = `(${cell.isAsync ? 'async ' : ''}function ($scope, $kernel) { 'use strict'; `;
    const run = vm.runInThisContext(`${head}${cell.code}\n})`, {
      filename: cell.name,
      columnOffset: -head.length,
    }) as CellFunction;
    const kernel = this.kernelOf(cell);
    const ended = run.call(undefined, variables, kernel);
    if (ended instanceof Promise) {
      await ended;
    }
    let { result } = kernel;
    if (result instanceof Promise) {
      result = await this.waits.wait(result);
    }
    // Rejections that nobody handles are reported while the cell is still the running one.
    await new Promise((resolve) => setImmediate(resolve));
    if (silent) {
      return undefined;
    }
    if (result !== undefined) {
      Object.assign(globalThis, { _: result });
    }
    return render(result);
  }

  /** The object that a cell's code knows as `$kernel`. */
  private kernelOf(_cell: CompiledCell) {
    return {
      result: undefined as unknown,
      wait: (value: unknown) => this.waits.wait(value),
      iterate: (iterable: AsyncIterable<unknown>) => this.waits.iterate(iterable),
      import: (specifier: string) => this.modules.import(specifier),
      meta: importMeta(process.cwd(), this.modules.require.resolve),
      thrown,
    };
  }

  private finish(run: Run, outcome: Outcome): void {
    if (run === this.current) {
      this.current = undefined;
      // Work that comms start from now on does not check for interrupts itself.
      Atomics.store(this.threads.memory, shared.isPatient, 0);
      this.output.send({ type: 'done', outcome, parent: run.parent });
    }
  }

  /** The signal of the running cell; code that asks for it checks for interrupts itself. */
  private signal(): AbortSignal {
    Atomics.store(this.threads.memory, shared.isPatient, 1);
    this.notice();
    return this.last.controller.signal;
  }

  /** Notices an interrupt, if there is a new one. */
  private notice(): boolean {
    const { memory } = this.threads;
    const number = Atomics.load(memory, shared.interrupts);
    if (Atomics.exchange(memory, shared.noticed, number) === number) {
      return false;
    }
    this.interrupt();
    return true;
  }

  private interrupt(): void {
    const run = this.last;
    const error = new InterruptedError();
    run.interrupts++;
    run.controller.abort(error);
    if (this.isPatient()) {
      setTimeout(() => this.endWaits(run, error), patientMs).unref();
    } else {
      this.endWaits(run, error);
    }
  }

  /** Whether the running code checks for interrupts itself, and this is the first. */
  private isPatient(): boolean {
    return this.last.interrupts <= 1 && Atomics.load(this.threads.memory, shared.isPatient) === 1;
  }

  private endWaits(run: Run, error: Error): void {
    if (run === this.last) {
      this.waits.endAll(error);
      setTimeout(() => this.giveUp(run), giveUpMs).unref();
    }
  }

  /** Ends a cell whose code does not continue, or does not end. */
  private giveUp(run: Run): void {
    if (run === this.current) {
      this.finish(run, { error: this.describe(run, new InterruptedError()) });
    }
  }

  private describe(run: Run, error: unknown) {
    const content = describeError(error);
    if (run.interrupts > 0) {
      content.traceback.push(...describeRest(this.baseline));
    }
    return content;
  }

  private receiveComm({ message, parent }: Extract<ToRunner, { type: 'comm' }>): void {
    // Also when an interrupt ends the work that the message starts: nothing after it would run
    // then.
    setImmediate(() => this.post({ type: 'commDone', parent }));
    if (!this.current && this.last.interrupts > 0) {
      // The interrupt was meant for the code that ran then.
      this.last = new Run(this.last.parent);
    }
    try {
      this.comms.receive(message);
    } catch (error) {
      this.report('Uncaught exception', error);
    }
  }

  private report(kind: string, error: unknown): void {
    if (!(error instanceof InterruptedError)) {
      console.error(`${kind}: ${describeError(error).traceback.join('\n')}`);
    }
  }

  private post(message: FromRunner): void {
    this.threads.jupyter.postMessage(message);
  }
}

/** What keeps a process going, in words. */
const resources: Record<string, string> = {
  Timeout: 'timer',
  TCPServerWrap: 'server',
  TCPSocketWrap: 'connection',
  ProcessWrap: 'program',
  FSReqCallback: 'file operation',
};

function countResources(): Map<string, number> {
  const counts = new Map<string, number>();
  for (const kind of process.getActiveResourcesInfo()) {
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** Names what is still active after an interrupt. */
function describeRest(baseline: Map<string, number>): string[] {
  const counts = countResources();
  const rest = Object.entries(resources).flatMap(([kind, name]) => {
    const count = (counts.get(kind) ?? 0) - (baseline.get(kind) ?? 0);
    return count > 0 ? [`${count} ${name}${count === 1 ? '' : 's'}`] : [];
  });
  return rest.length > 0
    ? [
        '',
        `Still there, from this cell or earlier ones: ${rest.join(', ')}. A restart of the kernel ends them.`,
      ]
    : [];
}
