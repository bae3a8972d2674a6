/** Metrics of each output by itself, and then of all together. */

import * as tf from '../../tensorflow';
import type { RowFunction } from '../lossFunctions/rowFunctions';
import { asNumbers, channelTotals, type MetricOptions, metricOfSums, requireShare } from './made';

/** Keras's `keras.config.epsilon()`. */
const epsilon = 1e-7;

/** Options of {@link f1Score}. */
export interface F1ScoreOptions extends MetricOptions {
  /**
   * How the scores of the outputs become one: `macro` (their mean), `weighted` (each counts by the number
   * of its yeses) or `micro` (all outputs are counted together).
   */
  average: 'macro' | 'micro' | 'weighted';
  /** An output above this says yes, from 0 to 1. If left out, the greatest output of a row does. */
  threshold?: number;
}

/**
 * The harmonic mean of precision and recall, from 0 to 1.
 *
 * Follows https://keras.io/api/metrics/classification_metrics/#f1score-class, where an average may be
 * left out: there are then as many scores as outputs, here that is refused.
 *
 * @param options name, average, threshold.
 * @throws TypeError for another average; RangeError for a threshold that is not from 0 to 1.
 *
 * @example
 * const metrics = [training.metrics.f1Score({ average: 'macro' })];
 * training.compile(model, { optimizer: 'adam', loss: 'categorical_crossentropy', metrics });
 */
export function f1Score({ average, threshold, name = 'f1_score' }: F1ScoreOptions): RowFunction {
  if (!['macro', 'micro', 'weighted'].includes(average)) {
    throw new TypeError(`average must be 'macro', 'micro' or 'weighted', not ${average}.`);
  }
  if (threshold !== undefined) {
    requireShare('threshold', threshold);
  }
  return metricOfSums(
    'F1Score',
    name,
    {
      count: (channels) => 3 * channels,
      ofBatch(targets, outputs, weights) {
        requireRows('F1Score', outputs);
        const truth = tf.cast(targets, 'float32');
        const answer = asNumbers(isYes(outputs, threshold));
        return channelTotals([tf.mul(truth, answer), answer, truth], weights);
      },
      result: (sums) => averageScore(inParts(sums, 3), average),
    },
    { average, ...(threshold !== undefined && { threshold }) },
  );
}

function isYes(outputs: tf.Tensor, threshold: number | undefined): tf.Tensor {
  return threshold === undefined
    ? tf.logicalAnd(
        tf.greaterEqual(outputs, tf.max(outputs, -1, true)),
        tf.greater(tf.abs(outputs), 1e-9),
      )
    : tf.greater(outputs, threshold);
}

const add = (a: number, b: number) => a + b;

/** @param counts for each output: those rightly found, all found, all that are to be found. */
function averageScore(counts: number[][], average: F1ScoreOptions['average']): number {
  const together = (values: number[]) => (average === 'micro' ? [values.reduce(add, 0)] : values);
  const [right = [], found = [], all = []] = counts.map(together);
  const scores = right.map((count, index) => {
    const precision = count / ((found[index] as number) + epsilon);
    const recall = count / ((all[index] as number) + epsilon);
    return (2 * precision * recall) / (precision + recall + epsilon);
  });
  const shares =
    average === 'weighted'
      ? all.map((count) => count / (all.reduce(add, 0) + epsilon))
      : scores.map(() => 1 / scores.length);
  return scores.map((score, index) => score * (shares[index] as number)).reduce(add, 0);
}

/** Options of {@link r2Score}. */
export interface R2ScoreOptions extends MetricOptions {
  /** How the scores of the outputs become one; `uniform_average` if left out. */
  classAggregation?: 'uniform_average' | 'variance_weighted_average';
}

/**
 * The coefficient of determination: which share of the targets' variance the outputs explain. 1 at most;
 * 0 where the outputs are no better than the targets' mean, less where they are worse.
 *
 * Follows https://keras.io/api/metrics/regression_metrics/#r2score-class.
 *
 * @param options name, and how the outputs are averaged.
 * @throws TypeError for another average.
 */
export function r2Score({
  classAggregation = 'uniform_average',
  name = 'r2_score',
}: R2ScoreOptions = {}): RowFunction {
  if (!['uniform_average', 'variance_weighted_average'].includes(classAggregation)) {
    throw new TypeError(
      "classAggregation must be 'uniform_average' or 'variance_weighted_average', not " +
        `${classAggregation}.`,
    );
  }
  return metricOfSums(
    'R2Score',
    name,
    {
      count: (channels) => 4 * channels,
      ofBatch(targets, outputs, weights) {
        requireRows('R2Score', outputs);
        const truth = tf.reshape(tf.cast(targets, 'float32'), outputs.shape);
        const error = tf.squaredDifference(truth, outputs);
        return channelTotals([error, tf.square(truth), truth, tf.onesLike(truth)], weights);
      },
      result: (sums) => explained(inParts(sums, 4), classAggregation),
    },
    classAggregation === 'uniform_average' ? {} : { class_aggregation: classAggregation },
  );
}

function explained(
  [errors = [], squares = [], values = [], counts = []]: number[][],
  classAggregation: NonNullable<R2ScoreOptions['classAggregation']>,
): number {
  const variances = squares.map((square, i) => {
    const sum = values[i] as number;
    return square - (sum * sum) / (counts[i] as number);
  });
  const scores = errors.map((error, i) => {
    const score = 1 - error / (variances[i] as number);
    return Number.isFinite(score) || Number.isNaN(score) ? score : 0;
  });
  if (classAggregation === 'uniform_average') {
    return scores.reduce(add, 0) / scores.length;
  }
  return (
    scores.map((score, i) => score * (variances[i] as number)).reduce(add, 0) /
    variances.reduce(add, 0)
  );
}

/** The sums of each kind: as many as there are outputs. */
function inParts(sums: readonly number[], parts: number): number[][] {
  const size = sums.length / parts;
  return Array.from({ length: parts }, (_, part) => sums.slice(part * size, (part + 1) * size));
}

function requireRows(className: string, { shape }: tf.Tensor): void {
  if (shape.length !== 2) {
    throw new Error(
      `${className} needs outputs of the shape [rows, channels]; the model's are [${shape.join(', ')}].`,
    );
  }
}
