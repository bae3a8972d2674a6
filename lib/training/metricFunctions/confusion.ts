/** Metrics that count right and wrong answers of yes and no. */

import * as tf from '../../tensorflow';
import type { RowFunction } from '../lossFunctions/rowFunctions';
import {
  asNumbers,
  type MetricOptions,
  metricOfRows,
  metricOfSums,
  quotient,
  requireShare,
  totals,
} from './made';

/** Options of metrics that take outputs above a threshold for a yes. */
export interface ThresholdsOptions extends MetricOptions {
  /** An output above this says yes, from 0 to 1; 0.5 if left out. One number, where Keras takes several. */
  thresholds?: number;
}

interface Counts {
  truePositives: number;
  falsePositives: number;
  trueNegatives: number;
  falseNegatives: number;
}

function ofCounts(
  className: string,
  ownName: string,
  result: (counts: Counts) => number,
  { thresholds = 0.5, name = ownName }: ThresholdsOptions,
): RowFunction {
  requireShare('thresholds', thresholds);
  return metricOfSums(
    className,
    name,
    {
      count: () => 4,
      ofBatch(targets, outputs, weights) {
        const truth = asNumbers(tf.notEqual(tf.reshape(targets, outputs.shape), 0));
        const answer = asNumbers(tf.greater(outputs, thresholds));
        const [isFalse, no] = [tf.sub(1, truth), tf.sub(1, answer)];
        const pairs = [
          [truth, answer],
          [isFalse, answer],
          [isFalse, no],
          [truth, no],
        ] as const;
        return totals(
          pairs.map(([is, said]) => tf.mul(is, said)),
          weights,
        );
      },
      result: ([truePositives = 0, falsePositives = 0, trueNegatives = 0, falseNegatives = 0]) =>
        result({ truePositives, falsePositives, trueNegatives, falseNegatives }),
    },
    thresholds === 0.5 ? {} : { thresholds },
  );
}

/**
 * The share of those outputs that say yes and are right.
 *
 * Follows https://keras.io/api/metrics/classification_metrics/#precision-class.
 *
 * @param options name and threshold.
 * @throws RangeError for a threshold that is not from 0 to 1.
 */
export function precision(options: ThresholdsOptions = {}): RowFunction {
  return ofCounts(
    'Precision',
    'precision',
    ({ truePositives, falsePositives }) => quotient(truePositives, truePositives + falsePositives),
    options,
  );
}

/**
 * The share of those targets that are yes and are found.
 *
 * Follows https://keras.io/api/metrics/classification_metrics/#recall-class.
 *
 * @param options name and threshold.
 * @throws RangeError for a threshold that is not from 0 to 1.
 */
export function recall(options: ThresholdsOptions = {}): RowFunction {
  return ofCounts(
    'Recall',
    'recall',
    ({ truePositives, falseNegatives }) => quotient(truePositives, truePositives + falseNegatives),
    options,
  );
}

/**
 * How many outputs rightly say yes.
 *
 * Follows https://keras.io/api/metrics/classification_metrics/#truepositives-class.
 *
 * @param options name and threshold.
 * @throws RangeError for a threshold that is not from 0 to 1.
 */
export function truePositives(options: ThresholdsOptions = {}): RowFunction {
  return ofCounts('TruePositives', 'true_positives', (counts) => counts.truePositives, options);
}

/**
 * How many outputs wrongly say yes.
 *
 * Follows https://keras.io/api/metrics/classification_metrics/#falsepositives-class.
 *
 * @param options name and threshold.
 * @throws RangeError for a threshold that is not from 0 to 1.
 */
export function falsePositives(options: ThresholdsOptions = {}): RowFunction {
  return ofCounts('FalsePositives', 'false_positives', (counts) => counts.falsePositives, options);
}

/**
 * How many outputs rightly say no.
 *
 * Follows https://keras.io/api/metrics/classification_metrics/#truenegatives-class.
 *
 * @param options name and threshold.
 * @throws RangeError for a threshold that is not from 0 to 1.
 */
export function trueNegatives(options: ThresholdsOptions = {}): RowFunction {
  return ofCounts('TrueNegatives', 'true_negatives', (counts) => counts.trueNegatives, options);
}

/**
 * How many outputs wrongly say no.
 *
 * Follows https://keras.io/api/metrics/classification_metrics/#falsenegatives-class.
 *
 * @param options name and threshold.
 * @throws RangeError for a threshold that is not from 0 to 1.
 */
export function falseNegatives(options: ThresholdsOptions = {}): RowFunction {
  return ofCounts('FalseNegatives', 'false_negatives', (counts) => counts.falseNegatives, options);
}

/** Options of {@link binaryAccuracy}. */
export interface BinaryAccuracyOptions extends MetricOptions {
  /** An output above this says yes, from 0 to 1; 0.5 if left out. */
  threshold?: number;
}

/**
 * The share of outputs that say yes or no rightly.
 *
 * Follows https://keras.io/api/metrics/accuracy_metrics/#binaryaccuracy-class.
 *
 * @param options name and threshold.
 * @throws RangeError for a threshold that is not from 0 to 1.
 */
export function binaryAccuracy({
  threshold = 0.5,
  name = 'binary_accuracy',
}: BinaryAccuracyOptions = {}): RowFunction {
  requireShare('threshold', threshold);
  const ofRows: RowFunction = (targets, outputs) =>
    tf.tidy(() => {
      const truth = tf.reshape(tf.cast(targets, 'float32'), outputs.shape);
      return tf.mean(asNumbers(tf.equal(truth, asNumbers(tf.greater(outputs, threshold)))), -1);
    });
  return metricOfRows('BinaryAccuracy', name, ofRows, threshold === 0.5 ? {} : { threshold });
}
