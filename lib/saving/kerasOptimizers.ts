import * as tf from '../tensorflow';
import { asNumber, asObject, asString, isObject, type Json, type JsonObject, shown } from './json';

/** How one optimiser of Keras is made in tfjs. */
interface OptimizerFormat {
  /** The options that make the tfjs optimiser; every other one has to be off. */
  options: string[];
  create(option: (name: string, ifMissing?: number) => number, config: JsonObject): tf.Optimizer;
}

/** Options of Keras that change nothing as long as the others are off. */
const optionsWithoutEffect = [
  'name',
  'ema_momentum',
  'ema_overwrite_frequency',
  'jit_compile',
  'is_legacy_optimizer',
];

/** Options that Keras 3 takes only as floating-point numbers: 0.0, not 0. */
const floatOptions = [
  'learning_rate',
  'momentum',
  'beta_1',
  'beta_2',
  'epsilon',
  'rho',
  'initial_accumulator_value',
];

/** Whether an option of an optimiser has to be written as a floating-point number. */
export function isFloatOption(option: string): boolean {
  return floatOptions.includes(option);
}

/** tfjs has its epsilon fixed in Adagrad. */
const adagradEpsilon = 1e-7;

const optimizers: Record<string, OptimizerFormat> = {
  SGD: {
    options: ['learning_rate', 'momentum', 'nesterov'],
    create: (option, { nesterov }) => {
      const momentum = option('momentum', 0);
      return momentum === 0
        ? tf.train.sgd(option('learning_rate'))
        : tf.train.momentum(option('learning_rate'), momentum, nesterov === true);
    },
  },
  Adam: {
    options: ['learning_rate', 'beta_1', 'beta_2', 'epsilon'],
    create: (option) =>
      tf.train.adam(
        option('learning_rate'),
        option('beta_1', 0.9),
        option('beta_2', 0.999),
        option('epsilon', 1e-7),
      ),
  },
  Adamax: {
    options: ['learning_rate', 'beta_1', 'beta_2', 'epsilon'],
    create: (option) =>
      tf.train.adamax(
        option('learning_rate'),
        option('beta_1', 0.9),
        option('beta_2', 0.999),
        option('epsilon', 1e-7),
      ),
  },
  RMSprop: {
    options: ['learning_rate', 'rho', 'momentum', 'epsilon', 'centered'],
    create: (option, { centered }) =>
      tf.train.rmsprop(
        option('learning_rate'),
        option('rho', 0.9),
        option('momentum', 0),
        option('epsilon', 1e-7),
        centered === true,
      ),
  },
  Adagrad: {
    options: ['learning_rate', 'initial_accumulator_value', 'epsilon'],
    create: (option) => {
      const epsilon = option('epsilon', adagradEpsilon);
      if (epsilon !== adagradEpsilon) {
        throw new Error(
          `Adagrad with epsilon ${epsilon} is not supported, only ${adagradEpsilon}.`,
        );
      }
      return tf.train.adagrad(option('learning_rate'), option('initial_accumulator_value', 0.1));
    },
  },
  Adadelta: {
    options: ['learning_rate', 'rho', 'epsilon'],
    create: (option) =>
      tf.train.adadelta(option('learning_rate'), option('rho', 0.95), option('epsilon', 1e-7)),
  },
};

/**
 * Makes the optimiser that Keras's `optimizer_config` describes (with another learning rate, if one
 * is given). The caller disposes it.
 * Throws if tfjs has none that does the same.
 */
export function optimizerFromKeras(
  optimizerConfig: Json | undefined,
  learningRate?: number,
): tf.Optimizer {
  const serialized = asObject(optimizerConfig, 'The optimizer configuration');
  // Keras 2.11 to 2.15 put a prefix before the name.
  const className = asString(serialized.class_name, "The optimizer's class_name").replace(
    /^Custom>/,
    '',
  );
  const config = asObject(serialized.config, "The optimizer's config");
  const format = optimizers[className];
  if (!format) {
    throw new Error(
      `The optimizer ${className} is not supported; supported are ${Object.keys(optimizers).join(', ')}.`,
    );
  }
  for (const [name, value] of Object.entries(config)) {
    const isOff = value === null || value === false || value === 0;
    if (!isOff && !format.options.includes(name) && !optionsWithoutEffect.includes(name)) {
      throw new Error(`${className} with ${name} = ${shown(value)} is not supported.`);
    }
  }
  if (isObject(config.learning_rate)) {
    throw new Error(`${className} with a schedule of learning rates is not supported.`);
  }
  const all = learningRate === undefined ? config : { ...config, learning_rate: learningRate };
  const option = (name: string, ifMissing?: number) =>
    asNumber(all[name] ?? ifMissing, `${className}'s ${name}`);
  return format.create(option, config);
}

/** The optimiser's `class_name` and `config` as every Keras from 2 on reads them. */
export function optimizerToKeras(optimizer: tf.Optimizer): JsonObject {
  const { className, options } = kerasOptions(optimizer);
  const { learningRate } = optimizer.getConfig() as { learningRate: number };
  return { class_name: className, config: { learning_rate: learningRate, ...options } };
}

function kerasOptions(optimizer: tf.Optimizer): { className: string; options: JsonObject } {
  const config = optimizer.getConfig() as JsonObject;
  const { beta1 = null, beta2 = null, epsilon = null, momentum = null } = config;
  const className = optimizer.getClassName();
  switch (className) {
    case 'SGD':
      return { className, options: { momentum: 0, nesterov: false } };
    case 'Momentum':
      return { className: 'SGD', options: { momentum, nesterov: config.useNesterov ?? false } };
    case 'Adam':
      return { className, options: { beta_1: beta1, beta_2: beta2, epsilon, amsgrad: false } };
    case 'Adamax':
      if (config.decay) {
        throw new Error(`Keras has no Adamax with decay (here ${config.decay}).`);
      }
      return { className, options: { beta_1: beta1, beta_2: beta2, epsilon } };
    case 'RMSProp': {
      const { decay = null, centered = false } = config;
      return { className: 'RMSprop', options: { rho: decay, momentum, epsilon, centered } };
    }
    case 'Adagrad': {
      const initial_accumulator_value = config.initialAccumulatorValue ?? null;
      return { className, options: { initial_accumulator_value, epsilon: adagradEpsilon } };
    }
    case 'Adadelta':
      return { className, options: { rho: config.rho ?? null, epsilon } };
    default:
      throw new Error(`The optimizer ${className} cannot be saved: Keras has none of that name.`);
  }
}
