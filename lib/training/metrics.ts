/**
 * Metrics as Keras computes them. tfjs picks what 'accuracy' means by the loss, Keras by the shapes;
 * and tfjs's precision and recall count only outputs of exactly 1.
 */

import { carriesMask } from '../corrections/masks';
import * as tf from '../tensorflow';
import type { LossOrMetric, ModelInternals } from '../tfjsInternals';
import { innerModel, metricsOfOutput, reportMetricsAs } from './compiledModel';
import { metricNamed } from './kerasNames';
import { crossentropies, recordLogits } from './losses';
import { countsOf } from './maskedOutputs';
import { noteWeighted, unweighted } from './metricFunctions/descriptions';
import { quotient } from './metricFunctions/made';
import { declareSums, declareWeighted, type MetricSums, sumsOf } from './runners/metricSums';
import { declareKnownCode, isKnownCode } from './runners/modelCode';

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
declareKnownCode(accuracy);

/** Of the logits, where an output layer ends in softmax or sigmoid. */
const kerasCrossentropies = new Map<unknown, LossOrMetric>([
  ...Object.entries(crossentropies),
  [tf.metrics.binaryCrossentropy, crossentropies.binaryCrossentropy],
]);

const kerasMetrics = new Map<unknown, LossOrMetric>([
  ['accuracy', accuracy],
  ['acc', accuracy],
  ['precision', metricNamed('precision') as LossOrMetric],
  [tf.metrics.precision, metricNamed('precision') as LossOrMetric],
  [tf.metrics.recall, metricNamed('recall') as LossOrMetric],
  ...kerasCrossentropies,
]);

/** Puts these metrics in the place of tfjs's, where `model.compile` was given those. */
export function useKerasMetrics(model: ModelInternals): void {
  const outputs = model.outputs.length;
  const named = model.outputs.flatMap((output, index) => {
    const given = metricsOfOutput(model, index);
    if (given.some((metric) => kerasCrossentropies.has(unweighted(metric) ?? metric))) {
      recordLogits(output);
    }
    return given;
  });
  // In a model with several outputs their losses come first.
  const metrics = model.metricsTensors.slice(outputs > 1 ? outputs : 0);
  for (const [index, metric] of metrics.entries()) {
    const ofKeras = kerasMetrics.get(named[index]) ?? metric[0];
    const output = model.outputs[metric[1]] as tf.SymbolicTensor;
    metric[0] = carriesMask(output) ? overCountedSteps(ofKeras) : ofKeras;
  }
}

const meansOverCountedSteps = new WeakMap<LossOrMetric, LossOrMetric>();

/** A metric that is a mean, over the steps that no mask leaves out; any other as it is, as in Keras 3. */
function overCountedSteps(metric: LossOrMetric): LossOrMetric {
  if (sumsOf(metric)) {
    return metric;
  }
  const mean = meansOverCountedSteps.get(metric) ?? summed(metric);
  meansOverCountedSteps.set(metric, mean);
  return mean;
}

/** The same metric, of which a step returns sums. */
function summed(metric: LossOrMetric): LossOrMetric {
  const same: LossOrMetric = (targets, outputs) => metric(targets, outputs);
  declareSums(same, sumsOf(metric) ?? sumsOfMean(metric));
  if (isKnownCode(metric)) {
    declareKnownCode(same);
  }
  return same;
}

/** The functions of metrics that tfjs knows by name. */
const functionsOfTfjs: Record<string, LossOrMetric> = {
  binaryAccuracy: tf.metrics.binaryAccuracy,
  categoricalAccuracy: tf.metrics.categoricalAccuracy,
  mae: tf.metrics.meanAbsoluteError,
  mape: tf.metrics.meanAbsolutePercentageError,
  mse: tf.metrics.meanSquaredError,
};

/**
 * A metric in which each row counts by its weight.
 *
 * @param metric tfjs's name of it, or a function.
 */
export function weightedMetric(metric: string | LossOrMetric): LossOrMetric {
  const ofRows = kerasMetrics.get(metric) ?? functionOf(metric);
  const weighted = summed(ofRows);
  declareWeighted(weighted);
  noteWeighted(weighted, metric);
  return weighted;
}

/** A metric, and under which name it is reported; undefined for a function of the user's. */
export interface NamedMetric {
  /** tfjs's name of it, or a function. */
  metric: string | LossOrMetric;
  name: string | undefined;
}

/**
 * Compiles a model whose metrics have names of their own.
 *
 * @param metrics a list for each output.
 */
export function compileWithMetrics(
  model: tf.LayersModel,
  options: Pick<tf.ModelCompileArgs, 'optimizer' | 'loss'>,
  metrics: readonly (readonly NamedMetric[])[],
): void {
  const { outputNames } = innerModel(model);
  const lists = metrics.map((list) => list.map(({ metric }) => metric));
  const byOutput = Object.fromEntries(outputNames.map((name, output) => [name, lists[output]]));
  model.compile({
    ...options,
    metrics: (lists.length === 1 ? lists[0] : byOutput) as tf.ModelCompileArgs['metrics'],
  });
  // A Sequential model makes its inner one anew.
  reportMetricsAs(
    innerModel(model),
    metrics.map((list) => list.map(({ name }) => name)),
  );
}

function functionOf(metric: string | LossOrMetric): LossOrMetric {
  const found = typeof metric === 'string' ? functionsOfTfjs[metric] : metric;
  if (!found) {
    throw new TypeError(`The metric "${metric}" cannot be weighted.`);
  }
  return found;
}

function sumsOfMean(ofRows: LossOrMetric): MetricSums {
  return {
    count: () => 2,
    ofBatch(targets, outputs, weights) {
      const values = tf.cast(ofRows(targets, outputs), 'float32');
      if (weights && values.rank === 0) {
        throw new TypeError(
          `The metric "${ofRows.name}" returns one number for a batch; to be weighted it has to ` +
            'return one for each row.',
        );
      }
      const counts = countsOf(values, outputs) ?? tf.onesLike(values);
      const each = weights ? tf.mul(counts, weights) : counts;
      return tf.stack([tf.sum(tf.mul(values, each)), tf.sum(each)]);
    },
    result: ([sum = 0, count = 0]) => quotient(sum, count),
  };
}
