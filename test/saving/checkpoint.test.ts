import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { graph, saving } from '../../lib/index';
import { readCheckpointIndex } from '../../lib/saving/checkpointIndex';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './assertClose';
import {
  expectedOfKeras2,
  fixture,
  fixtures,
  predictions,
  samplesFor,
  trainingLosses,
} from './fixtures';

const root = mkdtempSync(path.join(tmpdir(), 'checkpoint-'));
after(() => rmSync(root, { recursive: true }));

/** A checkpoint that Python's `model.save_weights` wrote, with the named optimiser. */
const ofTensorFlow = (name: string) => path.join(fixtures, 'tensorflow2', `${name}.ckpt`);

test('tensors come back with names, types, shapes and values, and none is left over', async () => {
  const { numTensors } = tf.memory();
  const prefix = path.join(root, 'new folder', 'x.ckpt');
  const tensors = {
    'layer/kernel': tf.tensor2d([
      [0.1, -2],
      [3e30, 4],
    ]),
    step: tf.scalar(7, 'int32'),
    flags: tf.tensor1d([true, false], 'bool'),
  };
  await saving.saveCheckpoint(prefix, tensors);
  assert.deepEqual(readdirSync(path.dirname(prefix)).sort(), [
    'checkpoint',
    'x.ckpt.data-00000-of-00001',
    'x.ckpt.index',
  ]);
  assert.equal(await saving.latestCheckpoint(path.dirname(prefix)), prefix);
  const loaded = await saving.loadCheckpoint(prefix);
  assert.deepEqual(Object.keys(loaded).sort(), Object.keys(tensors).sort());
  for (const [name, expected] of Object.entries(tensors)) {
    const actual = loaded[name] as tf.Tensor;
    assert.deepEqual([actual.dtype, actual.shape], [expected.dtype, expected.shape]);
    assert.deepEqual(actual.arraySync(), expected.arraySync());
  }
  tf.dispose([tensors, loaded]);
  assert.equal(tf.memory().numTensors, numTensors);
});

test('hundreds of tensors, more than one block of the index, are listed', async () => {
  const names = Array.from({ length: 500 }, (_, i) => `some/long/common/beginning/of/a/name/${i}`);
  const tensors = Object.fromEntries(names.map((name, i) => [name, tf.fill([i % 5], i)]));
  const prefix = path.join(root, 'many.ckpt');
  await saving.saveCheckpoint(prefix, tensors);
  const { entries: index } = await readCheckpointIndex(prefix);
  assert.deepEqual([...index.keys()].sort(), names.sort());
  assert.deepEqual(index.get(`${names[0]?.replace(/\d+$/, '')}303`)?.shape, [3]);
});

for (const name of ['keras2_adam', 'keras2_legacy_adam']) {
  test(`weights that TensorFlow 2 saved (${name}) load into the same layers`, async () => {
    const model = await saving.loadKerasH5(fixture(name));
    for (const weight of model.weights) {
      weight.write(tf.zeros(weight.shape as number[]));
    }
    await saving.loadWeights(model, ofTensorFlow(name));
    assertClose(predictions(model), expectedOfKeras2[name]?.predictions.flat() ?? [], 1e-5);
  });
}

test('what is saved here has the names, types, shapes and values that TensorFlow 2 writes', async () => {
  const name = 'keras2_adam';
  const model = await saving.loadKerasH5(fixture(name));
  const prefix = path.join(root, 'model.ckpt');
  await saving.saveWeights(model, prefix);
  const { entries: theirs } = await readCheckpointIndex(ofTensorFlow(name));
  const { entries: ours } = await readCheckpointIndex(prefix);
  const theirTensors = await saving.loadCheckpoint(ofTensorFlow(name));
  const ourTensors = await saving.loadCheckpoint(prefix);
  // TensorFlow numbers the optimiser's variables; here they have the name of their list.
  const isSlot = (key: string) => /optimizer\/_(variables|momentums|velocities)\//.test(key);
  const withoutSlots = (all: Map<string, unknown>) => [...all.keys()].filter((key) => !isSlot(key));
  assert.deepEqual(withoutSlots(ours), withoutSlots(theirs));
  for (const key of withoutSlots(ours)) {
    assert.deepEqual(ours.get(key), theirs.get(key), key);
    assert.deepEqual(ourTensors[key]?.arraySync(), theirTensors[key]?.arraySync(), key);
  }
  const slots = (all: typeof ourTensors) =>
    Object.entries(all)
      .filter(([key]) => isSlot(key))
      .map(([, tensor]) => JSON.stringify(tensor.arraySync()))
      .sort();
  assert.deepEqual(slots(ourTensors), slots(theirTensors));
});

for (const name of Object.keys(expectedOfKeras2)) {
  test(`training taken up from a checkpoint goes on as if never stopped: ${name}`, async () => {
    const prefix = path.join(root, `${name}.ckpt`);
    const model = await saving.loadKerasH5(fixture(name));
    await trainingLosses(model, 2);
    await saving.saveWeights(model, prefix);
    const uninterrupted = await trainingLosses(model, 3);
    const other = await saving.loadKerasH5(fixture(name));
    const { numTensors } = tf.memory();
    await saving.loadWeights(other, prefix);
    assert.equal(tf.memory().numTensors, numTensors);
    assert.equal(other.optimizer.iterations, 4);
    assertClose(await trainingLosses(other, 3), uninterrupted, 1e-6);
  });
}

