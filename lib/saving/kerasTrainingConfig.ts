import * as tf from '../tensorflow';
import { innerModel } from '../training/compiledModel';
import { type LossDescription, lossDescription } from '../training/lossFunctions/descriptions';
import * as losses from '../training/lossFunctions/index';
import { kerasFunctions } from '../training/lossFunctions/rowFunctions';
import { declareLossWeights, lossWeightsOf } from '../training/runners/modelSteps';
import { asNumber, asObject, asString, isObject, type Json, type JsonObject, shown } from './json';
import { optimizerFromKeras, optimizerToKeras } from './kerasOptimizers';

/** Losses that compute the same on both sides: tfjs's name, Keras's function, Keras's short names. */
const namedLosses: [tfjs: string, keras: string, ...shortNames: string[]][] = [
  ['meanSquaredError', 'mean_squared_error', 'mse', 'MSE'],
  ['meanAbsoluteError', 'mean_absolute_error', 'mae', 'MAE'],
  ['meanAbsolutePercentageError', 'mean_absolute_percentage_error', 'mape', 'MAPE'],
  ['meanSquaredLogarithmicError', 'mean_squared_logarithmic_error', 'msle', 'MSLE'],
  ['binaryCrossentropy', 'binary_crossentropy', 'bce', 'BCE'],
  ['categoricalCrossentropy', 'categorical_crossentropy'],
  ['sparseCategoricalCrossentropy', 'sparse_categorical_crossentropy'],
  ['kullbackLeiblerDivergence', 'kl_divergence', 'kullback_leibler_divergence', 'kld', 'KLD'],
  ['poisson', 'poisson'],
  ['logcosh', 'log_cosh', 'logcosh'],
  ['categoricalHinge', 'categorical_hinge'],
  ['cosineProximity', 'cosine_similarity'],
];

type LossFunction = losses.RowFunction;

/** Losses that are functions here, by Keras's classes. */
const lossClasses: Record<string, (config: JsonObject) => LossFunction> = {
  BinaryCrossentropy: (config) => losses.binaryCrossentropy(crossentropyOptions(config)),
  CategoricalCrossentropy: (config) => losses.categoricalCrossentropy(crossentropyOptions(config)),
  SparseCategoricalCrossentropy: (config) =>
    losses.sparseCategoricalCrossentropy(crossentropyOptions(config)),
  Huber: (config) => losses.huber({ delta: asNumber(config.delta ?? 1, "Huber's delta") }),
};

function crossentropyOptions(config: JsonObject): losses.CrossentropyOptions {
  const labelSmoothing = asNumber(config.label_smoothing ?? 0, 'label_smoothing');
  return { fromLogits: config.from_logits === true, labelSmoothing };
}

/** Names of Keras's for functions of this library. */
const lossFunctions: Record<string, LossFunction> = {
  huber: kerasFunctions.huber,
  hinge: kerasFunctions.hinge,
  squared_hinge: kerasFunctions.squaredhinge,
};

/** A loss with options that change what it computes; undefined if it has none of those known here. */
function lossWithOptions(value: Json): LossFunction | undefined {
  if (!isObject(value) || !isObject(value.config)) {
    return undefined;
  }
  const { config } = value;
  const isChanged = config.from_logits || config.label_smoothing || (config.delta ?? 1) !== 1;
  const make = isChanged ? lossClasses[String(value.class_name)] : undefined;
  if (!make) {
    return undefined;
  }
  // Whatever else is changed is refused by name.
  functionName({ ...value, config: { ...config, from_logits: false, label_smoothing: 0 } }, 'loss');
  return make(config);
}

type Metric = string | ((truth: tf.Tensor, predicted: tf.Tensor) => tf.Tensor);

/** Metrics that both sides have under a name: tfjs's and Keras's, and the short names. */
const metrics: [tfjs: Metric, keras: string, ...shortNames: string[]][] = [
  ['acc', 'acc'],
  ['accuracy', 'accuracy'],
  ['binaryAccuracy', 'binary_accuracy'],
  ['categoricalAccuracy', 'categorical_accuracy'],
  [tf.metrics.sparseCategoricalAccuracy, 'sparse_categorical_accuracy'],
  ['categoricalCrossentropy', 'categorical_crossentropy'],
  ['mse', 'mean_squared_error', 'mse', 'MSE'],
  ['mae', 'mean_absolute_error', 'mae', 'MAE'],
  ['mape', 'mean_absolute_percentage_error', 'mape', 'MAPE'],
];

