/**
 * Compiled layers, losses and optimisers give the figures of Python Keras. The figures were made
 * once by fixtures/make_keras_fixtures.py. More optimisers are in test/training/likeKeras.test.ts.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { graph } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './lockstep';

interface Figures {
  shape: number[];
  values: number[];
}
interface LayerCase {
  training: boolean;
  input: Figures;
  weights: Figures[];
  output: Figures;
  coefficients: Figures;
  inputGradient: Figures;
  weightGradients: Figures[];
  weightsAfter: Figures[];
}
interface TrainingCase {
  units: number;
  activation: 'linear' | 'sigmoid' | 'softmax';
  x: Figures;
  y: Figures;
  weights: Figures[];
  losses: number[];
  weightsAfter: Figures[][];
}

// Compiled tests run in build/test/graph; the figures stay with the sources.
const file = join(__dirname, '../../../test/graph/fixtures/keras.json');
const fixtures: {
  layers: Record<string, LayerCase>;
  losses: Record<string, TrainingCase>;
  regularizers: Record<string, TrainingCase>;
  optimizers: Record<string, TrainingCase>;
} = JSON.parse(readFileSync(file, 'utf8'));

describe("Keras's figures for layers", () => {
  const dense = (activation: Parameters<typeof tf.layers.dense>[0]['activation']) => () =>
    tf.layers.dense({ units: 3, ...(activation && { activation }) });
  const layers: Record<string, () => tf.layers.Layer> = {
    'dense linear': dense('linear'),
    'dense relu': dense('relu'),
    'dense sigmoid': dense('sigmoid'),
    'dense tanh': dense('tanh'),
    'dense softmax': dense('softmax'),
    'dense elu': dense('elu'),
    'conv2d valid': () => tf.layers.conv2d({ filters: 3, kernelSize: 3 }),
    'conv2d same relu': () =>
      tf.layers.conv2d({ filters: 3, kernelSize: 3, padding: 'same', activation: 'relu' }),
    'conv2d strides 2': () => tf.layers.conv2d({ filters: 2, kernelSize: 3, strides: 2 }),
    maxPooling2d: () => tf.layers.maxPooling2d({ poolSize: 2 }),
    averagePooling2d: () => tf.layers.averagePooling2d({ poolSize: 2 }),
    'averagePooling2d same': () => tf.layers.averagePooling2d({ poolSize: 2, padding: 'same' }),
    flatten: () => tf.layers.flatten(),
    reshape: () => tf.layers.reshape({ targetShape: [2, 6] }),
    'activation tanh': () => tf.layers.activation({ activation: 'tanh' }),
    batchNormalization: () => tf.layers.batchNormalization({}),
    'batchNormalization of images': () => tf.layers.batchNormalization({}),
    'batchNormalization inference': () => tf.layers.batchNormalization({}),
  };
  assert.deepEqual(Object.keys(layers), Object.keys(fixtures.layers));

  for (const [name, makeLayer] of Object.entries(layers)) {
    it(name, () => {
      const expected = fixtures.layers[name] as LayerCase;
      const layer = makeLayer();
      layer.build(expected.input.shape);
      layer.setWeights(expected.weights.map(tensor));
      const input = tf.variable(tensor(expected.input));
      const weights = layer.trainableWeights.map((weight) => weight.read() as tf.Variable);
      const coefficients = tensor(expected.coefficients);
      const step = graph.compile(() => {
        let output: tf.Tensor | undefined;
        const { grads } = tf.variableGrads(() => {
          output = tf.keep(layer.apply(input, { training: expected.training }) as tf.Tensor);
          return tf.sum(tf.mul(output, coefficients)).asScalar();
        }, [input, ...weights]);
        return [output as tf.Tensor, ...[input, ...weights].map((v) => grads[v.name] as tf.Tensor)];
      });
      const [output, inputGradient, ...weightGradients] = step() as [tf.Tensor, tf.Tensor];
      assertFigures(output, expected.output, 'output');
      assertFigures(inputGradient, expected.inputGradient, "input's gradient");
      assert.equal(weightGradients.length, expected.weightGradients.length);
      weightGradients.forEach((gradient, index) => {
        assertFigures(gradient, expected.weightGradients[index], `gradient ${index}`);
      });
      layer.getWeights().forEach((weight, index) => {
        assertFigures(weight, expected.weightsAfter[index], `weight ${index} afterwards`);
      });
      step.dispose();
    });
  }
});

describe("Keras's figures for losses", () => {
  for (const [loss, expected] of Object.entries(fixtures.losses)) {
    it(loss, () => assertTraining(expected, tf.train.sgd(1), loss));
  }
});

describe("Keras's figures for regularisers", () => {
  const regularizers = { l2: tf.regularizers.l2({ l2: 0.1 }), l1: tf.regularizers.l1({ l1: 0.1 }) };
  for (const [name, regularizer] of Object.entries(regularizers)) {
    it(name, () => {
      const expected = fixtures.regularizers[name] as TrainingCase;
      assertTraining(expected, tf.train.sgd(1), 'meanSquaredError', regularizer);
    });
  }
});

describe("Keras's figures for optimisers", () => {
  const optimizers: Record<string, () => tf.Optimizer> = {
    sgd: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.1, 0.9),
    nesterov: () => tf.train.momentum(0.1, 0.9, true),
    adam: () => tf.train.adam(0.1),
    adamax: () => tf.train.adamax(0.1),
    rmsprop: () => tf.train.rmsprop(0.1, 0.9),
    'rmsprop with momentum': () => tf.train.rmsprop(0.1, 0.9, 0.5),
    adagrad: () => tf.train.adagrad(0.1, 0.1),
  };
  assert.deepEqual(Object.keys(optimizers), Object.keys(fixtures.optimizers));
  for (const [name, makeOptimizer] of Object.entries(optimizers)) {
    it(name, () => {
      assertTraining(
        fixtures.optimizers[name] as TrainingCase,
        makeOptimizer(),
        'meanSquaredError',
      );
    });
  }
});

/** Trains one dense layer as Keras did. */
function assertTraining(
  expected: TrainingCase,
  optimizer: tf.Optimizer,
  loss: string,
  kernelRegularizer?: ReturnType<typeof tf.regularizers.l2>,
): void {
  const { units, activation } = expected;
  const model = tf.sequential({
    layers: [
      tf.layers.dense({
        inputShape: [4],
        units,
        activation,
        ...(kernelRegularizer && { kernelRegularizer }),
      }),
    ],
  });
  model.compile({ optimizer, loss });
  model.setWeights(expected.weights.map(tensor));
  const runner = graph.compileModel(model, { immediately: true });
  expected.losses.forEach((expectedLoss, step) => {
    const actual = runner.trainOnBatch([tensor(expected.x)], [tensor(expected.y)]);
    assertClose(actual, [expectedLoss], `loss of step ${step}`);
    model.getWeights().forEach((weight, index) => {
      const figures = expected.weightsAfter[step]?.[index];
      assertFigures(weight, figures, `weight ${index} after step ${step}`);
    });
  });
  model.dispose();
}

function tensor({ values, shape }: Figures): tf.Tensor {
  return tf.tensor(values, shape, 'float32');
}

function assertFigures(actual: tf.Tensor, expected: Figures | undefined, what: string): void {
  assert(expected, `${what}: Keras has no such figures`);
  assert.deepEqual(actual.shape, expected.shape, what);
  actual.dataSync().forEach((value, index) => {
    const other = expected.values[index] as number;
    assert(Math.abs(value - other) < 1e-5, `${what}: ${value} where Keras has ${other}`);
  });
}
