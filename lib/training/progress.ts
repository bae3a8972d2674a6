import { notebookHost, TerminalLine, UpdatingOutput } from '../display/index';
import type { Logs } from './callbacks';
import { barLine, finishedBarLine, finishedLine } from './progressText';

/** What is printed: 0 nothing, 1 a progress bar, 2 one line per epoch. */
export type Verbosity = 0 | 1 | 2;

const millisecondsBetweenUpdates = 200;

/** Reports how far a run is. Knows nothing of training. */
export class Progress {
  private start = performance.now();
  private lastUpdate = this.start;
  private readonly output: LineOutput;

  constructor(
    private readonly verbose: Verbosity,
    private readonly steps: number,
    stream: NodeJS.WriteStream = process.stdout,
  ) {
    this.output = verbose === 1 ? barOutput(stream) : new PlainOutput();
  }

  /** @param epoch counts from 0. */
  beginEpoch(epoch: number, epochs: number): void {
    this.start = performance.now();
    if (this.verbose > 0) {
      this.output.finish(`Epoch ${epoch + 1}/${epochs}`);
    }
  }

  /** To be called after each step; shows a few of them per second. */
  step(done: number, logs: () => Logs): void {
    const now = performance.now();
    if (this.verbose === 1 && now - this.lastUpdate >= millisecondsBetweenUpdates) {
      this.lastUpdate = now;
      this.output.update(barLine(done, this.steps, (now - this.start) / 1000, logs()));
    }
  }

  end(done: number, logs: Logs): void {
    const seconds = (performance.now() - this.start) / 1000;
    if (this.verbose > 0) {
      const format = this.verbose === 1 ? finishedBarLine : finishedLine;
      this.output.finish(format(done, this.steps, seconds, logs));
    }
  }

  /** To be called when the run is over, in success or failure. */
  close(): void {
    this.output.close();
  }
}

/** Lines of text, the last of which may still change. */
interface LineOutput {
  update(line: string): void;
  finish(line: string): void;
  close(): void;
}

function barOutput(stream: NodeJS.WriteStream): LineOutput {
  if (notebookHost()) {
    return new NotebookOutput();
  }
  return stream.isTTY ? new TerminalLine(stream) : new PlainOutput();
}

/** Finished lines only: for files, pipes and saved notebooks. */
class PlainOutput implements LineOutput {
  update(): void {}
  finish(line: string): void {
    console.log(line);
  }
  close(): void {}
}

/** All lines in one output that is updated in place. */
class NotebookOutput implements LineOutput {
  private readonly finished: string[] = [];
  private readonly output = new UpdatingOutput();

  update(line: string): void {
    this.display([...this.finished, line]);
  }

  finish(line: string): void {
    this.finished.push(line);
    this.display(this.finished);
  }

  close(): void {}

  private display(lines: string[]): void {
    this.output.set({ 'text/plain': lines.join('\n') });
  }
}
