import type * as tf from '../../tensorflow';
import { checkOptionNames } from '../names';
import type { Callback, Logs } from './callback';
import { LearningRate } from './learningRate';

/** Options of {@link LearningRateScheduler}. */
export interface LearningRateSchedulerOptions {
  /** 1 prints a line in each epoch. Default: 0. */
  verbose?: 0 | 1;
}

/**
 * A callback for `fit` that sets the learning rate at the beginning of each epoch. The rate of each
 * epoch is in the history, as `learning_rate`.
 *
 * @see https://keras.io/api/callbacks/learning_rate_scheduler/
 *
 * @example
 * const halved = new training.LearningRateScheduler((epoch, rate) => (epoch < 10 ? rate : rate / 2));
 */
export class LearningRateScheduler implements Callback {
  /** It changes no code of a model. */
  readonly changesModel = false;
  private readonly rate = new LearningRate('LearningRateScheduler');

  /**
   * A callback with a schedule of its own.
   *
   * @param schedule gets the epoch, counted from 0, and the learning rate so far; returns the one
   *   that the epoch is trained with.
   * @param options what is printed.
   * @throws TypeError for an unknown option.
   */
  constructor(
    private readonly schedule: (epoch: number, rate: number) => number,
    private readonly options: LearningRateSchedulerOptions = {},
  ) {
    checkOptionNames('LearningRateScheduler', options, ['verbose']);
  }

  /**
   * Called by `fit` before training.
   *
   * @param model the model that is trained.
   */
  setModel(model: tf.LayersModel): void {
    this.rate.of(model);
  }

  /**
   * Called by `fit`; sets the learning rate.
   *
   * @param epoch counts from 0.
   * @throws RangeError if the schedule returned no number of at least 0.
   */
  onEpochBegin(epoch: number): void {
    const { rate } = this;
    rate.value = this.schedule(epoch, rate.value);
    if (this.options.verbose) {
      console.log(
        `Epoch ${epoch + 1}: LearningRateScheduler setting learning rate to ${rate.value}.`,
      );
    }
  }

  /**
   * Called by `fit`; adds the learning rate to the logs.
   *
   * @param _epoch counts from 0.
   * @param logs the epoch's values.
   */
  onEpochEnd(_epoch: number, logs: Logs = {}): void {
    logs.learning_rate = this.rate.value;
  }
}