/** How the model was compiled, as Keras's `training_config` has it. */
export function trainingConfigToKeras(model: tf.LayersModel): JsonObject {
  return {
    loss: lossesToKeras(model.loss as unknown),
    metrics: metricsToKeras(model.metrics as unknown),
    weighted_metrics: null,
    loss_weights: lossWeightsToKeras(model),
    optimizer_config: optimizerToKeras(model.optimizer),
  };
}

/**
 * Compiles a model as Keras's `training_config` says. The model then owns its optimiser. A learning
 * rate given here goes before that of the configuration.
 * Throws if tfjs has no such optimiser, loss or metric; the model is then not compiled.
 */
export function compileFromKeras(
  model: tf.LayersModel,
  trainingConfig: Json,
  learningRate?: number,
): void {
  const config = asObject(trainingConfig, 'The training configuration');
  for (const option of ['weighted_metrics', 'sample_weight_mode']) {
    const value = config[option];
    if (value !== undefined && !isEmpty(value)) {
      throw new Error(`Training with ${option} = ${shown(value)} is not supported.`);
    }
  }
  const loss = lossesFromKeras(config.loss);
  const metrics = metricsFromKeras(config.metrics, model);
  const lossWeights = lossWeightsFromKeras(config.loss_weights, model.outputNames);
  const optimizer = optimizerFromKeras(config.optimizer_config, learningRate);
  model.compile({ optimizer, loss, metrics });
  if (lossWeights) {
    declareLossWeights(lossFunctionsOf(model), lossWeights);
  }
  // As for an optimiser given by name: model.dispose() disposes it too.
  Object.assign(model, { isOptimizerOwned: true });
}

/** The functions that `model.compile` made. */
function lossFunctionsOf(model: tf.LayersModel): object {
  return innerModel(model).lossFunctions ?? [];
}

function lossWeightsToKeras(model: tf.LayersModel): Json {
  const weights = lossWeightsOf(lossFunctionsOf(model));
  return weights ? [...weights] : null;
}

/** One number per output, in the model's order; Keras has them by name too. */
function lossWeightsFromKeras(
  value: Json | undefined,
  outputNames: readonly string[],
): number[] | undefined {
  if (value === undefined || isEmpty(value)) {
    return undefined;
  }
  const weights = isObject(value) ? outputNames.map((name) => value[name] ?? 1) : [value].flat();
  if (weights.length !== outputNames.length) {
    throw new Error(
      `Training with loss_weights = ${shown(value)} needs ${weights.length} outputs, but the model ` +
        `has ${outputNames.length}.`,
    );
  }
  return weights.map((weight) => asNumber(weight ?? 1, 'A weight of a loss'));
}

function isEmpty(value: Json): boolean {
  return value === null || (Array.isArray(value) && value.every(isEmpty));
}

/** `convert` one value, or each value of a list or of an object with a value per output. */
function perOutput<To>(value: Json | undefined, convert: (one: Json) => To) {
  if (Array.isArray(value)) {
    return value.map(convert);
  }
  if (!isObject(value) || 'class_name' in value) {
    return convert(value ?? null);
  }
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, convert(one)]));
}

function lossesFromKeras(loss: Json | undefined): tf.ModelCompileArgs['loss'] {
  return perOutput(loss, (one) => {
    const withOptions = lossWithOptions(one);
    if (withOptions) {
      return withOptions;
    }
    const name = functionName(one, 'loss');
    const entry = namedLosses.find(([, ...kerasNames]) => kerasNames.includes(name));
    const loss = entry?.[0] ?? lossFunctions[name];
    if (!loss) {
      const known = [...namedLosses.map(([, keras]) => keras), ...Object.keys(lossFunctions)];
      throw new Error(`The loss ${name} is not supported; supported are ${known.join(', ')}.`);
    }
    return loss;
  }) as tf.ModelCompileArgs['loss'];
}

function lossesToKeras(loss: unknown): Json {
  return perOutput(loss as Json, (name) => {
    const description = lossDescription(name);
    if (description) {
      return lossToKeras(description);
    }
    const entry = namedLosses.find(([tfjs]) => tfjs === name);
    if (!entry) {
      const what = typeof name === 'string' ? `The loss ${name}` : "A loss of the user's own";
      throw new Error(`${what} cannot be saved; save with { includeOptimizer: false }.`);
    }
    return entry[1];
  });
}

