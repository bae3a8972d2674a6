import { clearLine, cursorTo } from 'node:readline';
import { type DisplayHandle, type MimeBundle, show } from './output';

/** One output of a notebook that appears with its first content and is then replaced in place. */
export class UpdatingOutput {
  private handle: DisplayHandle | undefined;

  set(bundle: MimeBundle): void {
    if (this.handle) {
      this.handle.update(bundle);
    } else {
      this.handle = show(bundle);
    }
  }
}

/** The last line of a terminal, which is written over until it is finished. */
export class TerminalLine {
  private unfinished = false;

  constructor(private readonly stream: NodeJS.WriteStream) {}

  update(line: string): void {
    // A line that wraps could not be overwritten.
    this.replace(line.slice(0, (this.stream.columns || 80) - 1));
    this.unfinished = true;
  }

  finish(line: string): void {
    this.replace(`${line}\n`);
    this.unfinished = false;
  }

  /** What is printed next starts on a line of its own. */
  close(): void {
    if (this.unfinished) {
      this.stream.write('\n');
      this.unfinished = false;
    }
  }

  private replace(text: string): void {
    cursorTo(this.stream, 0);
    clearLine(this.stream, 1);
    this.stream.write(text);
  }
}
