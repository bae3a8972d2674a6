/** Lines that the reader enters: `prompt`, and `process.stdin` for `readline`. */
import { Readable } from 'node:stream';
import { type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { type InputReply, shared } from '../messages';
import { InterruptedError } from './errors';
import type { Output } from './output';

/** Code that reads `process.stdin` without a question gets its input box after this time. */
const silentMs = 300;

export class Input {
  /** Whether the front end has an input box; it says so with each cell. */
  isAllowed = false;
  private hasAsked = false;

  constructor(
    private readonly port: MessagePort,
    private readonly memory: Int32Array,
    private readonly output: Output,
  ) {}

  /** Gives cells `prompt` and `process.stdin`. */
  install(): void {
    Object.defineProperty(globalThis, 'prompt', {
      value: (message = '', defaultValue = '') => this.prompt(message, defaultValue),
      writable: true,
      configurable: true,
    });
    const stdin = this.stdin();
    Object.defineProperty(process, 'stdin', { get: () => stdin, configurable: true });
  }

  /** To be called when a cell starts. */
  startCell(isAllowed: boolean): void {
    this.isAllowed = isAllowed;
    this.hasAsked = false;
  }

  private prompt(message: string, defaultValue: string): string | null {
    this.request(String(message));
    // The notification of an earlier answer may end a wait.
    while (Atomics.load(this.memory, shared.inputReady) === 0) {
      Atomics.wait(this.memory, shared.inputReady, 0);
    }
    const reply = receiveMessageOnPort(this.port)?.message as InputReply | undefined;
    if (reply?.value === undefined) {
      throw new InterruptedError();
    }
    return reply.value === '' ? defaultValue : reply.value;
  }

  private request(prompt: string): void {
    if (!this.isAllowed) {
      throw new Error('This front end cannot ask its reader for input.');
    }
    this.hasAsked = true;
    Atomics.store(this.memory, shared.inputReady, 0);
    const parent = this.output.parentHeader;
    this.output.send({ type: 'input', prompt, password: false, parent });
  }

  /** A stream that asks the reader when code reads it and has printed a question. */
  private stdin(): Readable {
    let isWaiting = false;
    const stdin = new Readable({
      read: () => {
        if (!isWaiting) {
          isWaiting = true;
          waitForQuestion(performance.now());
        }
      },
    });
    const waitForQuestion = (since: number): void => {
      const isSilent = !this.hasAsked && performance.now() - since > silentMs;
      if (stdin.isPaused() || !(this.output.lastLine || isSilent)) {
        setTimeout(() => waitForQuestion(since), 20).unref();
        return;
      }
      try {
        this.request(this.output.lastLine);
      } catch (error) {
        stdin.destroy(error as Error);
        return;
      }
      this.port.ref();
      this.port.once('message', ({ value }: InputReply) => {
        this.port.unref();
        isWaiting = false;
        this.output.lastLine = '';
        if (value !== undefined) {
          stdin.push(`${value}\n`);
        }
      });
    };
    return Object.assign(stdin, { isTTY: false, fd: 0 });
  }
}
