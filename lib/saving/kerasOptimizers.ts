import { adagradEpsilon } from '../optimizers/algorithms';
import * as optimizers from '../optimizers/index';
import { stepSettingsOf } from '../optimizers/stepSettings';
import type * as tf from '../tensorflow';
import { asNumber, asObject, asString, isObject, type Json, type JsonObject, shown } from './json';
import { camelCase } from './kerasFunctions';

/** How an optimiser of Keras is made here, from its options. */
interface OptimizerFormat {
  /** The options it has beside those that all have; every other one has to be off. */
  options: string[];
  make(options: object): tf.Optimizer;
}

/** Options of Keras that change nothing as long as the others are off. */
const optionsWithoutEffect = [
  'name',
  'ema_momentum',
  'ema_overwrite_frequency',
  'jit_compile',
  'is_legacy_optimizer',
];

/** Options that all optimisers have. */
const commonOptions = ['learning_rate', 'weight_decay', 'clipnorm', 'clipvalue', 'global_clipnorm'];

/** Options that Keras 3 takes only as floating-point numbers: 0.0, not 0. */
const floatOptions = [
  ...commonOptions,
  'momentum',
  'beta_1',
  'beta_2',
  'epsilon',
  'rho',
  'initial_accumulator_value',
  // Of Huber's loss:
  'delta',
  // Of schedules:
  'initial_learning_rate',
  'decay_rate',
  'values',
  'end_learning_rate',
  'power',
  'alpha',
  'warmup_target',
];

/** Whether an option of an optimiser has to be written as a floating-point number. */
export function isFloatOption(option: string): boolean {
  return floatOptions.includes(option);
}

const adamOptions = ['beta_1', 'beta_2', 'epsilon'];

const formats: Record<string, OptimizerFormat> = {
  SGD: { options: ['momentum', 'nesterov'], make: optimizers.sgd },
  Adam: { options: [...adamOptions, 'amsgrad'], make: optimizers.adam },
  AdamW: { options: [...adamOptions, 'amsgrad'], make: optimizers.adamW },
  Nadam: { options: adamOptions, make: optimizers.nadam },
  Adamax: { options: adamOptions, make: optimizers.adamax },
  RMSprop: { options: ['rho', 'momentum', 'epsilon', 'centered'], make: optimizers.rmsprop },
  Adagrad: { options: ['initial_accumulator_value', 'epsilon'], make: optimizers.adagrad },
  Adadelta: { options: ['rho', 'epsilon'], make: optimizers.adadelta },
};

/** Options that are numbers in Keras. */
const numericOptions = floatOptions.filter((option) => option !== 'learning_rate');

