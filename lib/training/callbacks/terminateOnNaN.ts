import type * as tf from '../../tensorflow';
import type { Callback, Logs } from './callback';

/**
 * A callback for `fit` that ends the training, without an error, when the loss is NaN or infinite.
 * Without it `fit` ends with an error then, unless its option `terminateOnNaN` is false.
 *
 * @see https://keras.io/api/callbacks/terminate_on_nan/
 */
export class TerminateOnNaN implements Callback {
  /** It changes nothing that a graph has recorded. */
  readonly changesModel = false;
  private model: tf.LayersModel | undefined;

  /**
   * Called by `fit` before training.
   *
   * @param model the model that is trained.
   */
  setModel(model: tf.LayersModel): void {
    this.model = model;
  }

  /**
   * Called by `fit`; sets `model.stopTraining` when it is time.
   *
   * @param batch counts from 0 in each epoch.
   * @param logs the means over the epoch so far.
   */
  onBatchEnd(batch: number, logs: Logs = {}): void {
    if (this.model && logs.loss !== undefined && !Number.isFinite(logs.loss)) {
      console.log(`Batch ${batch}: Invalid loss, terminating training`);
      this.model.stopTraining = true;
    }
  }
}
