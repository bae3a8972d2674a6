import { isDeepStrictEqual } from 'node:util';
import { hardSigmoidToKeras, isHardSigmoid, type KerasVersion } from './hardSigmoid';
import { asObject, asString, isObject, type Json, type JsonObject, shown } from './json';
import { type LayerOptions, supportedLayers } from './kerasLayerTable';
import { nameFromKeras, nameToKeras } from './layerNames';
import { flipToKeras } from './randomFlip';

/** Options that every layer has; the callers of this file deal with the shapes. */
const everyLayersOptions = [
  'name',
  'trainable',
  'dtype',
  'batch_input_shape',
  'batch_shape',
  'backward_layer',
];

/** Activations that compute the same on both sides; for hard_sigmoid see `hardSigmoid.ts`. */
const activations = [
  'elu',
  'exponential',
  'gelu',
  'hard_sigmoid',
  'hard_silu',
  'leaky_relu',
  'linear',
  'log_softmax',
  'mish',
  'relu',
  'relu6',
  'selu',
  'sigmoid',
  'softmax',
  'softplus',
  'softsign',
  'swish',
  'tanh',
];

const constraints = ['MaxNorm', 'MinMaxNorm', 'NonNeg', 'UnitNorm'];

/** Initialisers whose name in Keras differs from the one in tfjs. */
const initializersInTfjs: Record<string, string> = {
  IdentityInitializer: 'Identity',
  LecunNormal: 'LeCunNormal',
  LecunUniform: 'LeCunUniform',
  OrthogonalInitializer: 'Orthogonal',
};
const initializers = [
  'Constant',
  'GlorotNormal',
  'GlorotUniform',
  'HeNormal',
  'HeUniform',
  'Identity',
  'LeCunNormal',
  'LeCunUniform',
  'Ones',
  'Orthogonal',
  'RandomNormal',
  'RandomUniform',
  'TruncatedNormal',
  'VarianceScaling',
  'Zeros',
];

/**
 * The options of one layer, from Keras's configuration (version 2 or 3) to tfjs's.
 * Throws if tfjs has no such layer, or if an option has a value that tfjs's layer cannot stand for:
 * a model that computes something else must not come out of a file.
 */
export function layerOptionsFromKeras(className: string, keras: JsonObject): JsonObject {
  const converted = checkedOptions(className, keras, optionFromKeras);
  converted.name = nameFromKeras(asString(keras.name, `The name of a ${className} layer`));
  refuseWhatTfjsLacks(className, keras);
  return converted;
}

/** The options of one layer, from tfjs's configuration (in Python's spelling) to Keras's. */
export function layerOptionsToKeras(
  className: string,
  tfjs: JsonObject,
  version: KerasVersion,
): JsonObject {
  const { batch_input_shape, ...options } = tfjs;
  if (version === 2) {
    leaveOutKeras3(className, options);
  }
  const converted = checkedOptions(className, options, (option, value, layer) =>
    optionToKeras(option, value, layer, version),
  );
  // What is not set is left to Keras.
  for (const [option, value] of Object.entries(converted)) {
    if (value === null) {
      delete converted[option];
    }
  }
  converted.name = nameToKeras(asString(tfjs.name, `The name of a ${className} layer`));
  // Written out where tfjs knows the option: its default in Keras is a setting of the user's.
  if ('data_format' in tfjs) {
    converted.data_format = 'channels_last';
  }
  return converted;
}

/** Takes the options that Keras 2 lacks out of a layer's, if it computes the same without them. */
function leaveOutKeras3(className: string, options: JsonObject): void {
  for (const [option, value] of Object.entries(supportedLayers[className]?.onlyKeras3 ?? {})) {
    if (!isDeepStrictEqual(options[option] ?? value, value)) {
      throw new Error(
        `The ${layerText(className, options.name)} has ${option} = ${shown(options[option])}, which is ` +
          'not supported in .h5: Keras 2 has no such option. Save the model as .keras.',
      );
    }
    delete options[option];
  }
}

/** Values of options that are the same on both sides, but that tfjs cannot compute with. */
function refuseWhatTfjsLacks(className: string, keras: JsonObject): void {
  const layer = layerText(className, keras.name);
  const { backward_layer: backward } = keras;
  if (className === 'Bidirectional' && isObject(backward)) {
    checkBackwardLayer(layer, asObject(keras.layer, `The layer in the ${layer}`), backward);
  }
}

