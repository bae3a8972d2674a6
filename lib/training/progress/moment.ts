import type { Logs } from '../callbacks/callback';

/** What is printed: 0 nothing, 1 a progress bar, 2 one line per epoch. */
export type Verbosity = 0 | 1 | 2;

/** How far a run is. */
export interface Moment {
  /** Counted from 0. */
  epoch: number;
  /** Where training starts and ends, in epochs; undefined for a run without epochs. */
  epochs: readonly [number, number] | undefined;
  /** Steps of the epoch that are done. */
  done: number;
  /** Steps in an epoch; undefined while that is not known. */
  steps: number | undefined;
  /** Rows of the epoch that have been used. */
  rows: number;
  /** What these rows took. */
  seconds: number;
  /** The means over these rows. */
  logs: Logs;
  /** Steps on the validation data, while these are measured. */
  validation?: { done: number; steps: number | undefined };
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
  /** Leaves things tidy when the run ended early. */
  stop(): void;
}
