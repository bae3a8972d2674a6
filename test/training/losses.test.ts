import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { sparseCategoricalCrossentropy } from '../../lib/training/lossFunctions/crossentropy';

/** The results of Keras on TensorFlow; see fixtures/keras_crossentropy.py. */
const keras: {
  beforeSigmoid: number[][];
  labels: number[];
  loss: number[];
  gradient: number[][];
  trained: Record<string, { loss: number; accuracy: number; kernel: number[][]; bias: number[] }>;
} = JSON.parse(readFileSync('test/training/fixtures/keras_crossentropy.json', 'utf8'));

function assertClose(
  actual: tf.Tensor,
  expected: tf.Tensor | tf.TensorLike,
  tolerance = 1e-5,
): void {
  const difference = tf.tidy(() => actual.sub(expected).abs().max().dataSync()[0] ?? Number.NaN);
  assert.ok(difference < tolerance, `differs by ${difference}`);
}

test('outputs alone: loss and gradient are those of Keras', () => {
  const x = tf.tensor2d(keras.beforeSigmoid);
  const labels = tf.tensor1d(keras.labels);
  const loss = (inputs: tf.Tensor) => sparseCategoricalCrossentropy(labels, inputs.sigmoid());
  assertClose(loss(x), keras.loss);
  assertClose(tf.grad(loss)(x), keras.gradient);
});

function identityModel(activation: 'sigmoid' | 'softmax' | 'relu', loss: string): tf.Sequential {
  const kernelInitializer = tf.initializers.identity({});
  const model = tf.sequential({
    layers: [tf.layers.dense({ units: 4, inputShape: [4], activation, kernelInitializer })],
  });
  model.compile({ optimizer: tf.train.sgd(0.9), loss, metrics: ['accuracy'] });
  return model;
}

for (const activation of ['sigmoid', 'softmax', 'relu'] as const) {
  for (const compiled of [false, true]) {
    test(`a step of training with ${activation} is that of Keras, compiled: ${compiled}`, async () => {
      const expected = keras.trained[activation];
      assert.ok(expected);
      const model = identityModel(activation, 'sparseCategoricalCrossentropy');
      const x = tf.tensor2d(keras.beforeSigmoid);
      const y = tf.tensor1d(keras.labels, 'int32');
      const tensors = tf.memory().numTensors;
      const before = await training.evaluate(model, x, y, { verbose: 0, compiled });
      const options = { batchSize: 6, verbose: 0, shuffle: false, compiled } as const;
      const { history } = await training.fit(model, x, y, options);
      assert.equal(tf.memory().numTensors, tensors);
      assert.ok(Math.abs((before.loss ?? 0) - expected.loss) < 1e-5, `${before.loss}`);
      assert.ok(Math.abs((history.loss?.[0] ?? 0) - expected.loss) < 1e-5, `${history.loss}`);
      assert.equal(Math.fround(history.accuracy?.[0] ?? 0), expected.accuracy);
      const [kernel, bias] = model.getWeights() as [tf.Tensor, tf.Tensor];
      assertClose(kernel, expected.kernel);
      assertClose(bias, expected.bias);
    });
  }
}

for (const compiled of [false, true]) {
  test(`one-hot labels give what class numbers give, compiled: ${compiled}`, async () => {
    const x = tf.tensor2d(keras.beforeSigmoid);
    const labels = tf.tensor1d(keras.labels, 'int32');
    const model = identityModel('sigmoid', 'categoricalCrossentropy');
    const options = { batchSize: 6, verbose: 0, compiled } as const;
    const { history } = await training.fit(model, x, tf.oneHot(labels, 4), options);
    assertClose(tf.scalar(history.loss?.[0] ?? 0), keras.trained.sigmoid?.loss ?? 0);
    assertClose(model.getWeights()[0] as tf.Tensor, keras.trained.sigmoid?.kernel ?? []);
  });
}

test('on a backend without the kernel the loss is the same', async () => {
  try {
    await tf.setBackend('cpu');
    const x = tf.tensor2d(keras.beforeSigmoid);
    const labels = tf.tensor1d(keras.labels);
    assertClose(sparseCategoricalCrossentropy(labels, x.sigmoid()), keras.loss);
  } finally {
    await tf.setBackend('tensorflow');
  }
});

test('a model called outside fit leaves no tensors behind, and keeps its activation', async () => {
  const x = tf.tensor2d(keras.beforeSigmoid);
  const model = identityModel('sigmoid', 'sparseCategoricalCrossentropy');
  await training.evaluate(model, x, tf.tensor1d(keras.labels, 'int32'), { verbose: 0 });
  const tensors = tf.memory().numTensors;
  const outputs = model.layers[0]?.apply(x) as tf.Tensor;
  assert.equal(tf.memory().numTensors, tensors + 1);
  assertClose(outputs, x.sigmoid());
  assertClose(model.predict(x) as tf.Tensor, x.sigmoid());
  assert.equal(model.layers[0]?.getConfig().activation, 'sigmoid');
});
