/**
 * Keras's metrics that take options, or are no mean over batches. Those without options can be named:
 * `'auc'`, `'root_mean_squared_error'`.
 *
 * @module
 */
import * as tf from '../../tensorflow';
import type { RowFunction } from '../lossFunctions/rowFunctions';
import {
  asNumbers,
  type MetricOptions,
  metricOfRows,
  metricOfSums,
  quotient,
  totals,
} from './made';

export type { RowFunction } from '../lossFunctions/rowFunctions';
export { type AucOptions, auc } from './auc';
export {
  type BinaryAccuracyOptions,
  binaryAccuracy,
  falseNegatives,
  falsePositives,
  precision,
  recall,
  type ThresholdsOptions,
  trueNegatives,
  truePositives,
} from './confusion';
export type { MetricOptions } from './made';
export { type F1ScoreOptions, f1Score, type R2ScoreOptions, r2Score } from './scores';

/**
 * The root of the mean square of the errors over all rows.
 *
 * Follows https://keras.io/api/metrics/regression_metrics/#rootmeansquarederror-class.
 *
 * @param options the name.
 */
export function rootMeanSquaredError({
  name = 'root_mean_squared_error',
}: MetricOptions = {}): RowFunction {
  return metricOfSums(
    'RootMeanSquaredError',
    name,
    {
      count: () => 2,
      ofBatch(targets, outputs, weights) {
        const truth = tf.reshape(tf.cast(targets, 'float32'), outputs.shape);
        const squares = tf.squaredDifference(truth, outputs);
        return totals([squares, tf.onesLike(squares)], weights);
      },
      result: ([sum = 0, count = 0]) => Math.sqrt(quotient(sum, count)),
    },
    {},
  );
}

/** Options of {@link topKCategoricalAccuracy} and {@link sparseTopKCategoricalAccuracy}. */
export interface TopKOptions extends MetricOptions {
  /** Among how many of the greatest outputs the right class is looked for; 5 if left out. */
  k?: number;
}

/**
 * The share of rows whose class, one-hot, is among the `k` greatest outputs.
 *
 * Follows https://keras.io/api/metrics/accuracy_metrics/#topkcategoricalaccuracy-class.
 *
 * @param options name and `k`.
 * @throws RangeError if `k` is no whole number above 0.
 */
export function topKCategoricalAccuracy(options: TopKOptions = {}): RowFunction {
  return topK('TopKCategoricalAccuracy', 'top_k_categorical_accuracy', options, (targets) =>
    tf.argMax(targets, -1),
  );
}

/**
 * The share of rows whose class, as a number, is among the `k` greatest outputs.
 *
 * Follows https://keras.io/api/metrics/accuracy_metrics/#sparsetopkcategoricalaccuracy-class.
 *
 * @param options name and `k`.
 * @throws RangeError if `k` is no whole number above 0.
 */
export function sparseTopKCategoricalAccuracy(options: TopKOptions = {}): RowFunction {
  return topK(
    'SparseTopKCategoricalAccuracy',
    'sparse_top_k_categorical_accuracy',
    options,
    (targets, outputs) => tf.reshape(tf.cast(targets, 'int32'), outputs.shape.slice(0, -1)),
  );
}

function topK(
  className: string,
  ownName: string,
  { k = 5, name = ownName }: TopKOptions,
  classNumbers: RowFunction,
): RowFunction {
  if (!Number.isInteger(k) || k < 1) {
    throw new RangeError(`k must be a whole number above 0, not ${k}.`);
  }
  const ofRows: RowFunction = (targets, outputs) =>
    tf.tidy(() => {
      const right = tf.oneHot(classNumbers(targets, outputs), outputs.shape.at(-1) as number);
      const rightOutput = tf.sum(tf.mul(outputs, asNumbers(right)), -1, true);
      const before = tf.sum(asNumbers(tf.greater(outputs, rightOutput)), -1);
      return asNumbers(tf.less(before, k));
    });
  return metricOfRows(className, name, ofRows, k === 5 ? {} : { k });
}
