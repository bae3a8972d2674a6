/**
 * Metrics as Keras computes them. tfjs picks what 'accuracy' means by the loss, Keras by the shapes;
 * and tfjs's precision and recall count only outputs of exactly 1.
 */

import * as tf from '../tensorflow';
import type { LossOrMetric, ModelInternals } from '../tfjsInternals';
import { metricsOfOutput } from './compiledModel';
import { declareQuotient } from './runners/modelSteps';

/**
 * The share of rows, or of single outputs if each row has one, that are right.
 *
 * Follows https://keras.io/api/metrics/accuracy_metrics/.
 */
const accuracy: LossOrMetric = (targets, outputs) => {
  if (outputs.shape.at(-1) === 1) {
    return tf.metrics.binaryAccuracy(targets, outputs);
  }
  const areClassNumbers = targets.rank < outputs.rank || targets.shape.at(-1) === 1;
  return areClassNumbers
    ? tf.metrics.sparseCategoricalAccuracy(targets, outputs)
    : tf.metrics.categoricalAccuracy(targets, outputs);
};

/** An output above this says yes. */
const threshold = 0.5;

/** @returns how many of the marked outputs there are, per row. */
function countPerRow(marked: tf.Tensor): tf.Scalar {
  return tf.div(tf.sum(tf.cast(marked, 'float32')), marked.shape[0] as number);
}

const isYes = (values: tf.Tensor) => tf.greater(values, threshold);
const truePositives: LossOrMetric = (targets, outputs) =>
  countPerRow(tf.logicalAnd(isYes(targets), isYes(outputs)));

/** A metric that divides a sum over all rows by another. */
function quotient(dividend: LossOrMetric, divisor: LossOrMetric): LossOrMetric {
  const ofBatch: LossOrMetric = (targets, outputs) =>
    tf.tidy(() => tf.divNoNan(dividend(targets, outputs), divisor(targets, outputs)));
  declareQuotient(ofBatch, { dividend, divisor });
  return ofBatch;
}

const precision = quotient(truePositives, (_, outputs) => countPerRow(isYes(outputs)));
const recall = quotient(truePositives, (targets) => countPerRow(isYes(targets)));

const kerasMetrics = new Map<unknown, LossOrMetric>([
  ['accuracy', accuracy],
  ['acc', accuracy],
  ['precision', precision],
  [tf.metrics.precision, precision],
  [tf.metrics.recall, recall],
]);

/** Puts these metrics in the place of tfjs's, where `model.compile` was given those. */
export function useKerasMetrics(model: ModelInternals): void {
  const outputs = model.outputs.length;
  const named = model.outputs.flatMap((_, index) => metricsOfOutput(model, index));
  // In a model with several outputs their losses come first.
  const metrics = model.metricsTensors.slice(outputs > 1 ? outputs : 0);
  for (const [index, metric] of metrics.entries()) {
    metric[0] = kerasMetrics.get(named[index]) ?? metric[0];
  }
}
