import { TerminalLine } from '../../display/index';
import type { Moment, ProgressOutput } from './moment';
import { barLine } from './progressText';

/** Finished lines only: for files and pipes. */
export class PlainOutput implements ProgressOutput {
  constructor(readonly showsBarInLines: boolean) {}

  update(): void {}
  finish(line: string): void {
    console.log(line);
  }
  stop(): void {}
}

/** Keras's line, rewritten in place until the epoch is finished. */
export class TerminalOutput implements ProgressOutput {
  readonly showsBarInLines = true;
  private readonly line: TerminalLine;

  constructor(stream: NodeJS.WriteStream) {
    this.line = new TerminalLine(stream);
  }

  update({ done, steps, seconds, logs }: Moment): void {
    this.line.update(barLine(done, steps, seconds, logs));
  }

  finish(line: string): void {
    this.line.finish(line);
  }

  stop(): void {
    this.line.close();
  }
}