test('a compiled training step goes on from the weights and the optimiser state loaded', async () => {
  const prefix = path.join(root, 'compiled.ckpt');
  const model = await saving.loadKerasH5(fixture('keras2_adam'));
  const runner = graph.compileModel(model, { immediately: true });
  const { x, y } = samplesFor(model);
  const losses = () => [1, 2, 3].map(() => runner.trainOnBatch([x], [y])[0] as number);
  losses();
  await saving.saveWeights(model, prefix);
  const uninterrupted = losses();
  await saving.loadWeights(model, prefix);
  assertClose(losses(), uninterrupted, 1e-6);
});

test('a checkpoint that does not fit is an error and changes nothing', async () => {
  const model = await saving.loadKerasH5(fixture('keras2_functional'));
  const before = predictions(model);
  const missing = /has no "layer_with_weights-3\/kernel|has shape/;
  await assert.rejects(saving.loadWeights(model, ofTensorFlow('keras2_adam')), missing);
  assert.deepEqual(predictions(model), before);
});

test('missing and damaged checkpoints are clear errors', async () => {
  const prefix = path.join(root, 'damaged.ckpt');
  await assert.rejects(saving.loadCheckpoint(prefix), /no checkpoint .*damaged\.ckpt.*missing/);
  await saving.saveCheckpoint(prefix, { a: tf.fill([100], 1) });
  truncateSync(`${prefix}.data-00000-of-00001`, 100);
  await assert.rejects(saving.loadCheckpoint(prefix), /damaged\.ckpt cannot be read/);
  truncateSync(`${prefix}.index`, 100);
  await assert.rejects(saving.loadCheckpoint(prefix), /not the index .* or it is cut short/);
  await assert.rejects(saving.saveCheckpoint(prefix, { text: tf.scalar('text') }), /"text" cannot/);
  await assert.rejects(saving.saveCheckpoint(prefix, {}), /Nothing to save/);
});

test('latestCheckpoint: none, damaged, and names that TensorFlow escapes', async () => {
  const folder = mkdtempSync(path.join(root, 'latest-'));
  assert.equal(await saving.latestCheckpoint(folder), undefined);
  const state = path.join(folder, 'checkpoint');
  writeFileSync(state, 'model_checkpoint_path: "cp');
  await assert.rejects(saving.latestCheckpoint(folder), /does not name a checkpoint/);
  writeFileSync(state, 'model_checkpoint_path: "gone.ckpt"\n');
  await assert.rejects(saving.latestCheckpoint(folder), /there is no .*gone\.ckpt\.index/);
  writeFileSync(path.join(folder, 'é.ckpt.index'), '');
  writeFileSync(state, 'model_checkpoint_path: "\\303\\251.ckpt"\n');
  assert.equal(await saving.latestCheckpoint(folder), path.join(folder, 'é.ckpt'));
});

test('ModelCheckpoint saves every so many epochs, and the best only', async (t) => {
  const folder = path.join(root, 'callback');
  const model = await saving.loadKerasH5(fixture('keras2_adam'));
  const epochs = async (
    options: Omit<saving.ModelCheckpointOptions, 'filepath'>,
    losses = [0.5, 0.25, 0.75, 0.125],
  ) => {
    rmSync(folder, { recursive: true, force: true });
    const filepath = path.join(folder, 'cp-{epoch:04d}-{val_loss:.2f}.ckpt');
    const callback = new saving.ModelCheckpoint({ filepath, ...options });
    callback.setModel(model);
    for (const [epoch, loss] of losses.entries()) {
      await callback.onEpochEnd(epoch, { val_loss: loss, val_acc: 1 - loss });
    }
    const indices = readdirSync(folder).filter((name) => name.endsWith('.index'));
    return indices.sort().map((name) => name.replace('.ckpt.index', ''));
  };
  assert.deepEqual(await epochs({ period: 2 }), ['cp-0002-0.25', 'cp-0004-0.13']);
  const best = ['cp-0001-0.50', 'cp-0002-0.25', 'cp-0004-0.13'];
  assert.deepEqual(await epochs({ saveBestOnly: true }), best);
  assert.deepEqual(await epochs({ saveBestOnly: true, monitor: 'val_acc' }), best);
  assert.ok((await saving.latestCheckpoint(folder))?.endsWith('cp-0004-0.13.ckpt'));
  const notNumbers = [Number.NaN, 0.5, Number.NaN, 0.75];
  assert.deepEqual(await epochs({ saveBestOnly: true }, notNumbers), ['cp-0002-0.50']);
  const upwards = { saveBestOnly: true, monitor: 'val_acc' };
  assert.deepEqual(await epochs(upwards, notNumbers), ['cp-0002-0.50']);
  const losses = { saveBestOnly: true, monitor: 'val_acc', mode: 'min' } as const;
  assert.deepEqual(await epochs(losses), ['cp-0001-0.50', 'cp-0003-0.75']);
  const warnings = t.mock.method(console, 'warn', () => {});
  assert.equal((await epochs({ saveBestOnly: true, monitor: 'loss' })).length, 4);
  assert.deepEqual(
    warnings.mock.calls.map((call) => call.arguments),
    [['ModelCheckpoint watches "loss", but the logs have val_loss, val_acc.']],
  );
  await epochs({ saveWeightsOnly: true });
  const { entries: index } = await readCheckpointIndex(
    (await saving.latestCheckpoint(folder)) as string,
  );
  assert.ok([...index.keys()].every((key) => /^layer_with_weights-|^_CHECKPOINTABLE/.test(key)));
});
