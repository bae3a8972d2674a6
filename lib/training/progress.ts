import { notebookHost, TerminalLine } from '../display/index';
import type { Logs } from './callbacks';
import { NotebookBlock } from './progressBlock';
import { barLine, finishedBarLine, finishedLine } from './progressText';

/** What is printed: 0 nothing, 1 a progress bar, 2 one line per epoch. */
export type Verbosity = 0 | 1 | 2;

/** What is known of a run before it starts. */
export interface ProgressOptions {
  verbose: Verbosity;
  /** Steps in one epoch. */
  steps: number;
  /** Rows in one epoch. */
  samples: number;
  batchSize: number;
  /** Where training starts and ends, in epochs; left out for a run without epochs. */
  epochs?: readonly [number, number];
  /** Where the bar goes outside a notebook; standard output unless given. */
  stream?: NodeJS.WriteStream;
}

/** How far a run is. */
export interface Moment {
  /** Counted from 0. */
  epoch: number;
  epochs: readonly [number, number] | undefined;
  /** Of `steps` steps of the epoch. */
  done: number;
  steps: number;
  /** Rows of the epoch that have been used. */
  rows: number;
  /** What these rows took. */
  seconds: number;
  /** The means over these rows. */
  logs: Logs;
  /** Steps on the validation data, while these are measured. */
  validation?: { done: number; steps: number };
}

/** Where the progress is shown. */
export interface ProgressOutput {
  /** Whether a finished line has a bar of characters in it, as Keras's have. */
  readonly showsBarInLines: boolean;
  /** Shows what the next call may replace. */
  update(moment: Moment): void;
  /** Shows a line that stays. */
  finish(line: string): void;
  endEpoch?(epoch: number, logs: Logs): void;
  /** To be called after success. */
  complete?(): Promise<void>;
  /** Leaves things tidy when the run ended in its midst. */
  stop(): void;
}

const millisecondsBetweenUpdates = 500;

/** Reports how far a run is. Knows nothing of training. */
export class Progress {
  private epoch = 0;
  private start = performance.now();
  private lastUpdate = this.start;
  private trained: Moment | undefined;
  private readonly output: ProgressOutput;

  constructor(private readonly options: ProgressOptions) {
    this.output = options.verbose === 1 ? barOutput(options) : new PlainOutput(false);
  }

  /** @param epoch counts from 0. */
  beginEpoch(epoch: number, epochs: number): void {
    this.epoch = epoch;
    this.start = performance.now();
    if (this.options.verbose > 0) {
      this.output.finish(`Epoch ${epoch + 1}/${epochs}`);
    }
  }

  /** To be called after each step; shows a few of them per second. */
  step(done: number, logs: () => Logs): void {
    if (this.isTimeToUpdate()) {
      this.output.update(this.moment(done, logs()));
    }
  }

  /** To be called when the training rows of an epoch are done and validation begins. */
  beginValidation(done: number, logs: Logs): void {
    this.trained = this.moment(done, logs);
  }

  /** To be called after each step of validation. */
  validationStep(done: number, steps: number): void {
    if (this.trained && this.isTimeToUpdate()) {
      this.output.update({ ...this.trained, validation: { done, steps } });
    }
  }

  /** To be called after an epoch. */
  end(done: number, logs: Logs): void {
    const { verbose, steps } = this.options;
    const seconds = (performance.now() - this.start) / 1000;
    if (verbose > 0) {
      const format = this.output.showsBarInLines ? finishedBarLine : finishedLine;
      this.output.finish(format(done, steps, seconds, logs));
      this.output.endEpoch?.(this.epoch, logs);
    }
  }

  /** To be called after success: gives what is shown its final form. */
  async complete(): Promise<void> {
    await this.output.complete?.();
  }

  /** To be called when the run failed or was interrupted. */
  stop(): void {
    this.output.stop();
  }

  private isTimeToUpdate(): boolean {
    const now = performance.now();
    if (this.options.verbose !== 1 || now - this.lastUpdate < millisecondsBetweenUpdates) {
      return false;
    }
    this.lastUpdate = now;
    return true;
  }

  private moment(done: number, logs: Logs): Moment {
    const { steps, samples, batchSize, epochs } = this.options;
    const rows = Math.min(done * batchSize, samples);
    const seconds = (performance.now() - this.start) / 1000;
    return { epoch: this.epoch, epochs, done, steps, rows, seconds, logs };
  }
}

function barOutput({ epochs, stream = process.stdout }: ProgressOptions): ProgressOutput {
  if (notebookHost()) {
    return new NotebookBlock(epochs);
  }
  return stream.isTTY ? new TerminalOutput(stream) : new PlainOutput(true);
}

/** Finished lines only: for files and pipes. */
class PlainOutput implements ProgressOutput {
  constructor(readonly showsBarInLines: boolean) {}

  update(): void {}
  finish(line: string): void {
    console.log(line);
  }
  stop(): void {}
}

/** Keras's line, rewritten in place until the epoch is finished. */
class TerminalOutput implements ProgressOutput {
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
