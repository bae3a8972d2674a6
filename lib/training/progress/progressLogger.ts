import { notebookHost } from '../../display/index';
import type { Logs } from '../callbacks/callback';
import type { OwnCallback } from '../callbacks/callbackList';
import { PlainOutput, TerminalOutput } from './lineOutputs';
import type { Moment, ProgressOutput, Verbosity } from './moment';
import { NotebookBlock } from './notebookBlock';
import { finishedBarLine, finishedLine } from './progressText';

/** What is known of a run before it starts. */
export interface ProgressOptions {
  verbose: Verbosity;
  /** Steps in one epoch, or in the only pass; undefined where the data do not tell. */
  steps: number | undefined;
  /** How many rows the current pass has used. */
  rows: () => number;
  /** Where training starts and ends, in epochs; left out for a run without epochs. */
  epochs?: readonly [number, number];
  /** Steps in one pass over the validation data, where that is known. */
  validationSteps?: number;
  /** Where the bar goes outside a notebook; standard output unless given. */
  stream?: NodeJS.WriteStream;
}

const millisecondsBetweenUpdates = 500;

/** The callback that reports how far a training or an evaluation is. */
export class ProgressLogger implements OwnCallback {
  private epoch = 0;
  private start = performance.now();
  private lastUpdate = this.start;
  private done = 0;
  private steps: number | undefined;
  private logs: Logs = {};
  private trained: Moment | undefined;
  private readonly output: ProgressOutput;

  constructor(private readonly options: ProgressOptions) {
    this.steps = options.steps;
    this.output = options.verbose === 1 ? barOutput(options) : new PlainOutput(false);
  }

  onEpochBegin(epoch: number): void {
    this.epoch = epoch;
    this.start = performance.now();
    if (this.options.verbose > 0) {
      this.output.finish(`Epoch ${epoch + 1}/${this.options.epochs?.[1]}`);
    }
  }

  onBatchEnd(batch: number, logs: Logs): void {
    this.done = batch + 1;
    this.logs = logs;
    if (this.isTimeToUpdate()) {
      this.output.update(this.moment());
    }
  }

  onEpochEnd(_: number, logs: Logs): Promise<void> {
    return this.endPass(logs);
  }

  onTestBegin(): void {
    if (this.options.epochs) {
      this.trained = this.moment();
    } else {
      this.start = performance.now();
    }
  }

  onTestBatchEnd(batch: number, logs: Logs): void {
    if (!this.options.epochs) {
      this.onBatchEnd(batch, logs);
    } else if (this.isTimeToUpdate()) {
      const validation = { done: batch + 1, steps: this.options.validationSteps };
      this.output.update({ ...(this.trained as Moment), validation });
    }
  }

  async onTestEnd(logs: Logs): Promise<void> {
    if (!this.options.epochs) {
      await this.endPass(logs);
      await this.output.complete?.();
    }
  }

  async onTrainEnd(): Promise<void> {
    await this.output.complete?.();
  }

  onError(): void {
    this.output.stop();
  }

  private async endPass(logs: Logs): Promise<void> {
    // Where the data do not tell the number of steps, it is known after the first pass.
    this.steps ??= this.done;
    if (this.options.verbose > 0) {
      const seconds = (performance.now() - this.start) / 1000;
      const format = this.output.showsBarInLines ? finishedBarLine : finishedLine;
      this.output.finish(format(this.done, this.steps, seconds, logs));
      this.output.endEpoch?.(this.epoch, logs);
    }
  }

  private isTimeToUpdate(): boolean {
    const now = performance.now();
    if (this.options.verbose !== 1 || now - this.lastUpdate < millisecondsBetweenUpdates) {
      return false;
    }
    this.lastUpdate = now;
    return true;
  }

  private moment(): Moment {
    const { epochs, rows } = this.options;
    const seconds = (performance.now() - this.start) / 1000;
    const { epoch, done, steps, logs } = this;
    return { epoch, epochs, done, steps, rows: rows(), seconds, logs };
  }
}

function barOutput({ epochs, stream = process.stdout }: ProgressOptions): ProgressOutput {
  if (notebookHost()) {
    return new NotebookBlock(epochs);
  }
  return stream.isTTY ? new TerminalOutput(stream) : new PlainOutput(true);
}
