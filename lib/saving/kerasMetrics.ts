/** Metrics as Keras's files write them. */
import * as tf from '../tensorflow';
import { kerasFunctions } from '../training/lossFunctions/rowFunctions';
import {
  type MetricDescription,
  metricDescription,
  unweighted,
} from '../training/metricFunctions/descriptions';
import * as metricFunctions from '../training/metricFunctions/index';
import { metricsForTfjs, weightedMetric } from '../training/metrics';
import { plain } from '../training/names';
import { asNumber, asString, isObject, type Json, type JsonObject, shown } from './json';
import { camelCase, functionName, isEmpty } from './kerasFunctions';

type Metric = string | ((truth: tf.Tensor, predicted: tf.Tensor) => tf.Tensor);

/** Metrics that both sides have under a name: tfjs's and Keras's, and the short names. */
const namedMetrics: [tfjs: Metric, keras: string, ...shortNames: string[]][] = [
  ['acc', 'acc'],
  ['accuracy', 'accuracy'],
  ['binaryAccuracy', 'binary_accuracy'],
  ['categoricalAccuracy', 'categorical_accuracy'],
  [tf.metrics.sparseCategoricalAccuracy, 'sparse_categorical_accuracy'],
  [tf.metrics.binaryCrossentropy, 'binary_crossentropy', 'bce', 'BCE'],
  ['categoricalCrossentropy', 'categorical_crossentropy'],
  ['sparseCategoricalCrossentropy', 'sparse_categorical_crossentropy'],
  ['mse', 'mean_squared_error', 'mse', 'MSE'],
  ['mae', 'mean_absolute_error', 'mae', 'MAE'],
  ['mape', 'mean_absolute_percentage_error', 'mape', 'MAPE'],
  [kerasFunctions.meansquaredlogarithmicerror, 'mean_squared_logarithmic_error', 'msle', 'MSLE'],
  [kerasFunctions.kldivergence, 'kl_divergence', 'kullback_leibler_divergence', 'kld', 'KLD'],
  [kerasFunctions.cosinesimilarity, 'cosine_similarity'],
  [kerasFunctions.logcosh, 'log_cosh_error', 'log_cosh', 'logcosh'],
  [kerasFunctions.hinge, 'hinge'],
  [kerasFunctions.squaredhinge, 'squared_hinge'],
];

/** A class of metrics in Keras. */
interface MetricClass {
  /** Options that are the same here, by Keras's names, with Keras's defaults. */
  options: JsonObject;
  /** Options that Keras has in one value only. */
  fixed?: JsonObject;
  make(options: never): Metric;
}

const thresholds = { thresholds: null };
const metricClasses: Record<string, MetricClass> = {
  AUC: {
    options: { num_thresholds: 200, curve: 'ROC', from_logits: false },
    fixed: { summation_method: 'interpolation' },
    make: metricFunctions.auc,
  },
  BinaryAccuracy: { options: { threshold: 0.5 }, make: metricFunctions.binaryAccuracy },
  F1Score: { options: { average: null, threshold: null }, make: metricFunctions.f1Score },
  FalseNegatives: { options: thresholds, make: metricFunctions.falseNegatives },
  FalsePositives: { options: thresholds, make: metricFunctions.falsePositives },
  Precision: { options: thresholds, make: metricFunctions.precision },
  R2Score: {
    options: { class_aggregation: 'uniform_average' },
    fixed: { num_regressors: 0 },
    make: metricFunctions.r2Score,
  },
  Recall: { options: thresholds, make: metricFunctions.recall },
  RootMeanSquaredError: { options: {}, make: metricFunctions.rootMeanSquaredError },
  SparseTopKCategoricalAccuracy: {
    options: { k: 5 },
    make: metricFunctions.sparseTopKCategoricalAccuracy,
  },
  TopKCategoricalAccuracy: { options: { k: 5 }, make: metricFunctions.topKCategoricalAccuracy },
  TrueNegatives: { options: thresholds, make: metricFunctions.trueNegatives },
  TruePositives: { options: thresholds, make: metricFunctions.truePositives },
};

/**
 * A model's metrics, from Keras's `metrics` and `weighted_metrics`; with weights those that are of the
 * latter.
 */
export function metricsFromKeras(
  metrics: Json | undefined,
  weighted: Json | undefined,
  outputNames: readonly string[],
): tf.ModelCompileArgs['metrics'] {
  const lists = listsByOutput(metrics, outputNames, 'metrics').map((list) =>
    list.map(metricFromKeras),
  );
  const weightedLists = listsByOutput(weighted, outputNames, 'weighted_metrics');
  for (const [output, list] of weightedLists.entries()) {
    lists[output]?.push(...list.map((metric) => weightedMetric(metricFromKeras(metric))));
  }
  return metricsForTfjs(lists, outputNames);
}

