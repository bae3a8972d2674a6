import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { saving, training } from '../../lib/index';
import { compileFromKeras, trainingConfigToKeras } from '../../lib/saving/kerasTrainingConfig';
import * as tf from '../../lib/tensorflow';

function twoOutputs(): tf.LayersModel {
  const input = tf.input({ shape: [2] });
  const outputs = ['first', 'second'].map(
    (name) => tf.layers.dense({ units: 1, name }).apply(input) as tf.SymbolicTensor,
  );
  return tf.model({ inputs: input, outputs });
}

const x = tf.ones([4, 2]);
const y = [tf.zeros([4, 1]), tf.fill([4, 1], 3)];

async function lossesOf(model: tf.LayersModel): Promise<number[]> {
  const logs = await training.evaluate(model, x, y, { verbose: 0 });
  return ['loss', 'first_loss', 'second_loss'].map((name) => logs[name] ?? Number.NaN);
}

test('weights of losses are kept in a .h5 file', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'loss-weights-'));
  const model = twoOutputs();
  training.compile(model, { optimizer: 'sgd', loss: 'mse', lossWeights: { second: 5 } });
  const [loss = 0, first = 0, second = 0] = await lossesOf(model);
  assert.ok(Math.abs(loss - first - 5 * second) < 1e-4);
  const file = path.join(folder, 'model.h5');
  await saving.saveKerasH5(model, file);
  const loaded = await saving.loadKerasH5(file);
  const again = await lossesOf(loaded);
  assert.ok(
    again.every((value, index) => Math.abs(value - ([loss, first, second][index] ?? 0)) < 1e-4),
  );
  rmSync(folder, { recursive: true });
});

test('weights of losses are read by name and in order, and refused where they do not fit', async () => {
  const plain = twoOutputs();
  training.compile(plain, { optimizer: 'sgd', loss: 'mse' });
  const config = trainingConfigToKeras(plain);
  assert.equal(config.loss_weights, null);
  for (const loss_weights of [[1, 5], { second: 5 }]) {
    const model = twoOutputs();
    compileFromKeras(model, { ...config, loss_weights });
    const [loss = 0, first = 0, second = 0] = await lossesOf(model);
    assert.ok(Math.abs(loss - first - 5 * second) < 1e-4);
    assert.deepEqual(trainingConfigToKeras(model).loss_weights, [1, 5]);
  }
  assert.throws(
    () => compileFromKeras(twoOutputs(), { ...config, loss_weights: [1, 2, 3] }),
    /loss_weights = .* needs 3 outputs, but the model has 2/,
  );
});
