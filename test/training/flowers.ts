/** A small made-up data set, in the manner of the iris flowers, and a small model for it. */
import assert from 'node:assert/strict';
import { mock } from 'node:test';
import seedrandom from 'seedrandom';
import * as tf from '../../lib/tensorflow';

export const classes = 3;

/** Four measurements per flower, around a centre for each of three kinds; `y` is the kind. */
export function flowers(rows: number): { x: tf.Tensor2D; y: tf.Tensor1D } {
  const random = seedrandom('flowers');
  const kinds = Array.from({ length: rows }, () => Math.floor(random() * classes));
  const x = kinds.map((kind) => [0, 1, 2, 3].map((axis) => (axis === kind ? 1 : 0) + random()));
  return { x: tf.tensor2d(x), y: tf.tensor1d(kinds, 'int32') };
}

/** A classifier for `flowers` with the same weights each time, compiled. */
export function classifier(options: Partial<tf.ModelCompileArgs> = {}): tf.Sequential {
  const kernel = (seed: number) => tf.initializers.glorotUniform({ seed });
  const model = tf.sequential({
    name: 'classifier',
    layers: [
      tf.layers.dense({
        units: 8,
        activation: 'relu',
        inputShape: [4],
        kernelInitializer: kernel(1),
      }),
      tf.layers.dense({ units: classes, activation: 'softmax', kernelInitializer: kernel(2) }),
    ],
  });
  model.compile({
    optimizer: 'adam',
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['acc'],
    ...options,
  });
  return model;
}

export function weightValues(model: tf.LayersModel): number[][] {
  return model.getWeights().map((weight) => Array.from(weight.dataSync()));
}

/** Collects what `console.log` prints, instead of printing it. */
export function captureLog(): string[] {
  const lines: string[] = [];
  mock.method(console, 'log', (line: string) => lines.push(line));
  return lines;
}

/** TensorFlow's own threads make two equal runs differ in the last digits. */
export function assertClose(actual: Numbers, expected: Numbers, what = 'the values'): void {
  const difference = largestDifference(actual, expected);
  assert.ok(difference < 1e-5, `${what} differ by up to ${difference}`);
}

export function assertDifferent(actual: Numbers, expected: Numbers): void {
  const difference = largestDifference(actual, expected);
  assert.ok(difference > 1e-4, `the values differ by no more than ${difference}`);
}

type Numbers = number[] | undefined;

function largestDifference(one: Numbers, other: Numbers): number {
  assert.ok(one && other && one.length === other.length);
  return Math.max(...one.map((value, index) => Math.abs(value - (other[index] ?? Number.NaN))));
}
