import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { layers, saving } from '../../lib/index';
import { readHdf5 } from '../../lib/saving/hdf5File';
import { groupIn } from '../../lib/saving/hdf5Tree';
import { optimizerFromTree } from '../../lib/saving/kerasWeightsTree';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './assertClose';
import { fixture, predictions, trainingLosses } from './fixtures';

const folder = mkdtempSync(path.join(tmpdir(), 'keras-file-'));
after(() => rmSync(folder, { recursive: true }));

/** What is warned of when the model's file is loaded. The model is disposed. */
async function warningsOfLoading(context: TestContext, model: tf.LayersModel): Promise<string[]> {
  const warn = context.mock.method(console, 'warn', () => {});
  const file = path.join(folder, 'warnings.keras');
  await saving.saveModel(model, file);
  (await saving.loadModel(file)).dispose();
  model.dispose();
  return warn.mock.calls.map((call) => String(call.arguments[0]));
}

test('a recurrent layer that starts from states, of masked steps, is named', async (context) => {
  const steps = tf.input({ shape: [3] });
  const state = tf.input({ shape: [2] });
  const embedding = tf.layers.embedding({ inputDim: 4, outputDim: 2, maskZero: true });
  const sequence = embedding.apply(steps) as tf.SymbolicTensor;
  const first = tf.layers.simpleRNN({ units: 2, name: 'first', returnSequences: true });
  const started = tf.layers.simpleRNN({ units: 2, name: 'started' });
  const outputs = started.apply([first.apply(sequence), state] as tf.SymbolicTensor[]);
  const model = tf.model({ inputs: [steps, state], outputs: outputs as tf.SymbolicTensor });
  const messages = await warningsOfLoading(context, model);
  assert.equal(messages.length, 1);
  assert.match(messages[0] as string, /"started" .* Keras 3 does not heed the mask/);
});

test('attention behind a sum with what other attention took is named', async (context) => {
  const steps = tf.input({ shape: [3] });
  const embedding = tf.layers.embedding({ inputDim: 4, outputDim: 2, maskZero: true });
  const block = (x: tf.SymbolicTensor, name: string) => {
    const attention = layers.multiHeadAttention({ numHeads: 1, keyDim: 2, name });
    return tf.layers.add().apply([x, attention.apply([x, x]) as tf.SymbolicTensor]);
  };
  const first = block(embedding.apply(steps) as tf.SymbolicTensor, 'first') as tf.SymbolicTensor;
  const outputs = block(first, 'second') as tf.SymbolicTensor;
  const model = tf.model({ inputs: steps, outputs });
  const messages = await warningsOfLoading(context, model);
  assert.equal(messages.length, 1);
  assert.match(messages[0] as string, /"second" .* Keras 3 does not heed the mask/);
});

for (const name of [
  'keras2_adam',
  'keras2_momentum',
  'keras2_rmsprop_momentum',
  'keras2_functional',
]) {
  test(`${name} saved as .keras and .weights.h5 predicts the same and goes on training`, async () => {
    await tf.nextFrame();
    const { numTensors } = tf.memory();
    const model = await saving.loadModel(fixture(name));
    const file = path.join(folder, `${name}.keras`);
    const weights = path.join(folder, `${name}.weights.h5`);
    await saving.saveModel(model, file);
    await saving.saveWeights(model, weights);
    const copy = await saving.loadModel(file);
    const uncompiled = await saving.loadModel(file, { compile: false });
    assert.equal(uncompiled.optimizer, undefined);
    const predicted = predictions(model);
    assert.deepEqual(predictions(copy), predicted);
    const losses = await trainingLosses(model, 3);
    assertClose(await trainingLosses(copy, 3), losses, 1e-6);
    await saving.loadWeights(model, weights);
    assert.deepEqual(predictions(model), predicted);
    assertClose(await trainingLosses(model, 3), losses, 1e-6);
    for (const one of [model, copy, uncompiled]) {
      one.dispose();
    }
    assert.equal(tf.memory().numTensors, numTensors);
  });
}