/**
 * Makes the optimiser that Keras's `optimizer_config` describes (with another learning rate, if one
 * is given). The caller disposes it.
 * Throws if there is none here that does the same.
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
  const format = formats[className];
  if (!format) {
    throw new Error(
      `The optimizer ${className} is not supported; supported are ${Object.keys(formats).join(', ')}.`,
    );
  }
  const known = [...commonOptions, ...format.options];
  for (const [name, value] of Object.entries(config)) {
    const isOff = value === null || value === false || value === 0;
    if (!isOff && !known.includes(name) && !optionsWithoutEffect.includes(name)) {
      throw new Error(`${className} with ${name} = ${shown(value)} is not supported.`);
    }
  }
  if (className === 'Nadam' && 'jit_compile' in config) {
    console.warn(
      'The optimizer Nadam trains as in Keras 3. In Keras 2, which has written it, a step of training ' +
        'lowers the momentum once for each weight; here once, so that the numbers are slightly other.',
    );
  }
  const given = known.filter((name) => config[name] !== undefined && config[name] !== null);
  const options = given.map((name) => {
    const value = config[name] as Json;
    // Keras 2 writes false or 0 for no clipping and no decay.
    const isNone = !value && commonOptions.includes(name) && name !== 'learning_rate';
    return isNone ? [] : [[camelCase(name), checkedOption(className, name, value)]];
  });
  const rate = isObject(config.learning_rate)
    ? scheduleFromKeras(config.learning_rate, className)
    : learningRate;
  return format.make({
    ...(className === 'AdamW' && { weightDecay: undefined }),
    ...Object.fromEntries(options.flat()),
    ...(rate !== undefined && { learningRate: rate }),
  });
}

function checkedOption(className: string, name: string, value: Json): Json {
  const isNumber = numericOptions.includes(name) || (name === 'learning_rate' && !isObject(value));
  return isNumber ? asNumber(value, `${className}'s ${name}`) : value;
}

const schedules: Record<string, (options: never) => optimizers.LearningRateSchedule> = {
  ExponentialDecay: optimizers.exponentialDecay,
  InverseTimeDecay: optimizers.inverseTimeDecay,
  PiecewiseConstantDecay: optimizers.piecewiseConstantDecay,
  PolynomialDecay: optimizers.polynomialDecay,
  CosineDecay: optimizers.cosineDecay,
  CosineDecayRestarts: optimizers.cosineDecayRestarts,
};

function scheduleFromKeras(
  serialized: JsonObject,
  optimizer: string,
): optimizers.LearningRateSchedule {
  const className = asString(serialized.class_name, "A schedule's class_name");
  const make = schedules[className];
  if (!make) {
    throw new Error(
      `${optimizer} with the schedule ${className} of learning rates is not supported; supported ` +
        `are ${Object.keys(schedules).join(', ')}.`,
    );
  }
  const { name, ...config } = asObject(serialized.config, "A schedule's config");
  const options = Object.entries(config).map(([option, value]) => [camelCase(option), value]);
  return make(Object.fromEntries(options) as never);
}

function scheduleToKeras({ className, options }: optimizers.LearningRateSchedule): JsonObject {
  const entries = Object.entries(options).map(([option, value]) => [optionInKeras(option), value]);
  return {
    module: 'keras.optimizers.schedules',
    class_name: className,
    config: { ...Object.fromEntries(entries), name: className },
    registered_name: null,
  };
}

/** Other than in the names of classes, Keras parts numbers in those of options: `beta_1`. */
function optionInKeras(option: string): string {
  return option.replace(/[A-Z]|\d+/g, (part) => `_${part.toLowerCase()}`);
}

/** The optimiser's `class_name` and `config` as every Keras from 2 on reads them. */
export function optimizerToKeras(optimizer: tf.Optimizer): JsonObject {
  const { schedule, ...settings } = stepSettingsOf(optimizer);
  const { className, options } = kerasOptions(optimizer);
  const { learningRate } = optimizer.getConfig() as { learningRate: number };
  const common = Object.entries(settings).map(([name, value]) => [optionInKeras(name), value]);
  return {
    class_name: className === 'Adam' && settings.weightDecay ? 'AdamW' : className,
    config: {
      learning_rate: schedule ? scheduleToKeras(schedule) : learningRate,
      ...options,
      ...Object.fromEntries(common),
    },
  };
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
    case 'ScheduledSGD':
      return { className: 'SGD', options: { momentum, nesterov: config.nesterov ?? false } };
    case 'Adam':
      return { className, options: { beta_1: beta1, beta_2: beta2, epsilon, amsgrad: false } };
    case 'AmsgradAdam': {
      const options = { beta_1: beta1, beta_2: beta2, epsilon, amsgrad: true };
      return { className: 'Adam', options };
    }
    case 'Nadam':
      return { className, options: { beta_1: beta1, beta_2: beta2, epsilon } };
    case 'Adamax':
      if (config.decay) {
        throw new Error(`Keras has no Adamax with decay (here ${config.decay}).`);
      }
      return { className, options: { beta_1: beta1, beta_2: beta2, epsilon } };
    case 'RMSProp': {
      const { decay = null, centered = false } = config;
      return { className: 'RMSprop', options: { rho: decay, momentum, epsilon, centered } };
    }
    case 'Adagrad':
    case 'EpsilonAdagrad': {
      const initial_accumulator_value = config.initialAccumulatorValue ?? null;
      const options = { initial_accumulator_value, epsilon: epsilon ?? adagradEpsilon };
      return { className: 'Adagrad', options };
    }
    case 'Adadelta':
      return { className, options: { rho: config.rho ?? null, epsilon } };
    default:
      throw new Error(`The optimizer ${className} cannot be saved: Keras has none of that name.`);
  }
}
