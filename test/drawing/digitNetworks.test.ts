import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { digitNetworks } from '../../lib/drawing/digitNetworks';
import * as tf from '../../lib/tensorflow';

test('three networks are trained once, and found afterwards', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'digit-networks-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const tensors = tf.memory().numTensors;
  const trained: string[] = [];
  const onTraining = (name: string) => trained.push(name);
  const options = { folder, pictures: 512, verbose: 0, onTraining } as const;
  const networks = await digitNetworks(options);
  assert.deepEqual(trained, ['LeNet-5', 'CNN', 'MLP']);
  const mlp = networks[2];
  assert.ok(mlp && mlp.accuracy > 0.7, `${mlp?.accuracy}`);
  assert.deepEqual(await digitNetworks(options), networks);
  assert.equal(trained.length, 3);
  // A note that is damaged counts as none.
  for (const damaged of ['{ "seed": 0,', 'null', '{ "seed": 0, "batchSize": 64 }']) {
    trained.length = 0;
    writeFileSync(join(mlp.folder, 'training.json'), damaged);
    assert.deepEqual(await digitNetworks(options), networks);
    assert.deepEqual(trained, ['MLP']);
  }
  assert.equal(tf.memory().numTensors, tensors);
});
