/** The area under a curve, approximated at thresholds. */

import * as tf from '../../tensorflow';
import type { RowFunction } from '../lossFunctions/rowFunctions';
import { asNumbers, type MetricOptions, metricOfSums, quotient } from './made';

/** Options of {@link auc}. */
export interface AucOptions extends MetricOptions {
  /** `ROC` (found against falsely found; default) or `PR` (precision against recall). */
  curve?: 'ROC' | 'PR';
  /** At how many thresholds, evenly from 0 to 1, the curve is computed; 200 if left out. */
  numThresholds?: number;
  /** Whether outputs are logits, and no shares from 0 to 1; false if left out. */
  fromLogits?: boolean;
}

/** What is above each threshold. */
interface Curve {
  truePositives: number[];
  falsePositives: number[];
}

/**
 * The area under the ROC curve, or under that of precision and recall: 1 if all outputs for a yes are
 * above all for a no, 0.5 (ROC) where they are drawn by lot. All outputs of a row count alike.
 *
 * Follows https://keras.io/api/metrics/classification_metrics/#auc-class.
 *
 * @param options name, curve, thresholds.
 * @throws RangeError if there are less than two thresholds; TypeError for another curve.
 *
 * @example
 * training.compile(model, {
 *   optimizer: 'adam',
 *   loss: 'binary_crossentropy',
 *   metrics: [training.metrics.auc({ curve: 'PR' })],
 * });
 */
export function auc({
  curve = 'ROC',
  numThresholds = 200,
  fromLogits = false,
  name = 'auc',
}: AucOptions = {}): RowFunction {
  if (!Number.isInteger(numThresholds) || numThresholds < 2) {
    throw new RangeError(`numThresholds must be a whole number from 2, not ${numThresholds}.`);
  }
  const areaUnder = { ROC: areaUnderRoc, PR: areaUnderPrecisionRecall }[curve];
  if (!areaUnder) {
    throw new TypeError(`curve must be 'ROC' or 'PR', not ${curve}.`);
  }
  return metricOfSums(
    'AUC',
    name,
    {
      count: () => 2 * numThresholds,
      ofBatch: (targets, outputs, weights) =>
        histograms(targets, fromLogits ? tf.sigmoid(outputs) : outputs, weights, numThresholds),
      result: (sums) =>
        areaUnder({
          truePositives: sumsFromEach(sums.slice(0, numThresholds)),
          falsePositives: sumsFromEach(sums.slice(numThresholds)),
        }),
    },
    {
      ...(curve !== 'ROC' && { curve }),
      ...(numThresholds !== 200 && { num_thresholds: numThresholds }),
      ...(fromLogits && { from_logits: true }),
    },
  );
}

/** The weights of the outputs between one threshold and the next: first where truth is yes, then no. */
function histograms(
  targets: tf.Tensor,
  outputs: tf.Tensor,
  weights: tf.Tensor | undefined,
  thresholds: number,
): tf.Tensor {
  const flat = (values: tf.Tensor) => tf.reshape<tf.Rank.R1>(values, [-1]);
  const truth = asNumbers(tf.notEqual(flat(targets), 0));
  const ofOutputs = weights
    ? flat(tf.mul(tf.onesLike(outputs), tf.expandDims(weights, -1)))
    : tf.onesLike(truth);
  // An output on a threshold is not above it.
  const places = tf.sub(tf.ceil(tf.mul(tf.clipByValue(flat(outputs), 0, 1), thresholds - 1)), 1);
  const buckets = tf.cast(tf.relu(places), 'int32') as tf.Tensor1D;
  const positive = tf.mul(truth, ofOutputs);
  const sums = [positive, tf.sub(ofOutputs, positive)].map((values) =>
    tf.unsortedSegmentSum(values, buckets, thresholds),
  );
  return tf.concat(sums);
}

/** For each place the sum of it and all that follow. */
function sumsFromEach(values: number[]): number[] {
  const sums = [...values];
  for (let place = sums.length - 2; place >= 0; place--) {
    sums[place] = (sums[place] as number) + (sums[place + 1] as number);
  }
  return sums;
}

/** Between two thresholds the curve is a line. */
function areaUnderRoc({ truePositives, falsePositives }: Curve): number {
  const shares = (counts: number[]) => counts.map((count) => quotient(count, counts[0] ?? 0));
  const [y, x] = [shares(truePositives), shares(falsePositives)];
  return sumOverSteps(
    x.length,
    (from, to) =>
      ((x[from] as number) - (x[to] as number)) * (((y[from] as number) + (y[to] as number)) / 2),
  );
}

/** Between two thresholds both counts grow evenly (Davis and Goadrich, 2006), and precision does not. */
function areaUnderPrecisionRecall({ truePositives, falsePositives }: Curve): number {
  const positives = truePositives.map((count, place) => count + (falsePositives[place] as number));
  return sumOverSteps(positives.length, (from, to) => {
    const [more, less] = [positives[from] as number, positives[to] as number];
    const [moreTrue, lessTrue] = [truePositives[from] as number, truePositives[to] as number];
    const slope = quotient(moreTrue - lessTrue, Math.max(more - less, 0));
    const intercept = lessTrue - slope * less;
    const ratio = more > 0 && less > 0 ? more / less : 1;
    const area = slope * (moreTrue - lessTrue + intercept * Math.log(ratio));
    return quotient(area, truePositives[0] as number);
  });
}

function sumOverSteps(places: number, area: (from: number, to: number) => number): number {
  let sum = 0;
  for (let place = 0; place + 1 < places; place++) {
    sum += area(place, place + 1);
  }
  return sum;
}
