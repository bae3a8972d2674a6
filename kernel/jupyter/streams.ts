/** Joins the output of cells into fewer messages; front ends drop more than 1,000 a second. */
import type { Header } from '../messages';

/** Text is sent in pieces, at most one per this many milliseconds. */
const intervalMs = 50;

type StreamName = 'stdout' | 'stderr';

export class Streams {
  private text = '';
  private name: StreamName = 'stdout';
  private parent: Header | undefined;
  private lastSent = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly send: (name: StreamName, text: string, parent: Header | undefined) => void,
  ) {}

  write(name: StreamName, text: string, parent: Header | undefined): void {
    if (name !== this.name || parent?.msg_id !== this.parent?.msg_id) {
      this.flush();
      this.name = name;
      this.parent = parent;
    }
    this.text += text;
    const wait = this.lastSent + intervalMs - performance.now();
    if (wait <= 0) {
      this.flush();
    } else {
      this.timer ??= setTimeout(() => this.flush(), wait);
    }
  }

  /** Sends the collected text; to be called before any other output, and at a cell's end. */
  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    // The first half of a character whose second is still to come.
    const half = /[\ud800-\udbff]$/.exec(this.text)?.[0] ?? '';
    const text = half ? this.text.slice(0, -1) : this.text;
    if (text) {
      this.text = half;
      this.lastSent = performance.now();
      this.send(this.name, text, this.parent);
    }
  }
}