function lossToKeras({ className, config }: LossDescription): JsonObject {
  const options = { name: snakeCase(className), reduction: 'sum_over_batch_size', ...config };
  return { module: 'keras.losses', class_name: className, config: options, registered_name: null };
}

/** tfjs takes a list for an output as well; its types know only of one metric. */
type MetricsByOutput = Record<string, Metric>;

function metricsFromKeras(
  value: Json | undefined,
  model: tf.LayersModel,
): Metric[] | MetricsByOutput {
  if (value === undefined || value === null) {
    return [];
  }
  if (isObject(value)) {
    return perOutput(value, metricListFromKeras) as unknown as MetricsByOutput;
  }
  // Keras 2 lists the metrics of each output in a list of its own.
  const lists = Array.isArray(value) && value.every((one) => Array.isArray(one));
  if (!lists || model.outputs.length === 1) {
    return metricListFromKeras(value);
  }
  const byOutput = value.map((list, i) => [model.outputNames[i], metricListFromKeras(list)]);
  return Object.fromEntries(byOutput) as unknown as MetricsByOutput;
}

function metricListFromKeras(value: Json): Metric[] {
  const list = Array.isArray(value) ? value.flat() : [value];
  return list.filter((metric) => metric !== null).map((metric) => metricFromKeras(metric as Json));
}

function metricFromKeras(metric: Json): Metric {
  const given = isObject(metric) && isObject(metric.config) ? metric.config.name : metric;
  // 'acc' is how the user wrote it; Keras 2 puts the output's name before it.
  const short = typeof given === 'string' ? /(?:^|_)(acc)$|^(accuracy)$/.exec(given) : null;
  const name = short?.[1] ?? short?.[2] ?? functionName(metric, 'metric');
  const entry = metrics.find(([, ...kerasNames]) => kerasNames.includes(name));
  if (!entry) {
    const supported = metrics.map(([, keras]) => keras).join(', ');
    throw new Error(`The metric ${name} is not supported; supported are ${supported}.`);
  }
  return entry[0];
}

function metricsToKeras(value: unknown): Json {
  if (value === undefined || value === null) {
    return null;
  }
  return perOutput(value as Json, (one) => {
    if (Array.isArray(one)) {
      return one.map((metric) => metricToKeras(metric));
    }
    return metricToKeras(one);
  });
}

function metricToKeras(metric: unknown): string {
  const entry = metrics.find(
    ([tfjs, ...names]) => tfjs === metric || names.includes(String(metric)),
  );
  if (!entry) {
    const what = typeof metric === 'string' ? `The metric ${metric}` : "A metric of the user's own";
    throw new Error(`${what} cannot be saved; save with { includeOptimizer: false }.`);
  }
  return entry[1];
}

/**
 * The name of the loss or metric function that Keras serialised as text, as an object of a class
 * (`MeanSquaredError`), or as a wrapped function. Options that change what it computes are refused.
 */
function functionName(value: Json, kind: 'loss' | 'metric'): string {
  if (!isObject(value)) {
    return asString(value, `The ${kind}`);
  }
  const className = asString(value.class_name, `The class_name of a ${kind}`);
  const config = isObject(value.config) ? value.config : {};
  const changes = ['from_logits', 'label_smoothing', 'ignore_class'].filter((name) => config[name]);
  const reduction = config.reduction ?? 'auto';
  if (kind === 'loss' && !['auto', 'sum_over_batch_size'].includes(String(reduction))) {
    changes.push('reduction');
  }
  if (changes.length > 0) {
    const options = changes.map((name) => `${name} = ${shown(config[name])}`).join(', ');
    throw new Error(`The ${kind} ${className} with ${options} is not supported.`);
  }
  if (className === 'function') {
    return asString(value.config, `The name of a ${kind}`);
  }
  if (typeof config.fn === 'string') {
    return config.fn;
  }
  return snakeCase(className);
}

function snakeCase(className: string): string {
  return className
    .replace(/^KLDivergence$/, 'KlDivergence')
    .replace(/(?!^)[A-Z]/g, (letter) => `_${letter}`)
    .toLowerCase();
}
