/** Metrics that are no means over batches: what is summed up over all rows, and what is made of it. */

import * as tf from '../../tensorflow';
import type { LossOrMetric, ModelInternals } from '../../tfjsInternals';

/** A metric that is computed from sums over all rows. */
export interface MetricSums {
  /** How many sums there are if the outputs have so many channels. */
  count(channels: number): number;
  /**
   * The sums over the rows of one batch, float32 `[count]`.
   *
   * @param weights how much each row, or moment of a sequence, counts; 1 each if left out.
   */
  ofBatch(targets: tf.Tensor, outputs: tf.Tensor, weights?: tf.Tensor): tf.Tensor;
  /** The metric, from the sums over all batches. */
  result(sums: readonly number[]): number;
}

const declared = new WeakMap<object, MetricSums>();
const weighted = new WeakSet<object>();

/** Declares that steps are to return a metric's sums, where its mean over batches is something else. */
export function declareSums(metric: LossOrMetric, sums: MetricSums): void {
  declared.set(metric, sums);
}

/** What a metric is computed from; undefined if it is a mean over batches. */
export function sumsOf(metric: LossOrMetric): MetricSums | undefined {
  return declared.get(metric);
}

/** Declares that rows count by their weights in a metric that has sums. */
export function declareWeighted(metric: LossOrMetric): void {
  weighted.add(metric);
}

/** Runs a step of a model; in the place of those of its metrics that have sums it returns these. */
export function withSums(
  model: ModelInternals,
  weights: readonly tf.Tensor[],
  run: () => tf.Tensor[],
): tf.Tensor[] {
  const { metricsTensors } = model;
  const made: tf.Tensor[] = [];
  model.metricsTensors = metricsTensors.map(([metric, output], index) => {
    const ofMetric = sumsOf(metric);
    if (!ofMetric) {
      return [metric, output];
    }
    const ofRows = weighted.has(metric) ? weights[output] : undefined;
    const compute: LossOrMetric = (targets, outputs) => {
      const sums = tf.keep(tf.tidy(() => ofMetric.ofBatch(targets, outputs, ofRows)));
      made[index] = sums;
      return sums;
    };
    return [compute, output];
  });
  try {
    // The loss comes before the metrics.
    return run().map((result, index) => {
      const sums = made[index - 1];
      if (!sums) {
        return result;
      }
      tf.dispose(result);
      return sums;
    });
  } catch (error) {
    tf.dispose(Object.values(made));
    throw error;
  } finally {
    model.metricsTensors = metricsTensors;
  }
}