/** tfjs runs the same layer in both directions. */
function checkBackwardLayer(layer: string, forward: JsonObject, backward: JsonObject): void {
  const comparable = (json: JsonObject) => {
    const { class_name, config } = namedObject(json, `A layer in the ${layer}`);
    const { name, go_backwards, ...rest } = layerOptionsFromKeras(class_name, config);
    // Seeds do not matter once the weights are there.
    return JSON.stringify({ class_name, ...rest }).replace(/"seed":\d+/g, '"seed":null');
  };
  if (comparable(forward) !== comparable(backward)) {
    throw new Error(`The ${layer} has another layer for the way back, which is not supported.`);
  }
}

function layerText(className: string, name: Json | undefined): string {
  return `layer "${typeof name === 'string' ? name : shown(name)}" (${className})`;
}

type ConvertOption = (option: string, value: Json, layer: string) => Json;

function checkedOptions(className: string, from: JsonObject, convert: ConvertOption): JsonObject {
  const name = asString(from.name, `The name of a ${className} layer`);
  const layer = layerText(className, name);
  const options = supportedLayers[className];
  if (!options) {
    throw new Error(
      `The ${layer} is not supported; supported are ${Object.keys(supportedLayers).join(', ')}.`,
    );
  }
  checkNumberType(from.dtype, className, layer);
  const to: JsonObject = { name };
  if (from.trainable !== undefined) {
    to.trainable = from.trainable;
  }
  for (const [given, value] of Object.entries(from)) {
    const option = options.renamed?.[given] ?? given;
    if (isShared(option, options)) {
      to[option] = convert(option, value, layer);
    } else if (!everyLayersOptions.includes(option)) {
      checkWithoutEffect(option, value, options, layer);
    }
  }
  return to;
}

/** Every layer of Keras may have a penalty on its output. */
function isShared(option: string, { shared, fixed = {} }: LayerOptions): boolean {
  return shared.includes(option) || (option === 'activity_regularizer' && !(option in fixed));
}

/** Options unknown here are let through only where they are switched off. */
function checkWithoutEffect(
  option: string,
  value: Json,
  { fixed = {}, withoutEffect = [] }: LayerOptions,
  layer: string,
): void {
  const expected = fixed[option];
  const single = option === 'axis' && Array.isArray(value) && value.length === 1;
  const given = single ? (value[0] as Json) : value;
  const harmless =
    expected === undefined
      ? value === null || value === false || withoutEffect.includes(option)
      : value === null || isDeepStrictEqual(given, expected);
  if (!harmless) {
    throw new Error(
      `The ${layer} has ${option} = ${shown(value)}, which is not supported` +
        (expected === undefined ? '.' : `; only ${shown(expected)} is.`),
    );
  }
}

/** Keras writes the number type as text, or as a policy with a name in its configuration. */
function checkNumberType(dtype: Json | undefined, className: string, layer: string): void {
  const policy = isObject(dtype) && isObject(dtype.config) ? dtype.config.name : dtype;
  const allowed = className === 'InputLayer' ? ['float32', 'int32'] : ['float32'];
  if (policy !== undefined && policy !== null && !allowed.includes(String(policy))) {
    throw new Error(
      `The ${layer} computes in ${shown(policy)}, which is not supported; ` +
        `only ${allowed.join(' and ')} can be loaded or saved.`,
    );
  }
}

function optionFromKeras(option: string, value: Json, layer: string): Json {
  if (option === 'activation' || option === 'recurrent_activation') {
    return activation(value === 'silu' ? 'swish' : value, layer);
  }
  if (option === 'layer') {
    return innerLayer(value, layer, layerOptionsFromKeras);
  }
  if (option === 'seed') {
    return typeof value === 'number' ? value : null;
  }
  if (option === 'axis' && Array.isArray(value) && value.length === 1) {
    return value[0] as number;
  }
  if (value === null) {
    return null;
  }
  if (option.endsWith('_initializer')) {
    return initializerFromKeras(value, layer);
  }
  if (option.endsWith('_regularizer')) {
    return regularizerFromKeras(value, layer);
  }
  if (option.endsWith('_constraint')) {
    return constraint(value, layer);
  }
  return value;
}

