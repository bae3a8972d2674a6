import { clearLine, cursorTo } from 'node:readline';
import { type DisplayHandle, type MimeBundle, show } from './output';

/** One output of a notebook that appears with its first content and is then replaced in place. */
export class UpdatingOutput {
  private handle: DisplayHandle | undefined;

  /**
   * Shows the content: the first time as a new output, later in place of the last one.
   *
   * @param bundle the content, in one or several forms. Outside a notebook nothing is shown.
   */
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

  /**
   * Creates a line; nothing is shown yet.
   *
   * @param stream the terminal to write to, for example `process.stdout`.
   */
  constructor(private readonly stream: NodeJS.WriteStream) {}

  /**
   * Replaces the line; it stays open, to be replaced again.
   *
   * @param line the text; cut at the width of the terminal.
   */
  update(line: string): void {
    // A line that wraps could not be overwritten.
    this.replace(line.slice(0, (this.stream.columns || 80) - 1));
    this.unfinished = true;
  }

  /**
   * Replaces the line for the last time, and ends it.
   *
   * @param line the text.
   */
  finish(line: string): void {
    this.replace(`${line}\n`);
    this.unfinished = false;
  }

  /** Ends an open line, so that the next output starts on a new one. */
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
