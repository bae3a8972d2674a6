import type * as tf from '../../tensorflow';

/** Loss and metrics by name, for example `{ loss: 0.12, acc: 0.96, val_loss: 0.1 }`. */
export type Logs = Record<string, number>;

/** What a callback is told about the run it serves. */
export type TrainingParameters = {
  /** Number of the last epoch, counted from 1. */
  epochs: number;
  /** Steps in one epoch; undefined for a data set that does not tell how many it has. */
  steps: number | undefined;
  /** Rows per step; undefined for a data set, which has its own. */
  batchSize: number | undefined;
  /** Rows trained on in one epoch; undefined for a data set. */
  samples: number | undefined;
  /** What is printed: 0 nothing, 1 a bar, 2 a line per epoch. */
  verbose: number;
};

/**
 * Code of one's own that `fit` calls while it trains, and waits for. Give only the methods you
 * need. Epochs and batches count from 0. Set `model.stopTraining = true` to end the training
 * early. The model's weights may be read and changed. An error thrown here ends `fit` with that
 * error; the model keeps the weights of the last finished step.
 *
 * Follows https://keras.io/api/callbacks/base_callback/. tfjs's own `tf.callbacks` and
 * `tf.Callback` objects work too.
 */
export interface Callback {
  /**
   * False says that none of the methods changes what a layer, loss or metric of your own computes
   * (weights, the learning rate and settings of tfjs's layers may change). Else that code is recorded
   * once more after each call, and where a callback runs after each batch it is not compiled at all.
   */
  changesModel?: boolean;
  /**
   * Called first of all.
   *
   * @param model the model that is trained.
   */
  setModel?(model: tf.LayersModel): void;
  /**
   * Called after `setModel`.
   *
   * @param params what is known about the training before it begins.
   */
  setParams?(params: TrainingParameters): void;
  /**
   * Called before the first epoch.
   *
   * @param logs empty.
   */
  onTrainBegin?(logs?: Logs): void | Promise<void>;
  /**
   * Called after the last epoch; not when the training ends with an error.
   *
   * @param logs those of the last epoch.
   */
  onTrainEnd?(logs?: Logs): void | Promise<void>;
  /**
   * Called before each epoch.
   *
   * @param epoch counts from 0.
   * @param logs empty.
   */
  onEpochBegin?(epoch: number, logs?: Logs): void | Promise<void>;
  /**
   * Called after each epoch, its validation included.
   *
   * @param epoch counts from 0.
   * @param logs the epoch's mean loss and metrics, those of the validation data with `val_`.
   */
  onEpochEnd?(epoch: number, logs?: Logs): void | Promise<void>;
  /**
   * Called before each training step.
   *
   * @param batch counts from 0 in each epoch.
   * @param logs empty.
   */
  onBatchBegin?(batch: number, logs?: Logs): void | Promise<void>;
  /**
   * Called after each training step.
   *
   * @param batch counts from 0 in each epoch.
   * @param logs the means over the epoch so far.
   */
  onBatchEnd?(batch: number, logs?: Logs): void | Promise<void>;
  /**
   * The same as `onBatchBegin`, by its newer name in Keras.
   *
   * @param batch counts from 0 in each epoch.
   * @param logs empty.
   */
  onTrainBatchBegin?(batch: number, logs?: Logs): void | Promise<void>;
  /**
   * The same as `onBatchEnd`, by its newer name in Keras.
   *
   * @param batch counts from 0 in each epoch.
   * @param logs the means over the epoch so far.
   */
  onTrainBatchEnd?(batch: number, logs?: Logs): void | Promise<void>;
  /**
   * Called before each pass over the validation data.
   *
   * @param logs empty.
   */
  onTestBegin?(logs?: Logs): void | Promise<void>;
  /**
   * Called after each pass over the validation data.
   *
   * @param logs the means over these data, without `val_`.
   */
  onTestEnd?(logs?: Logs): void | Promise<void>;
  /**
   * Called before each step on the validation data.
   *
   * @param batch counts from 0 in each pass.
   * @param logs empty.
   */
  onTestBatchBegin?(batch: number, logs?: Logs): void | Promise<void>;
  /**
   * Called after each step on the validation data.
   *
   * @param batch counts from 0 in each pass.
   * @param logs the means over the pass so far, without `val_`.
   */
  onTestBatchEnd?(batch: number, logs?: Logs): void | Promise<void>;
}

/** A callback of one's own, or one that tfjs or tfjs-node made (early stopping, TensorBoard). */
export type AnyCallback = Callback | tf.Callback | tf.CustomCallback;