test('files that are no .keras files, damaged or too large are named, and what is wrong', async () => {
  const model = await saving.loadModel(fixture('keras2_adam'));
  const file = path.join(folder, 'model.keras');
  await saving.saveModel(model, file, { includeOptimizer: false });
  const good = readFileSync(file);
  const files = unzipSync(good);
  const variants: [content: Uint8Array, reason: RegExp][] = [
    [strToU8('text'), /model\.keras is not an HDF5 file/],
    [good.subarray(0, 9000), /model\.keras is not a \.keras file, or it is damaged/],
    [zipSync({ 'a.txt': strToU8('a') }), /model\.keras is a zip, but not a \.keras file/],
    [zipSync({ 'config.json': new Uint8Array(40 * 2 ** 20) }), /config\.json in it is too large/],
    [zipSync({ ...files, 'config.json': strToU8('{') }), /model\.keras .* is not JSON/],
    [
      zipSync({ ...files, 'model.weights.h5': strToU8('x') }),
      /model\.weights\.h5 in .*model\.keras is not an HDF5 file/,
    ],
  ];
  for (const [content, reason] of variants) {
    writeFileSync(file, content);
    await assert.rejects(saving.loadModel(file), reason);
  }
  await assert.rejects(saving.loadModel(path.join(folder, 'none.keras')), /There is no file/);
  await assert.rejects(saving.saveModel(model, 'model.json'), /as \.keras or as \.h5/);
  writeFileSync(file, good);
  await assert.rejects(
    saving.loadKerasH5(file),
    /zip, as \.keras files are: use saving\.loadModel/,
  );
  model.dispose();
});

test('one bit changed in a .keras file is noticed, wherever it is', async () => {
  const model = await saving.loadModel(fixture('keras2_adam'));
  const file = path.join(folder, 'bit.keras');
  await saving.saveModel(model, file);
  const good = readFileSync(file);
  for (const text of ['"learning_rate": ', '"epsilon": ', '"units": ']) {
    const bytes = Buffer.from(good);
    const digit = bytes.indexOf(text) + text.length;
    assert.ok(digit > text.length, text);
    bytes.writeUInt8(bytes.readUInt8(digit) ^ 1, digit);
    writeFileSync(file, bytes);
    await assert.rejects(
      saving.loadModel(file),
      /bit\.keras .*damaged: the checksum of config\.json in it is wrong/,
    );
  }
  model.dispose();
});

test('a damaged state of the optimiser leaves the weights as they were, in both formats', async () => {
  const saved = await saving.loadModel(fixture('keras2_adam'));
  const model = await saving.loadModel(fixture('keras2_adam'));
  await trainingLosses(model, 3);
  const before = predictions(model);
  const state = (await saved.optimizer.getWeights()).at(-1)?.tensor as tf.Tensor;
  const values = state.dataSync<'float32'>();
  const needle = Buffer.from(values.buffer, values.byteOffset, values.byteLength);
  for (const [name, written] of [
    ['half.weights.h5', 'half.weights.h5'],
    ['half.ckpt', 'half.ckpt.data-00000-of-00001'],
  ] as const) {
    await saving.saveWeights(saved, path.join(folder, name));
    const bytes = readFileSync(path.join(folder, written));
    const place = bytes.indexOf(needle);
    assert.ok(place > 0);
    bytes.writeUInt8(bytes.readUInt8(place) ^ 1, place);
    writeFileSync(path.join(folder, written), bytes);
    await assert.rejects(saving.loadWeights(model, path.join(folder, name)), new RegExp(name));
    assert.deepEqual(predictions(model), before, name);
  }
  for (const one of [saved, model]) {
    one.dispose();
  }
});

test('a state of the optimiser that cannot be read at all is not taken for none', async () => {
  const saved = await saving.loadModel(fixture('keras2_adam'));
  const file = path.join(folder, 'unreadable.weights.h5');
  await saving.saveWeights(saved, file);
  const root = await readHdf5(file);
  for (const [group, name] of [
    [root, 'optimizer'],
    [groupIn(root, 'optimizer'), 'vars'],
  ] as const) {
    const { members } = group;
    const whole = groupIn(group, name);
    members.set(name, { kind: 'problem', reason: 'is damaged' });
    assert.throws(() => optimizerFromTree(saved, root), /optimizer\/vars is damaged/, name);
    members.set(name, whole);
  }
  saved.dispose();
});

test('weights that do not fit are named, and change nothing', async () => {
  const model = await saving.loadModel(fixture('keras2_adam'));
  const other = await saving.loadModel(fixture('keras2_functional'));
  const file = path.join(folder, 'other.weights.h5');
  await saving.saveWeights(other, file);
  const before = predictions(model);
  await assert.rejects(saving.loadWeights(model, file), /other\.weights\.h5 .*do not fit layer/);
  assert.deepEqual(predictions(model), before);
  await assert.rejects(saving.loadModel(file), /holds only weights/);
});
