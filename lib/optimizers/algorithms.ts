/** Optimisers of Keras that tfjs lacks, or has without an option. */
import * as tf from '@tensorflow/tfjs-node';
import { SlotOptimizer } from './slotOptimizer';

type Scalars = Readonly<Record<string, tf.Scalar>>;

/** Moves an average towards a value. */
function average(variable: tf.Variable, value: tf.Tensor, kept: number): tf.Tensor {
  const moved = tf.add(variable, tf.mul(tf.sub(value, variable), 1 - kept));
  variable.assign(moved);
  return moved;
}

/** Settings of Adam and its kin. */
export interface AdamSettings {
  beta1: number;
  beta2: number;
  epsilon: number;
}

/**
 * Adam that divides by the largest second moment so far (Reddi et al., 2018).
 *
 * Follows https://keras.io/api/optimizers/adam/ with `amsgrad`.
 */
export class AmsgradAdam extends SlotOptimizer<AdamSettings> {
  static readonly className = 'AmsgradAdam';
  readonly slotNames = ['momentum', 'velocity', 'velocity_hat'];

  scalars() {
    const { beta1, beta2 } = this.settings;
    const steps = this.iterations + 1;
    return {
      rate: (this.learningRate * Math.sqrt(1 - beta2 ** steps)) / (1 - beta1 ** steps),
    };
  }

  step(weight: tf.Variable, gradient: tf.Tensor, slots: tf.Variable[], { rate }: Scalars): void {
    const [momentum, velocity, largest] = slots as [tf.Variable, tf.Variable, tf.Variable];
    const { beta1, beta2, epsilon } = this.settings;
    const mean = average(momentum, gradient, beta1);
    const square = average(velocity, tf.square(gradient), beta2);
    const maximum = tf.maximum(largest, square);
    largest.assign(maximum);
    const update = tf.div(tf.mul(mean, rate as tf.Scalar), tf.add(tf.sqrt(maximum), epsilon));
    weight.assign(tf.sub(weight, update));
  }
}

/** The momentum of Nadam's step, counted from 1. */
function nadamMomentum(beta1: number, step: number): number {
  return beta1 * (1 - 0.5 * 0.96 ** step);
}

/** The product of the momentums up to a step. It falls quickly; what is left out is below 1e-40. */
function nadamProduct(beta1: number, step: number): number {
  let product = 1;
  for (let one = 1; one <= step && product > 1e-40; one++) {
    product *= nadamMomentum(beta1, one);
  }
  return product;
}

/**
 * Adam with Nesterov's momentum (Dozat, 2015).
 *
 * Follows https://keras.io/api/optimizers/Nadam/.
 */
export class Nadam extends SlotOptimizer<AdamSettings> {
  static readonly className = 'Nadam';
  readonly slotNames = ['momentum', 'velocity'];

  /** The product of the momentums of all steps made, which Keras keeps in a variable. */
  momentumProduct(): number {
    return nadamProduct(this.settings.beta1, this.iterations);
  }

  scalars() {
    const { beta1, beta2 } = this.settings;
    const step = this.iterations + 1;
    const [now, next] = [nadamMomentum(beta1, step), nadamMomentum(beta1, step + 1)];
    const product = nadamProduct(beta1, step);
    return {
      ofMomentum: (this.learningRate * next) / (1 - product * next),
      ofGradient: (this.learningRate * (1 - now)) / (1 - product),
      ofVelocity: 1 / (1 - beta2 ** step),
    };
  }

  step(weight: tf.Variable, gradient: tf.Tensor, slots: tf.Variable[], scalars: Scalars): void {
    const [momentum, velocity] = slots as [tf.Variable, tf.Variable];
    const { ofMomentum, ofGradient, ofVelocity } = scalars as Record<
      'ofMomentum' | 'ofGradient' | 'ofVelocity',
      tf.Scalar
    >;
    const { beta1, beta2, epsilon } = this.settings;
    const mean = tf.mul(average(momentum, gradient, beta1), ofMomentum);
    const square = tf.mul(average(velocity, tf.square(gradient), beta2), ofVelocity);
    const direction = tf.add(mean, tf.mul(gradient, ofGradient));
    weight.assign(tf.sub(weight, tf.div(direction, tf.add(tf.sqrt(square), epsilon))));
  }
}

/** `instanceof` does not tell: to tfjs every optimiser is an instance of every other's class. */
export function isNadam(optimizer: tf.Optimizer): optimizer is Nadam {
  return optimizer.getClassName() === Nadam.className;
}

/** Settings of {@link ScheduledSgd}. */
export interface SgdSettings {
  momentum: number;
  nesterov: boolean;
}

/**
 * SGD whose learning rate can change with each step. tfjs keeps the rate in a tensor, and its momentum
 * in gradients, which would have to be rescaled each time; here it is in steps, as in Keras.
 *
 * Follows https://keras.io/api/optimizers/sgd/.
 */
export class ScheduledSgd extends SlotOptimizer<SgdSettings> {
  static readonly className = 'ScheduledSGD';
  readonly slotNames = this.settings.momentum === 0 ? [] : ['momentum'];

  scalars() {
    return { rate: this.learningRate };
  }

  step(weight: tf.Variable, gradient: tf.Tensor, slots: tf.Variable[], { rate }: Scalars): void {
    const [sum] = slots;
    const { momentum, nesterov } = this.settings;
    const plain = tf.neg(tf.mul(gradient, rate as tf.Scalar));
    if (!sum) {
      weight.assign(tf.add(weight, plain));
      return;
    }
    const whole = tf.add(tf.mul(sum, momentum), plain);
    sum.assign(whole);
    weight.assign(tf.add(weight, nesterov ? tf.add(plain, tf.mul(whole, momentum)) : whole));
  }
}

/** Settings of {@link EpsilonAdagrad}. */
export interface AdagradSettings {
  initialAccumulatorValue: number;
  epsilon: number;
}

/** tfjs has its epsilon fixed in Adagrad. */
export const adagradEpsilon = 1e-7;

/**
 * Adagrad with any epsilon; tfjs has 1e-7 built in.
 *
 * Follows https://keras.io/api/optimizers/adagrad/.
 */
export class EpsilonAdagrad extends SlotOptimizer<AdagradSettings> {
  static readonly className = 'EpsilonAdagrad';
  readonly slotNames = ['accumulator'];
  override readonly initialValue = this.settings.initialAccumulatorValue;

  scalars() {
    return { rate: this.learningRate };
  }

  step(weight: tf.Variable, gradient: tf.Tensor, slots: tf.Variable[], { rate }: Scalars): void {
    const [accumulator] = slots as [tf.Variable];
    const sum = tf.add(accumulator, tf.square(gradient));
    accumulator.assign(sum);
    const update = tf.div(
      tf.mul(gradient, rate as tf.Scalar),
      tf.sqrt(tf.add(sum, this.settings.epsilon)),
    );
    weight.assign(tf.sub(weight, update));
  }
}
