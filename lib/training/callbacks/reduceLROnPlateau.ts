import type * as tf from '../../tensorflow';
import { checkOptionNames } from '../names';
import type { Callback, Logs } from './callback';
import { LearningRate } from './learningRate';
import { Monitor, type MonitorOptions } from './monitor';

/** Options of {@link ReduceLROnPlateau}. */
export interface ReduceLROnPlateauOptions extends MonitorOptions {
  /** What the learning rate is multiplied by, below 1. Default: 0.1. */
  factor?: number;
  /** So many epochs may pass without improvement. Default: 10. */
  patience?: number;
  /** 1 prints a line when the learning rate is reduced. Default: 0. */
  verbose?: 0 | 1;
  /** A change by no more than this is no improvement. Default: 0.0001. */
  minDelta?: number;
  /** For so many epochs after a reduction nothing is counted. Default: 0. */
  cooldown?: number;
  /** The learning rate never falls below this. Default: 0. */
  minLr?: number;
}

const optionNames: Record<keyof ReduceLROnPlateauOptions, true> = {
  monitor: true,
  mode: true,
  minDelta: true,
  factor: true,
  patience: true,
  verbose: true,
  cooldown: true,
  minLr: true,
};

/**
 * A callback for `fit` that lowers the learning rate when a value no longer improves. The rate of
 * each epoch is in the history, as `learning_rate`.
 *
 * @see https://keras.io/api/callbacks/reduce_lr_on_plateau/
 *
 * @example
 * const callbacks = new training.ReduceLROnPlateau({ factor: 0.2, patience: 5, minLr: 1e-5 });
 */
export class ReduceLROnPlateau implements Callback {
  /** It changes nothing that a graph has recorded. */
  readonly changesModel = false;
  private readonly options: Required<ReduceLROnPlateauOptions>;
  private readonly rate = new LearningRate('ReduceLROnPlateau');
  private monitor: Monitor;
  private wait = 0;
  private cooldownLeft = 0;

  /**
   * @param options what to watch, and how to lower the rate.
   * @throws RangeError if the factor is not from 0 to below 1; TypeError for an option that there
   *   is not, or if the direction cannot be told.
   */
  constructor(options: ReduceLROnPlateauOptions = {}) {
    checkOptionNames('ReduceLROnPlateau', options, Object.keys(optionNames));
    this.options = {
      monitor: 'val_loss',
      mode: 'auto',
      minDelta: 1e-4,
      factor: 0.1,
      patience: 10,
      verbose: 0,
      cooldown: 0,
      minLr: 0,
      ...options,
    };
    const { factor } = this.options;
    if (!(factor >= 0 && factor < 1)) {
      throw new RangeError(
        `ReduceLROnPlateau: factor must be a number from 0 to below 1, not ${factor}.`,
      );
    }
    this.monitor = this.newMonitor();
  }

  private newMonitor(): Monitor {
    const { monitor, mode, minDelta } = this.options;
    return new Monitor('ReduceLROnPlateau', monitor, mode, minDelta);
  }

  /**
   * Called by `fit` before training.
   *
   * @param model the model that is trained.
   */
  setModel(model: tf.LayersModel): void {
    this.rate.of(model);
  }

  /** Called by `fit`; forgets an earlier training. */
  onTrainBegin(): void {
    this.monitor = this.newMonitor();
    this.wait = 0;
    this.cooldownLeft = 0;
  }

  /**
   * Called by `fit`; adds the learning rate to the logs, and lowers it when it is time.
   *
   * @param epoch counts from 0.
   * @param logs the epoch's values, the watched one among them.
   */
  onEpochEnd(epoch: number, logs: Logs = {}): void {
    logs.learning_rate = this.rate.value;
    const value = this.monitor.valueIn(logs);
    if (value === undefined) {
      return;
    }
    if (this.cooldownLeft > 0) {
      this.cooldownLeft--;
      this.wait = 0;
    }
    if (this.monitor.isBetter(value)) {
      this.monitor.best = value;
      this.wait = 0;
    } else if (this.cooldownLeft === 0) {
      this.wait++;
      if (this.wait >= this.options.patience) {
        this.reduce(epoch);
      }
    }
  }

  private reduce(epoch: number): void {
    const { factor, minLr, cooldown, verbose } = this.options;
    const { rate } = this;
    if (Math.fround(rate.value) <= Math.fround(minLr)) {
      return;
    }
    rate.value = Math.max(rate.value * factor, minLr);
    this.cooldownLeft = cooldown;
    this.wait = 0;
    if (verbose > 0) {
      console.log(`Epoch ${epoch + 1}: ReduceLROnPlateau reducing learning rate to ${rate.value}.`);
    }
  }
}
