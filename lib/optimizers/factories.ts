/** Keras's optimisers, with its names and default settings. */
import * as tf from '@tensorflow/tfjs-node';
import { AmsgradAdam, adagradEpsilon, EpsilonAdagrad, Nadam, ScheduledSgd } from './algorithms';
import type { LearningRateSchedule } from './schedules';
import { followSchedule, type StepSettings, setStepSettings } from './stepSettings';

/** Options of every optimiser. */
export interface OptimizerOptions extends StepSettings {
  /** A number, or a schedule of them; 0.001 by default, 0.01 for SGD. */
  learningRate?: number | LearningRateSchedule;
}

/** Options of {@link sgd}. */
export interface SgdOptions extends OptimizerOptions {
  /** 0 by default. */
  momentum?: number;
  /** Nesterov's momentum; false by default. */
  nesterov?: boolean;
}

/** Options of {@link adamax} and {@link nadam}. */
export interface AdamaxOptions extends OptimizerOptions {
  /** How much of the first moment is kept; 0.9 by default. */
  beta1?: number;
  /** How much of the second moment is kept; 0.999 by default. */
  beta2?: number;
  /** Against a division by 0; 1e-7 by default. */
  epsilon?: number;
}

/** Options of {@link adam} and {@link adamW}. */
export interface AdamOptions extends AdamaxOptions {
  /** Whether to divide by the largest second moment so far; false by default. */
  amsgrad?: boolean;
}

/** Options of {@link rmsprop}. */
export interface RmspropOptions extends OptimizerOptions {
  /** How much of the mean square is kept; 0.9 by default. */
  rho?: number;
  /** 0 by default. */
  momentum?: number;
  /** Against a division by 0; 1e-7 by default. */
  epsilon?: number;
  /** Whether the mean gradient is subtracted; false by default. */
  centered?: boolean;
}

/** Options of {@link adagrad}. */
export interface AdagradOptions extends OptimizerOptions {
  /** What the sums of squares start from; 0.1 by default. */
  initialAccumulatorValue?: number;
  /** Against a division by 0; 1e-7 by default. */
  epsilon?: number;
}

/** Options of {@link adadelta}. */
export interface AdadeltaOptions extends OptimizerOptions {
  /** How much of the mean squares is kept; 0.95 by default. */
  rho?: number;
  /** Against a division by 0; 1e-7 by default. */
  epsilon?: number;
}

/**
 * Stochastic gradient descent. Follows https://keras.io/api/optimizers/sgd/.
 *
 * @param options learning rate, momentum.
 * @throws RangeError for a number out of range.
 */
export function sgd(options: SgdOptions = {}): tf.Optimizer {
  const { momentum = 0, nesterov = false } = options;
  return made({ learningRate: 0.01, ...options }, (rate, isScheduled) => {
    if (isScheduled) {
      return new ScheduledSgd(rate, { momentum, nesterov });
    }
    return momentum === 0 ? tf.train.sgd(rate) : tf.train.momentum(rate, momentum, nesterov);
  });
}

/**
 * Adam. Follows https://keras.io/api/optimizers/adam/.
 *
 * @param options learning rate, how much of the moments is kept.
 * @throws RangeError for a number out of range.
 */
export function adam(options: AdamOptions = {}): tf.Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7, amsgrad = false } = options;
  return made(options, (rate) =>
    amsgrad
      ? new AmsgradAdam(rate, { beta1, beta2, epsilon })
      : tf.train.adam(rate, beta1, beta2, epsilon),
  );
}

/**
 * Adam with weight decay, 0.004 by default. Follows https://keras.io/api/optimizers/adamw/.
 *
 * @param options learning rate, weight decay, how much of the moments is kept.
 * @throws RangeError for a number out of range.
 *
 * @example
 * training.compile(model, { optimizer: training.optimizers.adamW({ clipnorm: 1 }), loss: 'mse' });
 */
export function adamW(options: AdamOptions = {}): tf.Optimizer {
  return adam({ weightDecay: 0.004, ...options });
}

/**
 * Adam with Nesterov's momentum. Follows https://keras.io/api/optimizers/Nadam/.
 *
 * @param options learning rate, how much of the moments is kept.
 * @throws RangeError for a number out of range.
 */
export function nadam(options: AdamaxOptions = {}): tf.Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  return made(options, (rate) => new Nadam(rate, { beta1, beta2, epsilon }));
}

/**
 * Adam by the largest gradient. Follows https://keras.io/api/optimizers/adamax/.
 *
 * @param options learning rate, how much of the moments is kept.
 * @throws RangeError for a number out of range.
 */
export function adamax(options: AdamaxOptions = {}): tf.Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-7 } = options;
  return made(options, (rate) => tf.train.adamax(rate, beta1, beta2, epsilon));
}

/**
 * RMSprop. Follows https://keras.io/api/optimizers/rmsprop/.
 *
 * @param options learning rate, how much of the mean square is kept, momentum.
 * @throws RangeError for a number out of range.
 */
export function rmsprop(options: RmspropOptions = {}): tf.Optimizer {
  const { rho = 0.9, momentum = 0, epsilon = 1e-7, centered = false } = options;
  return made(options, (rate) => tf.train.rmsprop(rate, rho, momentum, epsilon, centered));
}

/**
 * Adagrad. Follows https://keras.io/api/optimizers/adagrad/.
 *
 * @param options learning rate, what the sums start from.
 * @throws RangeError for a number out of range.
 */
export function adagrad(options: AdagradOptions = {}): tf.Optimizer {
  const { initialAccumulatorValue = 0.1, epsilon = adagradEpsilon } = options;
  return made(options, (rate) =>
    epsilon === adagradEpsilon && initialAccumulatorValue > 0
      ? tf.train.adagrad(rate, initialAccumulatorValue)
      : new EpsilonAdagrad(rate, { initialAccumulatorValue, epsilon }),
  );
}

/**
 * Adadelta. Follows https://keras.io/api/optimizers/adadelta/.
 *
 * @param options learning rate, how much of the mean squares is kept.
 * @throws RangeError for a number out of range.
 */
export function adadelta(options: AdadeltaOptions = {}): tf.Optimizer {
  const { rho = 0.95, epsilon = 1e-7 } = options;
  return made(options, (rate) => tf.train.adadelta(rate, rho, epsilon));
}

function made(
  options: OptimizerOptions,
  make: (rate: number, isScheduled: boolean) => tf.Optimizer,
): tf.Optimizer {
  const { learningRate = 0.001, weightDecay, clipnorm, clipvalue, globalClipnorm } = options;
  const isScheduled = typeof learningRate !== 'number';
  const optimizer = make(isScheduled ? learningRate.at(0) : learningRate, isScheduled);
  setStepSettings(optimizer, { weightDecay, clipnorm, clipvalue, globalClipnorm });
  if (isScheduled) {
    followSchedule(optimizer, learningRate);
  }
  return optimizer;
}