/** The metrics of each output. A flat list holds for all, as in Keras 2. */
function listsByOutput(
  value: Json | undefined,
  outputNames: readonly string[],
  option: string,
): Json[][] {
  if (value === undefined || isEmpty(value)) {
    return outputNames.map(() => []);
  }
  const flat = (list: Json | undefined) => [list ?? []].flat(2).filter((metric) => metric !== null);
  if (isObject(value) && !('class_name' in value)) {
    return outputNames.map((name) => flat(value[name]));
  }
  const isPerOutput =
    Array.isArray(value) && outputNames.length > 1 && value.some((one) => Array.isArray(one));
  if (!isPerOutput) {
    return outputNames.map(() => flat(value));
  }
  if (value.length !== outputNames.length) {
    throw new Error(
      `Training with ${option} = ${shown(value)} needs ${value.length} outputs, but the model has ` +
        `${outputNames.length}.`,
    );
  }
  return value.map(flat);
}

function metricFromKeras(metric: Json): Metric {
  const ofClass = metricOfClass(metric);
  if (ofClass) {
    return ofClass;
  }
  const given = isObject(metric) && isObject(metric.config) ? metric.config.name : metric;
  // 'acc' is how the user wrote it; Keras 2 puts the output's name before it.
  const short = typeof given === 'string' ? /(?:^|_)(acc)$|^(accuracy)$/.exec(given) : null;
  return metricNamed(short?.[1] ?? short?.[2] ?? functionName(metric, 'metric'));
}

function metricNamed(name: string): Metric {
  const entry = namedMetrics.find(([, ...kerasNames]) => kerasNames.includes(name));
  if (!entry) {
    const supported = [...namedMetrics.map(([, keras]) => keras), ...Object.keys(metricClasses)];
    throw new Error(`The metric ${name} is not supported; supported are ${supported.join(', ')}.`);
  }
  return entry[0];
}

/** A metric of a class that takes options; undefined for another, or where none differs. */
function metricOfClass(metric: Json): Metric | undefined {
  const given = isObject(metric)
    ? asString(metric.class_name, 'The class_name of a metric')
    : metric;
  const className = Object.keys(metricClasses).find((name) => plain(name) === plain(String(given)));
  if (className === undefined) {
    return undefined;
  }
  const { options, fixed = {}, make } = metricClasses[className] as MetricClass;
  const config = isObject(metric) && isObject(metric.config) ? metric.config : {};
  const { name, dtype, ...others } = config;
  for (const [option, value] of Object.entries(others)) {
    const isOther = !(option in options) && (value ?? false) !== (fixed[option] ?? false);
    if (isOther || (option === 'thresholds' && [value].flat().length !== 1)) {
      throw new Error(
        `The metric ${className} with ${option} = ${shown(value)} is not supported` +
          `${option in fixed ? `; only ${shown(fixed[option])} is.` : '.'}`,
      );
    }
  }
  if (className === 'BinaryAccuracy' && (others.threshold ?? 0.5) === 0.5) {
    return undefined;
  }
  if (className === 'F1Score' && (others.average ?? null) === null) {
    throw new Error(
      'The metric F1Score with average = null is not supported; only "macro", "micro" and ' +
        '"weighted" are.',
    );
  }
  const ofOptions = Object.keys(options).flatMap((option) => {
    const value = [others[option] ?? null].flat()[0] ?? null;
    return value === null ? [] : [[camelCase(option), optionValue(option, value)]];
  });
  const named = typeof name === 'string' ? { name } : {};
  return make({ ...Object.fromEntries(ofOptions), ...named } as never);
}

function optionValue(option: string, value: Json): Json {
  return option.includes('threshold') ? asNumber(value, `A metric's ${option}`) : value;
}

/** A model's metrics as Keras's `metrics` and `weighted_metrics`. */
export function metricsToKeras(value: unknown): { metrics: Json; weighted_metrics: Json } {
  const isWeighted = (metric: unknown) => unweighted(metric) !== undefined;
  return {
    metrics: value === undefined || value === null ? null : listed(value, (m) => !isWeighted(m)),
    weighted_metrics: hasAny(value, isWeighted) ? listed(value, isWeighted) : null,
  };
}

function hasAny(value: unknown, isOne: (metric: unknown) => boolean): boolean {
  const lists = typeof value === 'object' && value !== null ? Object.values(value) : [value];
  return lists.flat().some(isOne);
}

/** tfjs takes one metric, a list of them, or either for each output by its name. */
function listed(value: unknown, isOne: (metric: unknown) => boolean): Json {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    return Object.fromEntries(
      Object.entries(value).map(([output, list]) => [output, listed([list].flat(), isOne)]),
    );
  }
  return [value].flat().filter(isOne).map(metricToKeras);
}

function metricToKeras(given: unknown): Json {
  const metric = unweighted(given) ?? given;
  const description = metricDescription(metric);
  if (description) {
    return describedMetric(description);
  }
  const entry = namedMetrics.find(
    ([tfjs, ...names]) => tfjs === metric || names.includes(String(metric)),
  );
  if (!entry) {
    const what = typeof metric === 'string' ? `The metric ${metric}` : "A metric of the user's own";
    throw new Error(`${what} cannot be saved; save with { includeOptimizer: false }.`);
  }
  return entry[1];
}

function describedMetric({ className, name, config }: MetricDescription): JsonObject {
  return {
    module: 'keras.metrics',
    class_name: className,
    config: { name, ...config },
    registered_name: null,
  };
}
