/** Metrics as Keras's files write them. */
import * as tf from '../tensorflow';
import type { ModelInternals } from '../tfjsInternals';
import { metricNames, metricsOfOutput } from '../training/compiledModel';
import { kerasFunctions } from '../training/lossFunctions/rowFunctions';
import {
  type MetricDescription,
  metricDescription,
  unweighted,
} from '../training/metricFunctions/descriptions';
import * as metricFunctions from '../training/metricFunctions/index';
import { type NamedMetric, weightedMetric } from '../training/metrics';
import { plain } from '../training/names';
import { asNumber, asString, isObject, type Json, type JsonObject, shown } from './json';
import { camelCase, functionName, isEmpty, snakeCase } from './kerasFunctions';

type Metric = string | ((truth: tf.Tensor, predicted: tf.Tensor) => tf.Tensor);

/** Keras tells from the shapes which class of metrics these are. */
const accuracies = ['acc', 'accuracy'];

/** Metrics that both sides have: tfjs's name or a function, and Keras's class. */
const namedMetrics: [tfjs: Metric, className: string][] = [
  ['binaryAccuracy', 'BinaryAccuracy'],
  ['categoricalAccuracy', 'CategoricalAccuracy'],
  [tf.metrics.sparseCategoricalAccuracy, 'SparseCategoricalAccuracy'],
  [tf.metrics.binaryCrossentropy, 'BinaryCrossentropy'],
  ['categoricalCrossentropy', 'CategoricalCrossentropy'],
  ['sparseCategoricalCrossentropy', 'SparseCategoricalCrossentropy'],
  ['mse', 'MeanSquaredError'],
  ['mae', 'MeanAbsoluteError'],
  ['mape', 'MeanAbsolutePercentageError'],
  [kerasFunctions.meansquaredlogarithmicerror, 'MeanSquaredLogarithmicError'],
  [kerasFunctions.kldivergence, 'KLDivergence'],
  [kerasFunctions.cosinesimilarity, 'CosineSimilarity'],
  [kerasFunctions.logcosh, 'LogCoshError'],
  [kerasFunctions.hinge, 'Hinge'],
  [kerasFunctions.squaredhinge, 'SquaredHinge'],
  [kerasFunctions.categoricalhinge, 'CategoricalHinge'],
  [kerasFunctions.poisson, 'Poisson'],
];

/** Classes that have no name in Keras 2. */
const classesOnly = ['KLDivergence', 'LogCoshError'];

/** Keras's other names of these classes. */
const shortNames: Record<string, string> = {
  bce: 'BinaryCrossentropy',
  mse: 'MeanSquaredError',
  mae: 'MeanAbsoluteError',
  mape: 'MeanAbsolutePercentageError',
  msle: 'MeanSquaredLogarithmicError',
  kld: 'KLDivergence',
  kullback_leibler_divergence: 'KLDivergence',
  log_cosh: 'LogCoshError',
  logcosh: 'LogCoshError',
};

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
 * A model's metrics for each output, from Keras's `metrics` and `weighted_metrics`; with weights those
 * that are of the latter. They are reported under Keras's names.
 */
export function metricsFromKeras(
  metrics: Json | undefined,
  weighted: Json | undefined,
  outputNames: readonly string[],
): NamedMetric[][] {
  const weightedLists = listsByOutput(weighted, outputNames, 'weighted_metrics');
  return listsByOutput(metrics, outputNames, 'metrics').map((list, output) => {
    const named = (one: Json) => metricFromKeras(one, outputNames[output] as string);
    const ofRowsWithWeights = (weightedLists[output] ?? []).map((one) => {
      const { metric, name } = named(one);
      return { metric: weightedMetric(metric), name };
    });
    return [...list.map(named), ...ofRowsWithWeights];
  });
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

function metricFromKeras(metric: Json, outputName: string): NamedMetric {
  const given = isObject(metric) && isObject(metric.config) ? metric.config.name : metric;
  // Keras 2 puts the output's name before it.
  const named =
    typeof given === 'string' && given.startsWith(`${outputName}_`)
      ? given.slice(outputName.length + 1)
      : given;
  const name = typeof named === 'string' ? named : functionName(metric, 'metric');
  return {
    metric:
      metricOfClass(metric) ??
      (accuracies.includes(name) ? name : metricNamed(functionName(metric, 'metric'))),
    name,
  };
}

function metricNamed(name: string): Metric {
  const entry = namedMetrics.find(([, className]) => isNameOf(className, name));
  if (!entry) {
    const supported = [
      ...accuracies,
      ...namedMetrics.map(([, className]) => snakeCase(className)),
      ...Object.keys(metricClasses),
    ];
    throw new Error(`The metric ${name} is not supported; supported are ${supported.join(', ')}.`);
  }
  return entry[0];
}

function isNameOf(className: string, name: string): boolean {
  return snakeCase(className) === name || shortNames[name.toLowerCase()] === className;
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
export function metricsToKeras(model: ModelInternals): { metrics: Json; weighted_metrics: Json } {
  const { outputNames } = model;
  const names = metricNames(model);
  const lists = outputNames.map((_, output) =>
    metricsOfOutput(model, output).map((metric, index) => {
      const isWeighted = unweighted(metric) !== undefined;
      return { isWeighted, json: metricToKeras(metric, names[output]?.[index]) };
    }),
  );
  const ofKind = (weighted: boolean) =>
    byOutput(
      lists.map((list) =>
        list.filter(({ isWeighted }) => isWeighted === weighted).map(({ json }) => json),
      ),
      outputNames,
    );
  return { metrics: ofKind(false), weighted_metrics: ofKind(true) };
}

/** A list, or a record of lists by the names of several outputs; null if there is nothing in them. */
function byOutput(lists: Json[][], outputNames: readonly string[]): Json {
  if (isEmpty(lists)) {
    return null;
  }
  return lists.length === 1
    ? (lists[0] as Json[])
    : Object.fromEntries(outputNames.map((name, output) => [name, lists[output] as Json[]]));
}

function metricToKeras(given: unknown, name: string | undefined): Json {
  const metric = unweighted(given) ?? given;
  if (accuracies.includes(metric as string)) {
    return metric as string;
  }
  const description = metricDescription(metric);
  if (description) {
    return describedMetric({ ...description, name: name ?? description.name });
  }
  const entry = namedMetrics.find(
    ([tfjs, className]) => tfjs === metric || isNameOf(className, String(metric)),
  );
  if (!entry) {
    const what = typeof metric === 'string' ? `The metric ${metric}` : "A metric of the user's own";
    throw new Error(`${what} cannot be saved; save with { includeOptimizer: false }.`);
  }
  const [, className] = entry;
  const usual = snakeCase(className);
  return (name === undefined || name === usual) && !classesOnly.includes(className)
    ? usual
    : describedMetric({ className, name: name ?? usual, config: {} });
}

function describedMetric({ className, name, config }: MetricDescription): JsonObject {
  return {
    module: 'keras.metrics',
    class_name: className,
    config: { name, ...config },
    registered_name: null,
  };
}
