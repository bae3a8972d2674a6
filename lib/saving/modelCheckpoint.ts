import type * as tf from '../tensorflow';
import { saveWeights } from './modelWeights';

/** Options of {@link ModelCheckpoint}. */
export interface ModelCheckpointOptions {
  /**
   * Where to save, without the suffixes. `{epoch}` stands for the epoch (from 1), `{epoch:04d}` for
   * the same in four digits, `{val_loss:.2f}` for a value of the epoch's logs in two decimals.
   * Example: `ckpt/cp-{epoch:04d}.ckpt`.
   */
  filepath: string;
  /** Leave out the optimiser's state. Default: false. */
  saveWeightsOnly?: boolean;
  /** Save every so many epochs. Default: 1. */
  period?: number;
  /** Save only when the monitored value is better than ever before (NaN is not). Default: false. */
  saveBestOnly?: boolean;
  /** The value to go by. Default: `val_loss`. */
  monitor?: string;
  /** Whether less or more is better. Default `auto`: more for accuracies, less for all others. */
  mode?: 'auto' | 'min' | 'max';
  /** 1 prints a line for each save. Default: 0. */
  verbose?: 0 | 1;
}

/**
 * A callback for `training.fit` that saves the model at the end of epochs as a TensorFlow checkpoint.
 *
 * @see https://keras.io/api/callbacks/model_checkpoint/
 */
export class ModelCheckpoint {
  private readonly options: Required<ModelCheckpointOptions>;
  private readonly moreIsBetter: boolean;
  private best: number | undefined;
  private epochsSinceSave = 0;
  private model: tf.LayersModel | undefined;

  /**
   * @param options where, when and what to save.
   * @throws Error if the file path is missing, or the period is not a whole number from 1.
   */
  constructor(options: ModelCheckpointOptions) {
    this.options = {
      saveWeightsOnly: false,
      period: 1,
      saveBestOnly: false,
      monitor: 'val_loss',
      mode: 'auto',
      verbose: 0,
      ...options,
    };
    const { filepath, period, mode, monitor } = this.options;
    if (!filepath) {
      throw new Error('ModelCheckpoint needs a filepath.');
    }
    if (!Number.isInteger(period) || period < 1) {
      throw new Error(`ModelCheckpoint: period is ${period}, but has to be a whole number from 1.`);
    }
    this.moreIsBetter = mode === 'max' || (mode === 'auto' && /acc/.test(monitor));
  }

  /** It reads the model only. */
  readonly changesModel = false;

  /**
   * Called by `fit` before training.
   *
   * @param model the model to save.
   */
  setModel(model: tf.LayersModel): void {
    this.model = model;
  }

  /**
   * Called by `fit`; saves the model if it is time to.
   *
   * @param epoch counts from 0, as everywhere in callbacks; file names count from 1.
   * @param logs the epoch's values, among them those that the file name and `monitor` ask for.
   * @throws Error if such a value is missing, or the checkpoint cannot be written.
   */
  async onEpochEnd(epoch: number, logs: Record<string, number> = {}): Promise<void> {
    const { filepath, period, saveBestOnly, saveWeightsOnly, verbose } = this.options;
    if (!this.model) {
      throw new Error('ModelCheckpoint works as a callback of fit only.');
    }
    this.epochsSinceSave++;
    if (this.epochsSinceSave < period) {
      return;
    }
    this.epochsSinceSave = 0;
    if (saveBestOnly && !this.isBest(logs)) {
      return;
    }
    const prefix = formatPath(filepath, { ...logs, epoch: epoch + 1 });
    await saveWeights(this.model, prefix, { includeOptimizer: !saveWeightsOnly });
    if (verbose) {
      console.log(`Epoch ${epoch + 1}: saving model to ${prefix}`);
    }
  }

  private isBest(logs: Record<string, number>): boolean {
    const current = valueIn(logs, this.options.monitor);
    // Not a number is no better than any: what diverged must not replace what was good.
    const { best = this.moreIsBetter ? -Infinity : Infinity } = this;
    const isBetter = this.moreIsBetter ? current > best : current < best;
    if (!isBetter) {
      return false;
    }
    this.best = current;
    return true;
  }
}

function formatPath(filepath: string, values: Record<string, number>): string {
  return filepath.replace(/\{(\w+)(?::([^}]*))?\}/g, (_, name: string, format = '') => {
    const value = valueIn(values, name);
    const [, width, decimals] = /^(?:0(\d+)d?|\.(\d+)f)?$/.exec(format) ?? [];
    if (width) {
      return String(value).padStart(Number(width), '0');
    }
    if (decimals) {
      return value.toFixed(Number(decimals));
    }
    if (format === '' || format === 'd') {
      return String(value);
    }
    throw new Error(
      `ModelCheckpoint: "${format}" in ${filepath} is not understood; try 04d or .2f.`,
    );
  });
}

function valueIn(logs: Record<string, number>, name: string): number {
  const value = logs[name];
  if (value === undefined) {
    throw new Error(
      `ModelCheckpoint: there is no "${name}" at the end of the epoch; ` +
        `there are ${Object.keys(logs).join(', ')}.`,
    );
  }
  return value;
}
