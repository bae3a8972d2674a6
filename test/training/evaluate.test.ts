import assert from 'node:assert/strict';
import { test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { classifier, flowers } from './flowers';

test('evaluate gives what tfjs’s own evaluate gives, by name', async () => {
  const { x, y } = flowers(75);
  const model = classifier({ metrics: ['accuracy'] });
  const result = await training.evaluate(model, x, y, { verbose: 0 });
  const reference = model.evaluate(x, y.toFloat()) as tf.Scalar[];
  const [loss, accuracy] = reference.map((value) => value.dataSync()[0] ?? Number.NaN);
  assert.deepEqual(Object.keys(result), ['loss', 'accuracy']);
  assert.ok(Math.abs((result.loss ?? 0) - (loss ?? 1)) < 1e-6);
  assert.ok(Math.abs((result.accuracy ?? 0) - (accuracy ?? 1)) < 1e-6);
});

test('a partial last batch counts by its rows', async () => {
  const { x, y } = flowers(10);
  const model = classifier();
  const whole = await training.evaluate(model, x, y, { verbose: 0, batchSize: 10 });
  const parts = await training.evaluate(model, x, y, { verbose: 0, batchSize: 8 });
  assert.ok(Math.abs((whole.loss ?? 0) - (parts.loss ?? 1)) < 1e-6);
  assert.ok(Math.abs((whole.acc ?? 0) - (parts.acc ?? 1)) < 1e-6);
});

test('predict gives one tensor with the rows in order', async () => {
  const { x } = flowers(70);
  const model = classifier();
  const parts = await training.predict(model, x, { batchSize: 32 });
  const whole = model.predict(x, { batchSize: 70 }) as tf.Tensor;
  assert.deepEqual(parts.shape, [70, 3]);
  assert.ok((tf.max(tf.abs(tf.sub(parts, whole))).dataSync()[0] as number) < 1e-6);
});

test('predict needs no compiled model', async () => {
  const layers = [tf.layers.dense({ units: 2, inputShape: [4] })];
  const prediction = await training.predict(tf.sequential({ layers }), tf.ones([1, 4]));
  assert.deepEqual(prediction.shape, [1, 2]);
});

test('the penalty of a frozen layer’s weights counts, as in Keras 2', async () => {
  const frozen = tf.layers.dense({
    units: 1,
    inputShape: [2],
    useBias: false,
    kernelInitializer: 'ones',
    kernelRegularizer: tf.regularizers.l2({ l2: 0.5 }),
  });
  frozen.trainable = false;
  const model = tf.sequential({
    layers: [frozen, tf.layers.dense({ units: 1, kernelInitializer: 'ones' })],
  });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  for (const compiled of [true, false]) {
    const result = await training.evaluate(model, tf.ones([4, 2]), tf.ones([4, 1]), {
      verbose: 0,
      compiled,
    });
    // (2 - 1)² for the prediction, 0.5 (1² + 1²) for the weights.
    assert.deepEqual(result, { loss: 2 });
  }
});

test('an evaluation before the training changes nothing about it, not even the rounding', async () => {
  const weightsAfter = async (isEvaluated: boolean) => {
    const kernel = tf.initializers.glorotUniform({ seed: 1 });
    // Matrices of this size are split among the cores where they are trained.
    const options = { units: 256, kernelInitializer: kernel };
    const model = tf.sequential({
      layers: [tf.layers.dense({ ...options, inputShape: [256] }), tf.layers.dense(options)],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [x, y] = [tf.randomNormal([640, 256], 0, 1, 'float32', 2), tf.ones([640, 256])];
    if (isEvaluated) {
      await training.evaluate(model, x, y, { verbose: 0, compiled: true });
    }
    await training.fit(model, x, y, { verbose: 0, seed: 0 });
    return model.getWeights().map((weight) => weight.dataSync());
  };
  assert.deepEqual(await weightsAfter(true), await weightsAfter(false));
});
