/** `training.ModelCheckpoint` in `fit`; the contents of the files are tested in test/saving. */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { saving, training } from '../../lib/index';
import { assertClose, assertDifferent, classifier, flowers, weightValues } from './flowers';

const root = mkdtempSync(path.join(tmpdir(), 'model-checkpoint-'));
after(() => rmSync(root, { recursive: true }));

const { x, y } = flowers(100);
const settings = { epochs: 6, seed: 5, verbose: 0 } as const;

function checkpointsIn(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.index'))
    .sort();
}

test('training resumed from epoch 3 goes on as if it had never stopped', async () => {
  const folder = path.join(root, 'whole');
  const filepath = path.join(folder, 'cp-{epoch:04d}.ckpt');
  const uninterrupted = classifier();
  const callbacks = [new training.ModelCheckpoint({ filepath, period: 3 })];
  const whole = await training.fit(uninterrupted, x, y, { ...settings, callbacks });
  assert.deepEqual(checkpointsIn(folder), ['cp-0003.ckpt.index', 'cp-0006.ckpt.index']);
  assert.equal(await saving.latestCheckpoint(folder), path.join(folder, 'cp-0006.ckpt'));

  const model = classifier();
  await saving.loadWeights(model, path.join(folder, 'cp-0003.ckpt'));
  const resumed = await training.fit(model, x, y, { ...settings, initialEpoch: 3 });
  assertClose(resumed.history.loss, whole.history.loss?.slice(3));
  assertClose(resumed.history.acc, whole.history.acc?.slice(3));
  assertClose(weightValues(model).flat(), weightValues(uninterrupted).flat());
});

test('with saveWeightsOnly the optimiser begins anew', async () => {
  const folder = path.join(root, 'weights');
  const filepath = path.join(folder, 'cp-{epoch}.ckpt');
  const callbacks = [new training.ModelCheckpoint({ filepath, saveWeightsOnly: true })];
  const uninterrupted = classifier();
  const whole = await training.fit(uninterrupted, x, y, { ...settings, callbacks });

  const model = classifier();
  await saving.loadWeights(model, path.join(folder, 'cp-3.ckpt'));
  const resumed = await training.fit(model, x, y, { ...settings, initialEpoch: 3 });
  assertDifferent(resumed.history.loss, whole.history.loss?.slice(3));
});
