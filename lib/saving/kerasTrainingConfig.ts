import type * as tf from '../tensorflow';
import { innerModel } from '../training/compiledModel';
import { type LossDescription, lossDescription } from '../training/lossFunctions/descriptions';
import * as losses from '../training/lossFunctions/index';
import { kerasFunctions } from '../training/lossFunctions/rowFunctions';
import { compileWithMetrics } from '../training/metrics';
import { declareLossWeights, lossWeightsOf } from '../training/runners/modelSteps';
import { asNumber, asObject, isObject, type Json, type JsonObject, shown } from './json';
import { functionName, isEmpty, perOutput, snakeCase } from './kerasFunctions';
import { metricsFromKeras, metricsToKeras } from './kerasMetrics';
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

/** How the model was compiled, as Keras's `training_config` has it. */
export function trainingConfigToKeras(model: tf.LayersModel): JsonObject {
  return {
    loss: lossesToKeras(model.loss as unknown),
    ...metricsToKeras(innerModel(model)),
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
  const { sample_weight_mode: mode = null } = config;
  if (!isEmpty(mode)) {
    throw new Error(`Training with sample_weight_mode = ${shown(mode)} is not supported.`);
  }
  const loss = lossesFromKeras(config.loss);
  const { outputNames } = innerModel(model);
  const metrics = metricsFromKeras(config.metrics, config.weighted_metrics, outputNames);
  const lossWeights = lossWeightsFromKeras(config.loss_weights, outputNames);
  const optimizer = optimizerFromKeras(config.optimizer_config, learningRate);
  compileWithMetrics(model, { optimizer, loss }, metrics);
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
