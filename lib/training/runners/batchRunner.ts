import * as tf from '../../tensorflow';

/**
 * Runs one batch of a `tf.LayersModel` at a time. Training has two of these: one that calls tfjs
 * op by op (eager), one that runs a whole step as a TensorFlow graph.
 *
 * Between two calls the model's weights, the optimiser's slots and its iteration counter always
 * have the values of the last finished step, and changes made to them or to the learning rate
 * (by a callback, by `model.setWeights` …) hold from the next step on: nothing has to be
 * copied back and forth.
 *
 * A batch is what `inputs` and `targets` hold; or, where `rows` (int32, counted from 0) are given, those
 * rows of them: a graph can pick them out of a whole data set faster than `tf.gather` does before it.
 *
 * Changed settings of tfjs's own layers (a dropout rate, a frozen layer) hold from the next step on,
 * too. What code of the user's computes is recorded; it is compared again at the first batch after
 * `userCodeRan`.
 *
 * Every method of the graph's runner may throw `NotCompilableError`, on one of the first batches
 * of a kind, before anything has changed: the same batch can then be given to the eager runner.
 */
export interface BatchRunner {
  /**
   * One optimiser step. Returns the batch's mean loss, then its metrics, in the model's order; for a
   * metric that has sums (see `metricSums.ts`) these.
   *
   * @param inputs one tensor per input of the model, the rows of the batch first; not disposed.
   * @param targets one tensor per output, as many rows; not disposed.
   * @param rows int32, counted from 0: the batch is these rows of `inputs` and `targets`; not disposed.
   */
  trainOnBatch(inputs: tf.Tensor[], targets: tf.Tensor[], rows?: tf.Tensor1D): number[];
  /**
   * Loss and metrics without training.
   *
   * @param inputs one tensor per input of the model, the rows of the batch first; not disposed.
   * @param targets one tensor per output, as many rows; not disposed.
   * @param rows int32, counted from 0: the batch is these rows of `inputs` and `targets`; not disposed.
   */
  testOnBatch(inputs: tf.Tensor[], targets: tf.Tensor[], rows?: tf.Tensor1D): number[];
  /**
   * The model's outputs; the caller disposes them.
   *
   * @param inputs one tensor per input of the model, the rows of the batch first; not disposed.
   * @param rows int32, counted from 0: the batch is these rows of `inputs`; not disposed.
   */
  predictOnBatch(inputs: tf.Tensor[], rows?: tf.Tensor1D): tf.Tensor[];
  /**
   * Says that code of the user's has run, such as a callback, which may have changed what a layer,
   * loss or metric of the user's own computes.
   */
  userCodeRan(): void;
}

/** The rows as tensors of their own, or the tensors themselves where no rows are named. */
export function batchOf(tensors: tf.Tensor[], rows: tf.Tensor1D | undefined): tf.Tensor[] {
  return rows ? tensors.map((tensor) => tf.gather(tensor, rows)) : tensors;
}

/** The numbers in scalars and vectors, in order. Disposes these. */
export function numbersOf(results: tf.Tensor[]): number[] {
  const numbers = results.flatMap((result) => [...result.dataSync()]);
  tf.dispose(results);
  return numbers;
}
