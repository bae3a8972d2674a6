import type * as tf from '../tensorflow';

/**
 * Runs one batch of a compiled `tf.LayersModel` at a time. Training has two of these: one that
 * calls tfjs op by op (eager), one that runs a whole step as a TensorFlow graph.
 */
export interface BatchRunner {
  /** One optimiser step. Returns the batch's mean loss, then its metrics, in the model's order. */
  trainOnBatch(inputs: tf.Tensor[], targets: tf.Tensor[]): number[];
  /** Loss and metrics without training. */
  testOnBatch(inputs: tf.Tensor[], targets: tf.Tensor[]): number[];
  /** The model's outputs; the caller disposes them. */
  predictOnBatch(inputs: tf.Tensor[]): tf.Tensor[];
  /** Makes the model's weights and the optimiser's state equal to those of the last step. */
  writeBack(): void;
  /** Takes over weights, optimiser state and learning rate that changed outside (a callback). */
  readFrom(): void;
  /** Releases what the runner holds; does not write back. */
  dispose(): void;
}
