/** The kernel's answers to Jupyter's requests. */
import type { MessagePort } from 'node:worker_threads';
import type { DescriptorReader } from '../descriptors';
import {
  type CommKind,
  type CompilerAnswers,
  type FromRunner,
  type Header,
  type InputReply,
  shared,
  type ToRunner,
} from '../messages';
import type { Caller } from '../threads';
import { Executions } from './executions';
import { Interrupter } from './interrupter';
import { kernelInfo } from './kernelInfo';
import type { Channel, Sockets } from './sockets';
import { Streams } from './streams';
import type { Message } from './wire';

/** The connections of this thread with the others. */
export interface Threads {
  compiler: Caller<CompilerAnswers>;
  runner: MessagePort;
  /** For the answers to requests for input, which the cells' thread may wait for. */
  input: MessagePort;
  memory: Int32Array;
  /** The output of programs and native code; `undefined` if it cannot be read. */
  descriptors: DescriptorReader | undefined;
}

type Answer = { type: string; content: object };

/** How long a kernel that is shut down may continue its work. */
const endMs = 1500;
/** How often the output of programs is read. */
const readMs = 50;

export class Kernel {
  private readonly streams: Streams;
  private readonly executions: Executions;
  private readonly interrupter: Interrupter;
  private lastParent: Header | undefined;
  private comms: Record<string, string> = {};
  /** The request that waits for input, and the number of the message that asked for it. */
  private waitingForInput = false;

  constructor(
    private readonly sockets: Sockets,
    private readonly threads: Threads,
  ) {
    const { compiler, runner, memory } = threads;
    this.streams = new Streams((name, text, parent) =>
      sockets.publish({ type: 'stream', content: { name, text }, parent }),
    );
    const toRunner = (message: ToRunner) => runner.postMessage(message);
    this.executions = new Executions({
      sockets,
      streams: this.streams,
      compile: (source, name) => {
        toRunner({ type: 'compiling', source });
        return compiler.call('compile', { source, name });
      },
      succeeded: () => compiler.call('ended', {}),
      toRunner,
    });
    this.interrupter = new Interrupter(memory, (isEnded) =>
      toRunner({ type: 'interrupt', isEnded }),
    );
    runner.on('message', (message: FromRunner) => this.fromRunner(message));
    let turns = 0;
    setInterval(() => {
      // Output of background programs while no cell runs is not urgent.
      if (this.executions.running || ++turns % 10 === 0) {
        this.readDescriptors();
      }
    }, readMs).unref();
  }

  /**
   * Shows what any program has written to the descriptors of standard output and standard error.
   */
  private readDescriptors(): void {
    const { running } = this.executions;
    this.lastParent = running?.header ?? this.lastParent;
    this.threads.descriptors?.read((name, text) => this.streams.write(name, text, this.lastParent));
  }

  /** Answers a message of a front end. */
  async receive(channel: Channel, message: Message): Promise<void> {
    const { header } = message;
    switch (header.msg_type) {
      case 'execute_request':
        this.executions.add({ channel, message });
        return;
      case 'input_reply':
        this.answerInput({ value: String(message.content.value ?? '') });
        return;
      case 'comm_open':
      case 'comm_msg':
      case 'comm_close':
        this.sockets.publishStatus('busy', header);
        this.toRunnerComm(header.msg_type, message);
        return;
    }
    this.sockets.publishStatus('busy', header);
    try {
      const answer = await this.answer(message);
      if (answer) {
        this.sockets.reply(channel, message, answer);
      }
    } finally {
      this.publishIdle(header);
    }
    if (header.msg_type === 'shutdown_request') {
      this.shutDown();
    }
  }

  /** The kernel is idle with respect to one request; a cell may still be running. */
  private publishIdle(parent: Header): void {
    this.sockets.publishStatus('idle', parent);
    const { running } = this.executions;
    if (running) {
      this.sockets.publishStatus('busy', running.header);
    }
  }

