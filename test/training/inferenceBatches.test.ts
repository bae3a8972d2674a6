import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { models, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import type { ModelInternals } from '../../lib/tfjsInternals';
import { innerModel } from '../../lib/training/compiledModel';
import {
  evaluationBatchSize,
  inferenceOptions,
  predictionBatchSize,
} from '../../lib/training/inferenceBatches';

function compiled(metrics: unknown[] = ['accuracy']): {
  model: tf.LayersModel;
  inner: ModelInternals;
} {
  const model = models.mlp({ seed: 2 });
  const loss = 'sparseCategoricalCrossentropy';
  model.compile({ optimizer: 'sgd', loss, metrics: metrics as string[] });
  return { model, inner: innerModel(model) };
}

test('batches of predict and evaluate: the answers of batches of 32', async () => {
  const rows = 1030;
  const { model } = compiled();
  const x = tf.randomUniform([rows, 28, 28], 0, 1, 'float32', 1);
  const y = tf.tensor1d(
    Array.from({ length: rows }, (_, row) => row % 10),
    'int32',
  );
  const before = tf.memory().numTensors;
  for (let call = 0; call < 2; call++) {
    const own = await training.predict(model, x);
    const named = await training.predict(model, x, { batchSize: 32 });
    assert.ok((tf.tidy(() => tf.max(tf.abs(tf.sub(own, named))).dataSync()[0]) as number) < 1e-6);
    tf.dispose([own, named]);
    const ownResult = await training.evaluate(model, x, y, { verbose: 0 });
    const result = await training.evaluate(model, x, y, { verbose: 0, batchSize: 32 });
    assert.ok(Math.abs((ownResult.loss as number) - (result.loss as number)) < 1e-5);
    assert.ok(Math.abs((ownResult.accuracy as number) - (result.accuracy as number)) < 1e-6);
  }
  assert.equal(tf.memory().numTensors, before);
  tf.dispose([x, y]);
  model.dispose();
});

test('batches of evaluate: the accuracy is the share of right answers, to the last digit', async () => {
  const { model } = compiled();
  for (const rows of [100, 2000]) {
    const x = tf.randomUniform([rows, 28, 28], 0, 1, 'float32', 3);
    const y = tf.randomUniform([rows], 0, 10, 'int32', 4);
    const output = await training.predict(model, x);
    const [right] = tf.tidy(() => tf.sum(tf.equal(tf.argMax(output, -1), y)).dataSync());
    for (const batchSize of [undefined, 96, 41, 13]) {
      const options = batchSize === undefined ? {} : { batchSize };
      const { accuracy } = await training.evaluate(model, x, y, { verbose: 0, ...options });
      assert.equal(accuracy, (right as number) / rows);
    }
    tf.dispose([x, y, output]);
  }
  model.dispose();
});

test('batches of predict and evaluate: larger ones that leave the least rest, within the caches', () => {
  const { inner } = compiled();
  assert.equal(predictionBatchSize(inner, 10_000), 2500);
  assert.equal(predictionBatchSize(inner, 5003), 2501, 'a prime number: a rest of 1');
  assert.equal(predictionBatchSize(inner, 20), 32, 'few rows');
  assert.equal(evaluationBatchSize(inner, 10_000), 2500);
  assert.equal(evaluationBatchSize(inner, 340), 340, 'all rows');
  const cnn = innerModel(models.cnn({ seed: 1 }));
  assert.equal(predictionBatchSize(cnn, 10_000), 125);
  const lstm = tf.sequential({
    layers: [tf.layers.lstm({ units: 128, inputShape: [28, 28], kernelInitializer: 'zeros' })],
  });
  assert.equal(predictionBatchSize(innerModel(lstm), 10_000), 250, 'its gates');
  const ofDepth = (depth: number) => {
    const first = tf.layers.inputLayer({ inputShape: [64, 64, 16] });
    return tf.sequential({
      layers: [first, ...Array.from({ length: depth }, () => tf.layers.reLU())],
    });
  };
  for (const depth of [1, 30]) {
    assert.equal(predictionBatchSize(innerModel(ofDepth(depth)), 6400), 64, 'whatever the depth');
  }
});

test('batches of predict: as many rows as are asked for, for each core, within the caches', () => {
  const { inner } = compiled();
  const cores = availableParallelism();
  assert.equal(predictionBatchSize(inner, 10_000, 7), 7 * cores);
  assert.equal(predictionBatchSize(inner, 10_000, 2000), Math.min(2000 * cores, 2560));
  assert.equal(predictionBatchSize(inner, 10_000, 5000), 5000, 'more than the caches hold');
  assert.equal(predictionBatchSize(inner, 100, 100), 100, 'all rows');
});

test('batches of predict and evaluate: 32 where rows may depend on one another', () => {
  class RowsTogether extends tf.layers.Layer {
    static className = 'RowsTogether';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      const [input] = [inputs].flat() as [tf.Tensor];
      return tf.sub(input, tf.mean(input, 0));
    }
  }
  const own = tf.sequential({
    layers: [tf.layers.dense({ units: 2, inputShape: [3] }), new RowsTogether({})],
  });
  assert.equal(predictionBatchSize(innerModel(own), 10_000), 32);
  assert.equal(predictionBatchSize(innerModel(own), 10_000, 20), 20);
  const ofTen = tf.sequential({
    layers: [tf.layers.dense({ units: 2, batchInputShape: [10, 3] })],
  });
  assert.equal(predictionBatchSize(innerModel(ofTen), 10_000), 32);
  const worst = (targets: tf.Tensor, outputs: tf.Tensor) => tf.max(tf.sub(outputs, targets));
  assert.equal(evaluationBatchSize(compiled([worst]).inner, 10_000), 32);
});

test('batches of evaluate: callbacks and the bar see batches of 32', async () => {
  const { model } = compiled();
  const [x, y] = [tf.zeros([100, 28, 28]), tf.zeros([100], 'int32')];
  const seen: number[] = [];
  const callbacks = [{ onTestBatchEnd: (batch: number) => void seen.push(batch) }];
  await training.evaluate(model, x, y, { verbose: 0, callbacks });
  assert.deepEqual(seen, [0, 1, 2, 3]);
  tf.dispose([x, y]);
  model.dispose();
});

test('batches of predict: which are compiled at the first, and which by one thread', () => {
  assert.deepEqual(inferenceOptions(1, 32), { use: 'answers' });
  assert.deepEqual(inferenceOptions(100, 32), { use: 'inference' });
  assert.deepEqual(inferenceOptions(10_000, 500), { use: 'inference', inferenceRows: 500 });
});
