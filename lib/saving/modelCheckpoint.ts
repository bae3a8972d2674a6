import type * as tf from '../tensorflow';
import { Monitor, type MonitorMode } from '../training/callbacks/monitor';
import { checkOptionNames } from '../training/names';
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
  /**
   * Whether less or more is better. Default: `auto`, which knows losses and Keras's metrics by their
   * names, as `EarlyStopping` does, and refuses other names.
   */
  mode?: MonitorMode;
  /** 1 prints a line for each save. Default: 0. */
  verbose?: 0 | 1;
}

const optionNames: Record<keyof ModelCheckpointOptions, true> = {
  filepath: true,
  saveWeightsOnly: true,
  period: true,
  saveBestOnly: true,
  monitor: true,
  mode: true,
  verbose: true,
};

/**
 * A callback for `training.fit` that saves the model at the end of epochs as a TensorFlow checkpoint.
 *
 * @see https://keras.io/api/callbacks/model_checkpoint/
 */
export class ModelCheckpoint {
  private readonly options: Required<ModelCheckpointOptions>;
  /** Undefined if every epoch is saved. */
  private readonly monitor: Monitor | undefined;
  private epochsSinceSave = 0;
  private model: tf.LayersModel | undefined;

  /**
   * @param options where, when and what to save.
   * @throws Error if the file path is missing, or the period is not a whole number from 1; TypeError
   *   for an unknown option, or if `saveBestOnly` is set and the direction cannot be told.
   */
  constructor(options: ModelCheckpointOptions) {
    checkOptionNames('ModelCheckpoint', options, Object.keys(optionNames));
    this.options = {
      saveWeightsOnly: false,
      period: 1,
      saveBestOnly: false,
      monitor: 'val_loss',
      mode: 'auto',
      verbose: 0,
      ...options,
    };
    const { filepath, period, mode, monitor, saveBestOnly } = this.options;
    if (!filepath) {
      throw new Error('ModelCheckpoint needs a filepath.');
    }
    if (!Number.isInteger(period) || period < 1) {
      throw new Error(`ModelCheckpoint: period is ${period}, but has to be a whole number from 1.`);
    }
    if (saveBestOnly) {
      this.monitor = new Monitor('ModelCheckpoint', monitor, mode, 0);
    }
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
   * @param logs the epoch's values, among them those that the file name asks for. If the monitored one
   *   is missing, a warning says so, and the model is saved, as Keras does.
   * @throws Error if a value of the file name is missing, or the checkpoint cannot be written.
   */
  async onEpochEnd(epoch: number, logs: Record<string, number> = {}): Promise<void> {
    const { filepath, period, saveWeightsOnly, verbose } = this.options;
    if (!this.model) {
      throw new Error('ModelCheckpoint works as a callback of fit only.');
    }
    this.epochsSinceSave++;
    if (this.epochsSinceSave < period) {
      return;
    }
    this.epochsSinceSave = 0;
    if (this.monitor && !isBest(this.monitor, logs)) {
      return;
    }
    const prefix = formatPath(filepath, { ...logs, epoch: epoch + 1 });
    await saveWeights(this.model, prefix, { includeOptimizer: !saveWeightsOnly });
    if (verbose) {
      console.log(`Epoch ${epoch + 1}: saving model to ${prefix}`);
    }
  }
}

/** Not a number is no better than any: what diverged must not replace what was good. */
function isBest(monitor: Monitor, logs: Record<string, number>): boolean {
  const value = monitor.valueIn(logs);
  if (value === undefined) {
    return true;
  }
  if (!monitor.isBetter(value)) {
    return false;
  }
  monitor.best = value;
  return true;
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
