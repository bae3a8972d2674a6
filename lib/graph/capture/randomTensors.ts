/**
 * tfjs's random tensors inside a graph. tfjs draws them in JavaScript, where they would become
 * constants of the graph: the same numbers in every step. During a capture TensorFlow draws them,
 * fresh ones at each run, of the same distributions. A tensor drawn from a seed of the caller's stays
 * a constant: tfjs, too, draws the same numbers at every call. Only of a Dropout layer does a seed make
 * the sequence of masks repeatable, where eager tfjs draws one and the same mask over and over.
 */
import core = require('@tensorflow/tfjs-core');

import { type Attributes, callOperation, int, type } from '../../native/attributes';
import { DT_FLOAT, DT_INT32 } from '../../native/backend';
import * as tf from '../../tensorflow';
import {
  internals,
  type LayerInternals,
  type NormalFunction,
  type NumberType,
  prototypeOf,
  type Seed,
  unnumbered,
} from '../../tfjsInternals';
import type { Replacements } from './replacements';

type RandomOp = 'RandomUniform' | 'RandomStandardNormal' | 'TruncatedNormal';

/** Makes tfjs's functions draw in TensorFlow. */
export function useGraphRandomTensors(replacements: Replacements): void {
  const functions = internals(core);
  replacements.method(functions, 'randomUniform', (eager) => (shape, low, high, dtype, seed) => {
    return isGiven(seed) ? eager(shape, low, high, dtype, seed) : uniform(shape, low, high, dtype);
  });
  replacements.method(functions, 'randomUniformInt', (eager) => (shape, low, high, seed) => {
    return isGiven(seed) ? eager(shape, low, high, seed) : uniform(shape, low, high, 'int32');
  });
  replacements.method(functions, 'randomNormal', normal('RandomStandardNormal'));
  replacements.method(functions, 'truncatedNormal', normal('TruncatedNormal'));
  replacements.method(functions, 'randomStandardNormal', (eager) => (shape, dtype, seed) => {
    return seed ? eager(shape, dtype, seed) : functions.randomNormal(shape, 0, 1, dtype);
  });
  replacements.method(functions, 'randomGamma', (eager) => (shape, alpha, beta, dtype, seed) => {
    return seed ? eager(shape, alpha, beta, dtype, seed) : gamma(shape, alpha, beta ?? 1, dtype);
  });
  replacements.method(functions, 'dropout', (eager) => (x, rate, noiseShape, seed) => {
    return isGiven(seed) || rate === 0
      ? eager(x, rate, noiseShape, seed)
      : dropped(x, rate, noiseShape ?? x.shape);
  });
  replacements.method(functions, 'multinomial', (eager) => (logits, count, seed, normalized) => {
    // The operation takes a seed of 0 for none; tfjs itself cannot be told 0.
    return seed || normalized ? eager(logits, count, seed, normalized) : drawn(logits, count);
  });
  replacements.method(
    dropoutLayer,
    'call',
    (eager) =>
      function (this: LayerInternals, inputs, options) {
        const { rate, seed } = this;
        const [input] = [inputs].flat();
        if (input === undefined || !options.training || rate <= 0 || rate >= 1) {
          return eager.call(this, inputs, options);
        }
        return dropped(input, rate, this.getNoiseShape(input) ?? input.shape, seed);
      },
  );
}

const dropoutLayer = prototypeOf(tf.layers.dropout({ name: unnumbered, rate: 0.5 }));

function isGiven(seed: Seed): boolean {
  return seed !== undefined && seed !== null;
}

/**
 * What dropout makes of a tensor: some of its values times 1 / (1 - rate), the others 0.
 *
 * @param noiseShape each random number stands for all values along the axes of length 1.
 * @param seed makes the sequence of masks repeatable.
 */
function dropped(x: tf.Tensor, rate: number, noiseShape: number[], seed?: number): tf.Tensor {
  return tf.tidy(() => {
    const keep = 1 - rate;
    const noise = random('RandomUniform', noiseShape, seed);
    return tf.mul(x, tf.div(tf.floor(tf.add(noise, keep)), keep));
  });
}

function uniform(shape: number[], low = 0, high = 1, dtype?: NumberType): tf.Tensor {
  return tf.tidy(() => {
    const numbers = random('RandomUniform', shape);
    const isUnit = low === 0 && high === 1;
    const inRange = isUnit ? numbers : tf.add(tf.mul(numbers, high - low), low);
    // Whole numbers are cut off here, not rounded.
    return dtype === 'int32' ? tf.cast(inRange, 'int32') : inRange;
  });
}

function normal(op: RandomOp): (eager: NormalFunction) => NormalFunction {
  return (eager) =>
    (shape, mean = 0, deviation = 1, dtype, seed) =>
      seed
        ? eager(shape, mean, deviation, dtype, seed)
        : tf.tidy(() => rounded(tf.add(tf.mul(random(op, shape), deviation), mean), dtype));
}

/** @param beta multiplies, whatever the documentation of tfjs says. */
function gamma(shape: number[], alpha: number, beta: number, dtype?: NumberType): tf.Tensor {
  return tf.tidy(() => {
    const inputs = [tf.tensor1d(shape, 'int32'), tf.scalar(alpha)];
    const attributes = { ...seeds(), S: type(DT_INT32), T: type(DT_FLOAT) };
    return rounded(tf.mul(callOperation('RandomGamma', attributes, inputs), beta), dtype);
  });
}

function drawn(logits: tf.Tensor, count: number): tf.Tensor {
  return tf.tidy(() => {
    const rows = logits.rank === 1 ? tf.expandDims(logits, 0) : logits;
    const attributes = { ...seeds(), T: type(DT_FLOAT), output_dtype: type(DT_INT32) };
    const numbers = callOperation('Multinomial', attributes, [rows, tf.scalar(count, 'int32')]);
    return logits.rank === 1 ? tf.reshape(numbers, [count]) : numbers;
  });
}

/** tfjs rounds where whole numbers of a distribution are wanted. */
function rounded(numbers: tf.Tensor, dtype: NumberType): tf.Tensor {
  return dtype === 'int32' ? tf.cast(tf.round(numbers), 'int32') : numbers;
}

/** Numbers from 0 to below 1, or normally distributed ones. */
function random(op: RandomOp, shape: number[], seed?: number): tf.Tensor {
  const attributes = { ...seeds(seed), dtype: type(DT_FLOAT), T: type(DT_INT32) };
  return tf.tidy(() => callOperation(op, attributes, [tf.tensor1d(shape, 'int32')]));
}

/** TensorFlow takes two seeds and picks its own, others for each session, if both are 0. */
function seeds(seed?: number): Attributes {
  return { seed: int(seed ?? 0), seed2: int(seed === undefined ? 0 : 1) };
}
