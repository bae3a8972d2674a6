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

// As Keras 3.15 on TensorFlow 2.21 gives them.
const gradientsOfKeras: Record<string, [targets: number[], outputs: number[], slopes: number[]]> = {
  // Keras divides by no length below its epsilon, 1e-7.
  cosine_similarity: [
    [3, 4],
    [0, 0],
    [-0.6e7, -0.8e7],
  ],
  mean_absolute_error: [
    [1, 2],
    [1, 0],
    [0, -0.5],
  ],
  mean_absolute_percentage_error: [
    [4, 2],
    [4, 3],
    [0, 25],
  ],
  kl_divergence: [
    [0, 1],
    [1e-5, 1],
    [-0.01, -1],
  ],
  hinge: [
    [-1, 1],
    [-1, 3],
    [0.5, 0],
  ],
  categorical_hinge: [
    [1, 0],
    [1, 0],
    [-1, 0.5],
  ],
};

for (const [name, [targets, outputs, slopes]] of Object.entries(gradientsOfKeras)) {
  for (const compiled of [false, true]) {
    test(`the gradient of ${name} at its edges is that of Keras, compiled: ${compiled}`, async () => {
      const layer = tf.layers.dense({ units: 2, inputShape: [1], kernelInitializer: 'zeros' });
      const model = tf.sequential({ layers: [layer] });
      const optimizer = training.optimizers.sgd({ learningRate: 1 });
      training.compile(model, { optimizer, loss: name });
      model.setWeights([tf.zeros([1, 2]), tf.tensor1d(outputs)]);
      const options = { epochs: 1, verbose: 0, compiled } as const;
      await training.fit(model, tf.zeros([1, 1]), tf.tensor2d([targets]), options);
      const [, bias] = model.getWeights() as [tf.Tensor, tf.Tensor];
      const largest = Math.max(...slopes.map(Math.abs));
      assertClose(tf.sub(outputs, bias).div(largest), tf.div(slopes, largest));
      optimizer.dispose();
      model.dispose();
    });
  }
}

test('a penalty l1 leaves weights at 0, as in Keras', async () => {
  const biasRegularizer = tf.regularizers.l1l2({ l1: 0.1, l2: 0.2 });
  const layer = tf.layers.dense({ units: 2, inputShape: [1], biasRegularizer });
  const model = tf.sequential({ layers: [layer] });
  const optimizer = training.optimizers.sgd({ learningRate: 1 });
  training.compile(model, { optimizer, loss: 'mse' });
  model.setWeights([tf.zeros([1, 2]), tf.tensor1d([0, 2])]);
  const x = tf.zeros([1, 1]);
  await training.fit(model, x, tf.tensor2d([[0, 2]]), { epochs: 1, verbose: 0 });
  assertClose(model.getWeights()[1] as tf.Tensor, [0, 2 - 0.1 - 0.2 * 4]);
  const { loss = 0 } = await training.evaluate(model, x, tf.tensor2d([[0, 1.1]]), { verbose: 0 });
  assert.ok(Math.abs(loss - (0.1 * 1.1 + 0.2 * 1.1 ** 2)) < 1e-6, `${loss}`);
  optimizer.dispose();
  model.dispose();
});
