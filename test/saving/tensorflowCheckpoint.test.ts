/** Checkpoints that TensorFlow made of more than a model (see fixtures/make_checkpoints.py). */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { saving } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './assertClose';
import { type Expected, fixtures, predictions, trainingLosses } from './fixtures';

const folder = path.join(fixtures, 'tensorflow2');
const expected: Record<string, Expected> = JSON.parse(
  readFileSync(path.join(folder, 'checkpoints.json'), 'utf8'),
);

const optimizers: Record<string, () => tf.Optimizer> = {
  with_adam: () => tf.train.adam(0.5),
  with_legacy_adam: () => tf.train.adam(0.5),
  with_momentum: () => tf.train.momentum(0.1, 0.9),
  with_rmsprop: () => tf.train.rmsprop(0.5, 0.9, 0.5),
};

for (const [name, optimizer] of Object.entries(optimizers)) {
  test(`a checkpoint of a model with a model inside and its optimiser loads: ${name}`, async () => {
    const { dense } = tf.layers;
    const inside = tf.sequential({
      layers: [dense({ units: 5, activation: 'tanh', inputShape: [4] })],
    });
    const model = tf.sequential({ layers: [inside, dense({ units: 3, activation: 'softmax' })] });
    model.compile({ optimizer: optimizer(), loss: 'sparseCategoricalCrossentropy' });
    await saving.loadWeights(model, path.join(folder, `${name}.ckpt`));
    const ofKeras = expected[name] as Expected;
    assertClose(predictions(model), ofKeras.predictions.flat(), 1e-6);
    assert.equal(model.optimizer.iterations, 2);
    assertClose(await trainingLosses(model, 3), ofKeras.losses, 1e-5);
    model.dispose();
  });
}

test('a checkpoint in two parts, with a variable in two parts, is put together', async () => {
  const { numTensors } = tf.memory();
  const { kernel, bias, ...others } = await saving.loadCheckpoint(path.join(folder, 'parts.ckpt'));
  assert.deepEqual(others, {});
  assert.deepEqual(kernel?.arraySync(), tf.range(0, 40).reshape([10, 4]).arraySync());
  assert.deepEqual([bias?.dtype, bias?.arraySync()], ['int32', [0, 1, 2, 3]]);
  tf.dispose([kernel, bias]);
  assert.ok(tf.memory().numTensors <= numTensors + 2);
});
