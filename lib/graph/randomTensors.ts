/**
 * tfjs's random tensors inside a graph. tfjs draws them in JavaScript, where they would become
 * constants of the graph: the same numbers in every step. During a capture TensorFlow draws them,
 * fresh ones at each run, of the same distributions. A tensor drawn from a seed of the caller's stays
 * a constant: tfjs, too, draws the same numbers at every call.
 */
import core = require('@tensorflow/tfjs-core');

import * as tf from '../tensorflow';
import { DT_FLOAT, DT_INT32, nativeBackend, type OpAttribute } from './native';
import type { Replacements } from './replacements';

type Seed = string | number | undefined;
type NumberType = 'float32' | 'int32' | undefined;

/** The functions of tfjs that draw; its layers, too, find them here. */
interface RandomFunctions {
  randomUniform(
    shape: number[],
    low?: number,
    high?: number,
    dtype?: NumberType,
    seed?: Seed,
  ): tf.Tensor;
  randomUniformInt(shape: number[], low: number, high: number, seed?: Seed): tf.Tensor;
  randomNormal: NormalFunction;
  truncatedNormal: NormalFunction;
  randomStandardNormal(shape: number[], dtype?: NumberType, seed?: Seed): tf.Tensor;
  randomGamma(
    shape: number[],
    alpha: number,
    beta?: number,
    dtype?: NumberType,
    seed?: Seed,
  ): tf.Tensor;
  dropout(x: tf.Tensor, rate: number, noiseShape?: number[], seed?: Seed): tf.Tensor;
  multinomial(logits: tf.Tensor, count: number, seed?: number, normalized?: boolean): tf.Tensor;
}

type NormalFunction = (
  shape: number[],
  mean?: number,
  deviation?: number,
  dtype?: NumberType,
  seed?: Seed,
) => tf.Tensor;

type RandomOp = 'RandomUniform' | 'RandomStandardNormal' | 'TruncatedNormal';

/** Makes tfjs's functions draw in TensorFlow. */
export function useGraphRandomTensors(replacements: Replacements): void {
  const functions = core as unknown as RandomFunctions;
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
}

function isGiven(seed: Seed): boolean {
  return seed !== undefined && seed !== null;
}

/**
 * What dropout makes of a tensor: some of its values times 1 / (1 - rate), the others 0.
 *
 * @param noiseShape each random number stands for all values along the axes of length 1.
 * @param seed makes the sequence of masks repeatable.
 */
export function dropped(
  x: tf.Tensor,
  rate: number,
  noiseShape: number[],
  seed?: number,
): tf.Tensor {
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
    const backend = nativeBackend();
    const { TF_ATTR_TYPE } = backend.binding;
    const attributes = [
      ...seeds(),
      { name: 'S', type: TF_ATTR_TYPE, value: DT_INT32 },
      { name: 'T', type: TF_ATTR_TYPE, value: DT_FLOAT },
    ];
    const numbers = backend.executeSingleOutput('RandomGamma', attributes, inputs);
    return rounded(tf.mul(numbers, beta), dtype);
  });
}

function drawn(logits: tf.Tensor, count: number): tf.Tensor {
  return tf.tidy(() => {
    const rows = logits.rank === 1 ? tf.expandDims(logits, 0) : logits;
    const backend = nativeBackend();
    const { TF_ATTR_TYPE } = backend.binding;
    const attributes = [
      ...seeds(),
      { name: 'T', type: TF_ATTR_TYPE, value: DT_FLOAT },
      { name: 'output_dtype', type: TF_ATTR_TYPE, value: DT_INT32 },
    ];
    const inputs = [rows, tf.scalar(count, 'int32')];
    const numbers = backend.executeSingleOutput('Multinomial', attributes, inputs);
    return logits.rank === 1 ? tf.reshape(numbers, [count]) : numbers;
  });
}

/** tfjs rounds where whole numbers of a distribution are wanted. */
function rounded(numbers: tf.Tensor, dtype: NumberType): tf.Tensor {
  return dtype === 'int32' ? tf.cast(tf.round(numbers), 'int32') : numbers;
}

/** Numbers from 0 to below 1, or normally distributed ones. */
function random(op: RandomOp, shape: number[], seed?: number): tf.Tensor {
  const backend = nativeBackend();
  const { TF_ATTR_TYPE } = backend.binding;
  const attributes = [
    ...seeds(seed),
    { name: 'dtype', type: TF_ATTR_TYPE, value: DT_FLOAT },
    { name: 'T', type: TF_ATTR_TYPE, value: DT_INT32 },
  ];
  return tf.tidy(() => backend.executeSingleOutput(op, attributes, [tf.tensor1d(shape, 'int32')]));
}

/** TensorFlow takes two seeds and picks its own, others for each session, if both are 0. */
function seeds(seed?: number): OpAttribute[] {
  const { TF_ATTR_INT } = nativeBackend().binding;
  return [
    { name: 'seed', type: TF_ATTR_INT, value: seed ?? 0 },
    { name: 'seed2', type: TF_ATTR_INT, value: seed === undefined ? 0 : 1 },
  ];
}
