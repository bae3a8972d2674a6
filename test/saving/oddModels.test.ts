/** Models of Keras with features that tfjs handles differently or not at all. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { layers, saving } from '../../lib/index';
import { readHdf5, writeHdf5 } from '../../lib/saving/hdf5File';
import { readText, readTexts } from '../../lib/saving/hdf5Tree';
import type { Json } from '../../lib/saving/json';
import { operationAsLayer } from '../../lib/saving/kerasConnections';
import { nameFromKeras, nameToKeras } from '../../lib/saving/layerNames';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './assertClose';
import { type Expected, fixture, fixtures, predictions } from './fixtures';

const folder = mkdtempSync(path.join(tmpdir(), 'odd-models-'));
after(() => rmSync(folder, { recursive: true }));

const expected: Record<string, Expected> = JSON.parse(
  readFileSync(path.join(fixtures, 'keras3.json'), 'utf8'),
);

test('odd names, shared and nested layers, and weights outside their constraint', async () => {
  await tf.nextFrame();
  const { numTensors } = tf.memory();
  const model = await saving.loadKerasH5(fixture('keras3_odd'));
  const ofKeras = expected.keras3_odd?.predictions.flat() ?? [];
  assertClose(predictions(model), ofKeras, 1e-6);
  const copy = path.join(folder, 'copy.h5');
  await saving.saveKerasH5(model, copy);
  const [theirs, ours] = [await readHdf5(fixture('keras3_odd')), await readHdf5(copy)];
  const weights = [theirs, ours].map((tree) => tree.members.get('model_weights'));
  const [theirNames, ourNames] = weights.map((group) =>
    group?.kind === 'group' ? readTexts(group, 'layer_names') : [],
  );
  assert.ok(ourNames?.includes('层 1'));
  assert.deepEqual(ourNames, theirNames);
  const again = await saving.loadKerasH5(copy);
  assertClose(predictions(again), ofKeras, 1e-6);
  again.dispose();
  model.dispose();
  assert.equal(tf.memory().numTensors, numTensors);
});

test("a model in a TimeDistributed comes back from both of Keras's formats", async () => {
  const { conv2d, dense, flatten } = tf.layers;
  const first = conv2d({ filters: 2, kernelSize: 3, inputShape: [4, 4, 1] });
  const sequential = tf.sequential({ layers: [first, flatten(), dense({ units: 3 })] });
  const input = tf.input({ shape: [4, 4, 1] });
  const [left, right] = [flatten().apply(input), flatten().apply(input)] as tf.SymbolicTensor[];
  const outputs = tf.layers.add().apply([left, right] as tf.SymbolicTensor[]);
  const functional = tf.model({ inputs: input, outputs: outputs as tf.SymbolicTensor });
  const clips = tf.randomUniform([2, 3, 4, 4, 1], 0, 1, 'float32', 1);
  for (const layer of [sequential, functional]) {
    const model = tf.sequential({
      layers: [tf.layers.timeDistributed({ layer, inputShape: [3, 4, 4, 1] })],
    });
    const before = await (model.predict(clips) as tf.Tensor).data();
    const files = [path.join(folder, 'clips.keras'), path.join(folder, 'clips.h5')] as const;
    await saving.saveModel(model, files[0]);
    await saving.saveKerasH5(model, files[1]);
    for (const loaded of [await saving.loadModel(files[0]), await saving.loadKerasH5(files[1])]) {
      assert.deepEqual(await (loaded.predict(clips) as tf.Tensor).data(), before);
      loaded.dispose();
    }
  }
});

test("a functional model in another comes back from both of Keras's formats", async () => {
  const outer = tf.input({ shape: [3] });
  const inner = tf.input({ shape: [3] });
  const dense = tf.layers.dense({ units: 3 }).apply(inner) as tf.SymbolicTensor;
  const twice = tf.model({ inputs: inner, outputs: dense });
  const outputs = twice.apply(twice.apply(outer)) as tf.SymbolicTensor;
  const model = tf.model({ inputs: outer, outputs });
  const before = predictions(model);
  for (const file of ['inner.keras', 'inner.h5'].map((name) => path.join(folder, name))) {
    await saving.saveModel(model, file);
    const again = await saving.loadModel(file);
    assertClose(predictions(again), before, 1e-6);
    again.dispose();
  }
  model.dispose();
});

test('operations with a number are read as Rescaling, others are not', () => {
  const x = { class_name: '__keras_tensor__', config: { keras_history: ['input', 0, 0] } };
  const read = (class_name: string, ...args: Json[]) =>
    operationAsLayer({ class_name, name: 'one', inbound_nodes: [{ args, kwargs: {} }] });
  const rescaling = (scale: number, offset: number) => ({
    class_name: 'Rescaling',
    config: { name: 'one', scale, offset },
    name: 'one',
    inbound_nodes: [{ args: [x], kwargs: {} }],
  });
  assert.deepEqual(read('Add', x, 3), rescaling(1, 3));
  assert.deepEqual(read('Add', 3, x), rescaling(1, 3));
  assert.deepEqual(read('Subtract', x, 3), rescaling(1, -3));
  assert.deepEqual(read('Subtract', 3, x), rescaling(-1, 3));
  assert.deepEqual(read('Multiply', 3, x), rescaling(3, 0));
  assert.deepEqual(read('TrueDivide', x, 4), rescaling(0.25, 0));
  assert.equal(read('TrueDivide', 4, x).class_name, 'TrueDivide');
  assert.equal(read('Add', x, x).class_name, 'Add');
});

test('any name survives being spelled out for tfjs', () => {
  for (const name of ['dense_1', 'größe', '层', 'a b', '.x', 'name.x', 'name.C3B6.', 'é.é', '😀']) {
    const spelled = nameFromKeras(name);
    assert.match(spelled, /^[A-Za-z0-9][-A-Za-z0-9_.]*$/);
    assert.equal(nameToKeras(spelled), name);
  }
  assert.equal(nameFromKeras('dense_1'), 'dense_1');
});

test('settings of an optimiser are written as Keras 3 wants them: 0.0, not 0', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  model.compile({ optimizer: tf.train.sgd(1), loss: 'meanSquaredError' });
  const file = path.join(folder, 'sgd.h5');
  await saving.saveKerasH5(model, file);
  const config = readText(await readHdf5(file), 'training_config') as string;
  assert.match(config, /"learning_rate": 1\.0, "momentum": 0\.0, "nesterov": false/);
  model.dispose();
});

test('layers along another axis than the last predict the same when they come back', async () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 8, inputShape: [3] }),
      tf.layers.reshape({ targetShape: [2, 4] }),
      tf.layers.batchNormalization({ axis: 1 }),
      layers.softmax({ axis: -2 }),
    ],
  });
  const file = path.join(folder, 'axis.h5');
  await saving.saveKerasH5(model, file);
  const loaded = await saving.loadKerasH5(file);
  const x = tf.ones([2, 3]);
  const predictions = [model, loaded].map((one) =>
    tf.tidy(() => (one.predict(x) as tf.Tensor).dataSync()),
  );
  assert.deepEqual(predictions[1], predictions[0]);
  x.dispose();
  model.dispose();
  loaded.dispose();
});

test('a layer that Keras 3 lacks is refused in its files, with what computes the same', async () => {
  const model = (layer: tf.layers.Layer) =>
    tf.sequential({ layers: [tf.layers.reshape({ targetShape: [2], inputShape: [2] }), layer] });
  const old = model(tf.layers.thresholdedReLU({ theta: 0.3 }));
  const same = model(layers.relu({ threshold: 0.3 }));
  const file = path.join(folder, 'threshold.keras');
  await assert.rejects(
    saving.saveModel(old, file),
    /ThresholdedReLU\) cannot be saved as \.keras: Keras 3 has none\. Make it layers\.relu/,
  );
  await saving.saveKerasH5(old, path.join(folder, 'threshold.h5'));
  await saving.saveModel(same, file);
  assertClose(predictions(same), predictions(old), 1e-7);
  old.dispose();
  same.dispose();
});

test('what runs code of its own is refused: a Lambda layer', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  const file = path.join(folder, 'lambda.h5');
  await saving.saveKerasH5(model, file);
  const tree = await readHdf5(file);
  const text = readText(tree, 'model_config') as string;
  tree.attributes.set('model_config', text.replace('"Dense"', '"Lambda"'));
  await writeHdf5(file, tree);
  await assert.rejects(saving.loadKerasH5(file), /\(Lambda\) is not supported/);
  model.dispose();
});
