// Optimisers, schedules and losses with options: saved and loaded, training goes on as if never stopped.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { saving, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { optimizerCases } from '../training/kerasOptions';

const folder = mkdtempSync(path.join(tmpdir(), 'training-options-'));
after(() => rmSync(folder, { recursive: true }));

const x = tf.tensor2d([0.1, -0.4, 0.7, 0.2, 0.9, -0.6, -0.3, 0.5], [4, 2]);
const y = tf.tensor2d([0, 1, 1, 0, 0, 1, 1, 0], [4, 2]);
const fitting = { epochs: 3, batchSize: 2, shuffle: false, verbose: 0, compiled: false } as const;

async function assertGoesOn(
  optimizer: tf.Optimizer,
  loss: training.Loss,
  ending: string,
): Promise<void> {
  const layer = tf.layers.dense({ units: 2, inputShape: [2], kernelInitializer: 'ones' });
  const model = tf.sequential({ layers: [layer] });
  training.compile(model, { optimizer, loss });
  await training.fit(model, x, y, fitting);
  const file = path.join(folder, `model.${ending}`);
  await saving.saveModel(model, file);
  const loaded = await saving.loadModel(file);
  assert.equal(loaded.optimizer.getClassName(), optimizer.getClassName());
  const [expected, actual] = [
    await training.fit(model, x, y, fitting),
    await training.fit(loaded, x, y, fitting),
  ].map(({ history }) => history.loss as number[]) as [number[], number[]];
  for (const [index, value] of expected.entries()) {
    assert.ok(Math.abs(value - (actual[index] as number)) < 1e-6, `${actual}, not ${expected}`);
  }
}

for (const [name, make] of Object.entries(optimizerCases)) {
  test(`${name}: .keras and .h5`, async () => {
    await assertGoesOn(make(), 'mse', 'keras');
    await assertGoesOn(make(), 'mse', 'h5');
  });
}

const { losses } = training;
const lossCases: Record<string, training.Loss> = {
  Huber: losses.huber({ delta: 0.3 }),
  hinge: 'squared_hinge',
  'log-cosh': 'log_cosh',
  'smoothed logits': losses.binaryCrossentropy({ fromLogits: true, labelSmoothing: 0.2 }),
  'categorical logits': losses.categoricalCrossentropy({ fromLogits: true }),
};
for (const [name, loss] of Object.entries(lossCases)) {
  test(`${name}: .keras and .h5`, async () => {
    await assertGoesOn(tf.train.sgd(0.1), loss, 'keras');
    await assertGoesOn(tf.train.sgd(0.1), loss, 'h5');
  });
}
