/**
 * The results of Python Keras (fixtures/keras_fit.json), and the same models with the same weights.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './flowers';

export interface Described {
  shape: number[];
  values: number[];
}

/** The result of one call of Keras's `fit`. */
export interface KerasRun {
  epoch: number[];
  history: Record<string, number[]>;
  weights: Described[];
}

type ArrayName =
  | 'x'
  | 'x2'
  | 'classes'
  | 'binary'
  | 'numbers'
  | 'sequence'
  | 'sequenceTargets'
  | 'sampleWeight'
  | 'stepWeight'
  | 'validationX'
  | 'validationClasses'
  | 'validationWeight';

interface Fixture extends Record<ArrayName, Described> {
  initial: Record<'dense' | 'binary' | 'sequence' | 'two', Described[]>;
  earlyStopping: Record<string, KerasRun>;
  learningRates: Record<string, KerasRun>;
  csv: string;
  weights: Record<string, KerasRun> & { evaluate: Record<string, number> };
  steps: Record<string, KerasRun>;
  names: Record<
    'losses' | 'optimizers' | 'metrics',
    Record<string, KerasRun & { activation: string; y: Described }>
  >;
  several: Record<string, KerasRun> & {
    predicted: Described[];
    evaluate: Record<string, number>;
  };
}

export const keras: Fixture = JSON.parse(
  readFileSync('test/training/fixtures/keras_fit.json', 'utf8'),
);

/** One of Keras's arrays as a new tensor. */
export function data<Rank extends tf.Rank = tf.Rank.R2>(name: ArrayName): tf.Tensor<Rank> {
  return tensor(keras[name]) as tf.Tensor<Rank>;
}

export function tensor({ values, shape }: Described): tf.Tensor {
  return tf.tensor(values, shape, 'float32');
}

export const validation = (): [tf.Tensor, tf.Tensor] => [
  data('validationX'),
  data('validationClasses'),
];

/** As in Keras: rows in their stored order, 8 per step, 4 epochs. */
export const asInKeras = { batchSize: 8, epochs: 4, shuffle: false, verbose: 0 } as const;

/** Keras's classifier: softmax of 3 units, SGD. */
export function classifier(rate = 0.5, options: Partial<tf.ModelCompileArgs> = {}): tf.Sequential {
  const layer = tf.layers.dense({ units: 3, activation: 'softmax', inputShape: [4] });
  const model = tf.sequential({ layers: [layer] });
  return compiled(model, 'dense', rate, {
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
    ...options,
  });
}

/** Keras's binary classifier: one sigmoid. */
export function binaryClassifier(): tf.Sequential {
  const layer = tf.layers.dense({ units: 1, activation: 'sigmoid', inputShape: [4] });
  const model = tf.sequential({ layers: [layer] });
  return compiled(model, 'binary', 0.5, { loss: 'binaryCrossentropy', metrics: ['accuracy'] });
}

/** Keras's model of sequences: a dense layer at each of 5 time steps. */
export function sequenceModel(): tf.Sequential {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [5, 2] })] });
  return compiled(model, 'sequence', 0.5, { loss: 'meanSquaredError' });
}

/** Inputs `left` and `right`; outputs `kind`, a class, and `size`, a number. Not compiled. */
export function twoByTwo(): tf.LayersModel {
  const left = tf.input({ shape: [4], name: 'left' });
  const right = tf.input({ shape: [3], name: 'right' });
  const dense = (units: number, activation: 'tanh' | 'softmax' | 'linear', name: string) =>
    tf.layers.dense({ units, activation, name });
  const hidden = dense(3, 'tanh', 'hidden').apply(left) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([hidden, right]) as tf.SymbolicTensor;
  const kind = dense(3, 'softmax', 'kind').apply(sum) as tf.SymbolicTensor;
  const size = dense(1, 'linear', 'size').apply(hidden) as tf.SymbolicTensor;
  const model = tf.model({ inputs: [left, right], outputs: [kind, size] });
  setWeights(model, keras.initial.two);
  return model;
}

function compiled(
  model: tf.Sequential,
  weights: keyof Fixture['initial'],
  rate: number,
  options: Omit<tf.ModelCompileArgs, 'optimizer'>,
): tf.Sequential {
  setWeights(model, keras.initial[weights]);
  model.compile({ optimizer: tf.train.sgd(rate), ...options });
  return model;
}

export function setWeights(model: tf.LayersModel, weights: Described[]): void {
  tf.tidy(() => model.setWeights(weights.map(tensor)));
}

/** Expects the history, by name, and the weights that Keras has. */
export function assertAsKeras(
  { epoch, history }: training.History,
  model: tf.LayersModel,
  expected: KerasRun | undefined,
): void {
  assert.ok(expected);
  assert.deepEqual(epoch, expected.epoch);
  assertResult(history, model, expected, assertCloseTo);
}

/** Compares the history, by name, and the weights, with a rule for what is close. */
export function assertResult(
  history: training.History['history'],
  model: tf.LayersModel,
  expected: Pick<KerasRun, 'history' | 'weights'>,
  assertAreClose: (actual: number[], expected: number[], what: string) => void,
): void {
  assert.deepEqual(Object.keys(history).sort(), Object.keys(expected.history).sort());
  for (const [name, values] of Object.entries(expected.history)) {
    assertAreClose(history[name] ?? [], values, name);
  }
  assertAreClose(
    model.getWeights().flatMap((weight) => [...weight.dataSync()]),
    expected.weights.flatMap(({ values }) => values),
    'weights',
  );
}

/** As `assertClose`; for large values the difference may be larger. */
function assertCloseTo(actual: number[], expected: number[], what: string): void {
  const scale = Math.max(1, ...expected.map(Math.abs));
  const scaled = (numbers: number[]) => numbers.map((value) => value / scale);
  assertClose(scaled(actual), scaled(expected), what);
}