function optionToKeras(option: string, value: Json, layer: string, version: KerasVersion): Json {
  if (option === 'activation' || option === 'recurrent_activation') {
    if (value === 'hard_silu' && version === 2) {
      throw new Error(
        `The ${layer} has the activation hard_silu, which is not supported in .h5: Keras 2 has none. ` +
          'Save the model as .keras.',
      );
    }
    return activation(hardSigmoidToKeras(value, version, layer), layer);
  }
  if (option === 'layer') {
    return innerLayer(value, layer, (className, config) =>
      layerOptionsToKeras(className, config, version),
    );
  }
  if (option === 'mode') {
    return flipToKeras(value, version, layer);
  }
  if (option === 'seed') {
    return seedToKeras(value);
  }
  if (option === 'target_shape' && Array.isArray(value)) {
    return value.map((size) => size ?? -1);
  }
  if (value === null) {
    return null;
  }
  if (option.endsWith('_initializer')) {
    return initializerToKeras(value, layer);
  }
  // tfjs writes L1 and L2 as L1L2, which Keras has too.
  if (option.endsWith('_constraint')) {
    return constraint(value, layer);
  }
  return value;
}

/** The layer in a wrapper. */
function innerLayer(
  value: Json,
  layer: string,
  convert: (className: string, config: JsonObject) => JsonObject,
): Json {
  const { class_name, config } = namedObject(value, `The layer in the ${layer}`);
  // Keras 3 leaves the penalty out there, Keras 2 counts it once too often.
  if (layer.endsWith('(TimeDistributed)') && (config.activity_regularizer ?? null) !== null) {
    throw new Error(
      `The ${layer} has a layer with activity_regularizer, which is not supported; give it to the ` +
        'TimeDistributed itself.',
    );
  }
  return { class_name, config: convert(class_name, config) };
}

/** tfjs writes Glorot, He and LeCun as VarianceScaling, which Keras has too. */
function initializerToKeras(value: Json, layer: string): Json {
  const { class_name, config } = namedObject(value, `An initializer of the ${layer}`);
  if (!initializers.includes(class_name)) {
    throw new Error(`The ${layer} has the initializer ${class_name}, which is not supported.`);
  }
  if (!('seed' in config)) {
    return { class_name, config };
  }
  return { class_name, config: { ...config, seed: seedToKeras(config.seed) } };
}

/** Keras takes no negative seeds and no fractions; the two draw different numbers anyway. */
function seedToKeras(seed: Json | undefined): Json {
  return typeof seed === 'number' && Number.isInteger(seed) && seed >= 0 ? seed : null;
}

function activation(value: Json, layer: string): Json {
  const name = value ?? 'linear';
  if (typeof name !== 'string' || !(activations.includes(name) || isHardSigmoid(name))) {
    throw new Error(
      `The ${layer} has the activation ${shown(value)}, which is not supported; ` +
        `supported are ${activations.join(', ')}.`,
    );
  }
  return name;
}

function initializerFromKeras(value: Json, layer: string): Json {
  const { class_name, config } = namedObject(value, `An initializer of the ${layer}`);
  const name = initializersInTfjs[class_name] ?? class_name;
  if (!initializers.includes(name)) {
    throw new Error(`The ${layer} has the initializer ${class_name}, which is not supported.`);
  }
  // Keras 3 adds the axes of the kernel; given explicitly they are null, which is tfjs's own rule.
  const { input_axes, output_axes, seed, ...rest } = config;
  if ((input_axes ?? output_axes ?? null) !== null) {
    throw new Error(`The ${layer} has an initializer with axes of its own: not supported.`);
  }
  if (seed === undefined) {
    return { class_name: name, config: rest };
  }
  return { class_name: name, config: { ...rest, seed: typeof seed === 'number' ? seed : null } };
}

function regularizerFromKeras(value: Json, layer: string): Json {
  const { class_name, config } = namedObject(value, `A regularizer of the ${layer}`);
  if (!['L1', 'L2', 'L1L2'].includes(class_name)) {
    throw new Error(`The ${layer} has the regularizer ${class_name}, which is not supported.`);
  }
  return { class_name: 'L1L2', config: { l1: config.l1 ?? 0, l2: config.l2 ?? 0 } };
}

function constraint(value: Json, layer: string): Json {
  const { class_name, config } = namedObject(value, `A constraint of the ${layer}`);
  if (!constraints.includes(class_name)) {
    throw new Error(`The ${layer} has the constraint ${class_name}, which is not supported.`);
  }
  return { class_name, config };
}

function namedObject(value: Json, what: string): { class_name: string; config: JsonObject } {
  const object = asObject(value, what);
  return {
    class_name: asString(object.class_name, `${what}: its class_name`),
    config: asObject(object.config, `${what}: its config`),
  };
}