  private async answer(message: Message): Promise<Answer | undefined> {
    const { header, content } = message;
    const source = String(content.code ?? '');
    const cursor = Number(content.cursor_pos ?? [...source].length);
    const { compiler } = this.threads;
    switch (header.msg_type) {
      case 'kernel_info_request':
        return { type: 'kernel_info_reply', content: kernelInfo };
      case 'is_complete_request':
        return {
          type: 'is_complete_reply',
          content: await compiler.call('completeness', { source }),
        };
      case 'inspect_request':
        return this.inspect(source, cursor);
      case 'complete_request':
        return this.complete(source, cursor);
      case 'history_request':
        return {
          type: 'history_reply',
          content: { status: 'ok', history: this.executions.history.find(content) },
        };
      case 'comm_info_request':
        return { type: 'comm_info_reply', content: this.commInfo(content.target_name) };
      case 'interrupt_request':
        this.interrupt();
        return { type: 'interrupt_reply', content: { status: 'ok' } };
      case 'shutdown_request':
        return {
          type: 'shutdown_reply',
          content: { status: 'ok', restart: content.restart === true },
        };
      default:
        return undefined;
    }
  }

  private async inspect(source: string, cursor: number): Promise<Answer> {
    const text = await this.threads.compiler
      .call('inspect', { source, cursor })
      .catch(() => undefined);
    const data = text === undefined ? {} : { 'text/plain': text };
    const content = { status: 'ok', found: text !== undefined, data, metadata: {} };
    return { type: 'inspect_reply', content };
  }

  private async complete(source: string, cursor: number): Promise<Answer> {
    const nothing = { matches: [], kinds: [], start: cursor, end: cursor };
    const { matches, kinds, start, end } = await this.threads.compiler
      .call('complete', { source, cursor })
      .catch(() => nothing);
    const types = matches.map((text, index) => ({ text, type: kinds[index], start, end }));
    const content = {
      status: 'ok',
      matches,
      cursor_start: start,
      cursor_end: end,
      metadata: { _jupyter_types_experimental: types },
    };
    return { type: 'complete_reply', content };
  }

  private commInfo(target: unknown): object {
    const comms = Object.entries(this.comms)
      .filter(([, name]) => target === undefined || target === null || name === target)
      .map(([id, name]) => [id, { target_name: name }]);
    return { status: 'ok', comms: Object.fromEntries(comms) };
  }

  private toRunnerComm(kind: CommKind, { header, content, metadata, buffers }: Message): void {
    const { comm_id, target_name, data } = content as {
      comm_id: string;
      target_name?: string;
      data?: unknown;
    };
    const message = { kind, content: { comm_id, target_name, data }, metadata, buffers };
    this.threads.runner.postMessage({ type: 'comm', message, parent: header } satisfies ToRunner);
  }

  private interrupt(): void {
    this.executions.interrupt();
    this.answerInput({ value: undefined });
    void this.interrupter.interrupt(Atomics.load(this.threads.memory, shared.isPatient) === 1);
  }

  private answerInput(reply: InputReply): void {
    if (this.waitingForInput) {
      this.waitingForInput = false;
      this.threads.input.postMessage(reply);
      Atomics.store(this.threads.memory, shared.inputReady, 1);
      Atomics.notify(this.threads.memory, shared.inputReady);
    }
  }

  private fromRunner(message: FromRunner): void {
    if (message.type === 'stream') {
      this.streams.write(message.name, message.text, message.parent);
      return;
    }
    this.streams.flush();
    switch (message.type) {
      case 'display': {
        const { content, id, update, parent } = message;
        const transient = id === undefined ? {} : { display_id: id };
        const type = update ? 'update_display_data' : 'display_data';
        this.sockets.publish({ type, content: { ...content, transient }, parent });
        break;
      }
      case 'clear':
        this.sockets.publish({
          type: 'clear_output',
          content: { wait: message.wait },
          parent: message.parent,
        });
        break;
      case 'comm': {
        const { kind, content, metadata, buffers } = message.message;
        this.sockets.publish({ type: kind, content, metadata, buffers, parent: message.parent });
        break;
      }
      case 'comms':
        this.comms = message.targets;
        break;
      case 'commDone':
        this.publishIdle(message.parent);
        break;
      case 'input':
        this.requestInput(message);
        break;
      case 'done':
        this.readDescriptors();
        this.executions.ended(message.parent, message.outcome);
        break;
    }
  }

  private requestInput({ prompt, password }: { prompt: string; password: boolean }): void {
    const { running } = this.executions;
    this.waitingForInput = true;
    if (running) {
      const content = { prompt, password };
      this.sockets.reply('stdin', running, { type: 'input_request', content });
    } else {
      this.answerInput({ value: undefined });
    }
  }

  private shutDown(): void {
    this.sockets.close();
    this.threads.runner.postMessage({ type: 'shutDown' } satisfies ToRunner);
    void this.interrupter.interrupt(false);
    // From a worker thread, only a signal can end the process.
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), endMs);
  }
}
