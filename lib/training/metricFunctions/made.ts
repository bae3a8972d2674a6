/** How the metrics of this folder are made. */

import * as tf from '../../tensorflow';
import type { RowFunction } from '../lossFunctions/rowFunctions';
import { declareSums, type MetricSums } from '../runners/metricSums';
import { declareKnownCode } from '../runners/modelCode';
import { describeMetric } from './descriptions';

/** An option of every metric. */
export interface MetricOptions {
  /** Under which name it is reported; Keras's own if left out. */
  name?: string;
}

/** A metric of Keras that is computed from sums over all rows. */
export function metricOfSums(
  className: string,
  name: string,
  sums: MetricSums,
  config: Record<string, number | string | boolean>,
): RowFunction {
  const metric: RowFunction = (targets, outputs) =>
    tf.tidy(() => tf.scalar(sums.result([...sums.ofBatch(targets, outputs).dataSync()])));
  declareSums(metric, sums);
  return described(metric, className, name, config);
}

/** A metric of Keras that is a mean over rows. */
export function metricOfRows(
  className: string,
  name: string,
  ofRows: RowFunction,
  config: Record<string, number | string | boolean>,
): RowFunction {
  return described((targets, outputs) => ofRows(targets, outputs), className, name, config);
}

function described(
  metric: RowFunction,
  className: string,
  name: string,
  config: Record<string, number | string | boolean>,
): RowFunction {
  declareKnownCode(metric);
  describeMetric(metric, { className, name, config });
  return metric;
}

/** The totals of values of the outputs' shape, each times the weight of its row or moment. */
export function totals(values: tf.Tensor[], weights: tf.Tensor | undefined): tf.Tensor {
  return tf.stack(values.map((one) => tf.sum(weighed(one, weights))));
}

/** The same for each channel of outputs `[rows, channels]`: first all of the first values. */
export function channelTotals(values: tf.Tensor[], weights: tf.Tensor | undefined): tf.Tensor {
  return tf.concat(values.map((one) => tf.sum(weighed(one, weights), 0)));
}

function weighed(values: tf.Tensor, weights: tf.Tensor | undefined): tf.Tensor {
  return weights ? tf.mul(values, tf.expandDims(weights, -1)) : values;
}

/** A share or a mean; 0 where there is nothing. */
export function quotient(dividend: number, divisor: number): number {
  return divisor === 0 ? 0 : dividend / divisor;
}

/** 1 where the condition holds, else 0. */
export function asNumbers(condition: tf.Tensor): tf.Tensor {
  return tf.cast(condition, 'float32');
}

/** @throws RangeError unless the value is a number from 0 to 1. */
export function requireShare(option: string, value: number): void {
  if (!(value >= 0 && value <= 1)) {
    throw new RangeError(`${option} must be a number from 0 to 1, not ${value}.`);
  }
}
