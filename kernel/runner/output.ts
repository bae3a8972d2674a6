/**
 * Sends printed text to the cell that printed it, even after the cell's end: timers, and promises
 * that a cell awaits, remember their cell. Node's `AsyncLocalStorage` cannot be used for that: Node
 * 20 ends the process when V8 terminates a loop under it.
 */
import { Writable } from 'node:stream';
import timers from 'node:timers';
import { TextDecoder } from 'node:util';
import type { FromRunner, Header } from '../messages';

type Callback = (...args: unknown[]) => unknown;
type StreamName = 'stdout' | 'stderr';

/**
 * Text is passed on at once: a following loop may block this thread. Of many pieces within this
 * many milliseconds, the first are sent one by one and the rest together, because each message
 * takes time.
 */
const intervalMs = 5;
const singlePieces = 50;
const muchText = 16_384;
const leaveLater = setImmediate;

export class Output {
  /** The cell of the running code, if it is known. */
  private entered: Header | undefined;
  private willLeave = false;
  /** The cell that ran last, which gets output that belongs to no cell. */
  private lastCell: Header | undefined;
  private text = '';
  private name: StreamName = 'stdout';
  private parent: Header | undefined;
  private intervalStart = 0;
  private sentPieces = 0;
  private timer: NodeJS.Timeout | undefined;
  /** The text printed since the last line break: the question, if input is read next. */
  lastLine = '';

  constructor(private readonly post: (message: FromRunner) => void) {}

  /** The request whose cell is running or continues. */
  get parentHeader(): Header {
    return (this.entered ?? this.lastCell) as Header;
  }

  /** Output from now on belongs to this cell. */
  startCell(parent: Header): void {
    this.entered = undefined;
    this.lastCell = parent;
  }

  /** Code of an earlier cell continues, until the event loop turns to something else. */
  enter(parent: Header): void {
    this.entered = parent;
    if (!this.willLeave) {
      this.willLeave = true;
      leaveLater(() => {
        this.willLeave = false;
        this.entered = undefined;
      });
    }
  }

  /** Replaces `process.stdout` and `process.stderr`. */
  capture(): void {
    for (const [fd, name] of [
      [1, 'stdout'],
      [2, 'stderr'],
    ] as const) {
      // Not a terminal, even if JupyterLab was started in one: no colour codes in a notebook.
      const stream = Object.assign(new Writable(), { fd, isTTY: false, write: this.writer(name) });
      Object.defineProperty(process, name, { get: () => stream, configurable: true });
    }
    console.clear = () => this.clear(false);
    this.rememberInTimers();
  }

  /** Clears the cell's output, now or when the next output comes. */
  clear(wait: boolean): void {
    this.send({ type: 'clear', wait, parent: this.parentHeader });
  }

  /** Sends a message after the text printed before it. */
  send(message: FromRunner): void {
    this.flush();
    this.post(message);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.text && this.parent) {
      const { text, name, parent } = this;
      this.text = '';
      this.sentPieces += 1;
      this.post({ type: 'stream', name, text, parent });
    }
  }

  private write(name: StreamName, text: string): void {
    const parent = this.parentHeader;
    if (name !== this.name || parent !== this.parent) {
      this.flush();
      this.name = name;
      this.parent = parent;
    }
    this.text += text;
    this.lastLine = (this.lastLine + text).slice(-1000).replace(/^.*\n/s, '');
    const now = performance.now();
    if (now - this.intervalStart >= intervalMs) {
      this.intervalStart = now;
      this.sentPieces = 0;
    }
    if (this.text.length > muchText || this.sentPieces < singlePieces) {
      this.flush();
    } else {
      this.timer ??= setTimeout(() => this.flush(), intervalMs).unref();
    }
  }

  private rememberInTimers(): void {
    for (const name of ['setTimeout', 'setInterval', 'setImmediate'] as const) {
      const original = timers[name] as (callback: Callback, ...rest: unknown[]) => unknown;
      const remembering = (callback: Callback, ...rest: unknown[]) => {
        const parent = this.parentHeader;
        const run = (...args: unknown[]) => {
          this.enter(parent);
          return callback(...args);
        };
        // Node itself rejects anything but a function.
        return original(typeof callback === 'function' ? run : callback, ...rest);
      };
      Object.defineProperties(remembering, Object.getOwnPropertyDescriptors(original));
      Object.assign(timers, { [name]: remembering });
      Object.assign(globalThis, { [name]: remembering });
    }
  }

  private writer(name: StreamName): typeof process.stdout.write {
    // The end of a buffer may split a character.
    const decoder = new TextDecoder();
    return (data: string | Uint8Array, ...rest: unknown[]) => {
      this.write(name, typeof data === 'string' ? data : decoder.decode(data, { stream: true }));
      const done = rest.find((one) => typeof one === 'function') as ((e: null) => void) | undefined;
      if (done) {
        process.nextTick(done, null);
      }
      return true;
    };
  }
}
