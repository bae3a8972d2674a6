import * as tf from '../tensorflow';

/** Loss and metrics by name, for example `{ loss: 0.12, acc: 0.96, val_loss: 0.1 }`. */
export type Logs = Record<string, number>;

/** What a callback is told about the run it serves. */
export type TrainingParameters = {
  /** Number of the last epoch, counted from 1. */
  epochs: number;
  /** Steps in one epoch. */
  steps: number;
  /** Rows per step. */
  batchSize: number;
  /** Rows trained on in one epoch. */
  samples: number;
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
}

/** Calls the callbacks one after the other and waits for each. */
export class CallbackList {
  /** @param userCodeRan Told after each call of code that may have changed the model. */
  constructor(
    private readonly callbacks: Callback[],
    private readonly userCodeRan: () => void = () => {},
  ) {}

  async trainBegin(model: tf.LayersModel, params: TrainingParameters): Promise<void> {
    for (const callback of this.callbacks) {
      callback.setModel?.(model);
      callback.setParams?.(params);
      await callback.onTrainBegin?.({});
    }
    this.noteCalls('onTrainBegin');
  }

  async trainEnd(logs: Logs): Promise<void> {
    for (const callback of this.callbacks) {
      await callback.onTrainEnd?.(logs);
    }
  }

  async epochBegin(epoch: number): Promise<void> {
    for (const callback of this.callbacks) {
      await callback.onEpochBegin?.(epoch, {});
    }
    this.noteCalls('onEpochBegin');
  }

  async epochEnd(epoch: number, logs: Logs): Promise<void> {
    for (const callback of this.callbacks) {
      await callback.onEpochEnd?.(epoch, logs);
    }
    this.noteCalls('onEpochEnd');
  }

  async batchBegin(batch: number): Promise<void> {
    for (const callback of this.callbacks) {
      await callback.onBatchBegin?.(batch, {});
    }
    this.noteCalls('onBatchBegin');
  }

  async batchEnd(batch: number, logs: () => Logs): Promise<void> {
    for (const callback of this.callbacks) {
      await callback.onBatchEnd?.(batch, logs());
    }
    this.noteCalls('onBatchEnd');
  }

  private noteCalls(
    name: 'onTrainBegin' | 'onEpochBegin' | 'onEpochEnd' | 'onBatchBegin' | 'onBatchEnd',
  ) {
    const inherited = (tf.Callback.prototype as Callback)[name];
    const isOwn = (callback: Callback) => callback[name] && callback[name] !== inherited;
    if (this.callbacks.some((callback) => callback.changesModel !== false && isOwn(callback))) {
      this.userCodeRan();
    }
  }
}
