/** Models saved for the web, read back by TensorFlow.js in plain JavaScript without this library. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { lenet5, mlp } from '../../lib/models/index';
import { loadLayersModel, saveLayersModel } from '../../lib/saving/index';
import * as tf from '../../lib/tensorflow';
import { fit } from '../../lib/training/index';
import { assertClose } from './assertClose';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'layers-model-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Uses only what a browser has: no tfjs-node, nothing of lib. Prints the outputs as JSON. */
const plainProgram = `
  const { readFileSync } = require('node:fs');
  const tf = { ...require('@tensorflow/tfjs-core'), ...require('@tensorflow/tfjs-layers') };
  require('@tensorflow/tfjs-backend-cpu');
  const [folder, shape] = [process.argv[1], JSON.parse(process.argv[2])];
  const fetchFunc = async (url) => {
    const content = readFileSync(folder + new URL(url).pathname);
    return new Response(content, { headers: { 'Content-Type': 'application/json' } });
  };
  async function main() {
    const model = await tf.loadLayersModel(tf.io.http('http://web/model.json', { fetchFunc }));
    const size = shape.reduce((product, n) => product * n, 1);
    const input = tf.tensor(Float32Array.from({ length: size }, (_, i) => (i % 11) / 10), shape);
    console.log(JSON.stringify(Array.from(model.predict(input).dataSync())));
  }
  main();
`;

function readInPlainJavaScript(from: string, shape: number[]): number[] {
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ['-e', plainProgram, from, JSON.stringify(shape)],
    { cwd: resolve(__dirname, '../../..'), encoding: 'utf8' },
  );
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout.trim().split('\n').at(-1) as string);
}

function predictHere(model: tf.LayersModel, shape: number[]): number[] {
  return tf.tidy(() => {
    const size = shape.reduce((product, n) => product * n, 1);
    const values = Float32Array.from({ length: size }, (_, i) => (i % 11) / 10);
    return Array.from((model.predict(tf.tensor(values, shape)) as tf.Tensor).dataSync());
  });
}

test('a trained model predicts the same in plain JavaScript', async () => {
  const model = lenet5({ seed: 3 });
  // fit replaces tfjs's losses with lib's and lets the output layer record its logits.
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['acc'] });
  const [x, y] = [tf.randomUniform([64, 28, 28, 1], 0, 1, 'float32', 1), tf.zeros([64], 'int32')];
  await fit(model, x, y, { epochs: 1, seed: 0, verbose: 0 });
  await saveLayersModel(model, folder);
  const shape = [2, 28, 28, 1];
  assertClose(readInPlainJavaScript(folder, shape), predictHere(model, shape), 1e-5);
  tf.dispose([x, y]);
  model.optimizer.dispose();
  model.dispose();
});

test('the file holds standard classes only, and nothing of the training', async () => {
  const model = mlp({ seed: 1 });
  model.compile({ optimizer: 'adam', loss: (a, b) => tf.losses.meanSquaredError(a, b) });
  await saveLayersModel(model, folder);
  const text = readFileSync(join(folder, 'model.json'), 'utf8');
  const classes = [...text.matchAll(/"class_name":"(\w+)"/g)].map(([, name]) => name);
  assert.deepEqual([...new Set(classes)].sort(), [
    'Dense',
    'Flatten',
    'Sequential',
    'VarianceScaling',
    'Zeros',
  ]);
  const json = JSON.parse(text);
  assert.equal(json.format, 'layers-model');
  assert.equal(json.trainingConfig, undefined);
  assert.equal(json.weightsManifest[0].weights.length, 4);
  model.optimizer.dispose();
  model.dispose();
});

test('saving again replaces the model and leaves no other file, and no tensor', async () => {
  const [first, second] = [mlp({ seed: 1 }), mlp({ seed: 2 })];
  writeFileSync(join(folder, 'weights-of-mine.bin'), 'not written by the saver');
  await saveLayersModel(first, folder);
  const tensors = tf.memory().numTensors;
  await saveLayersModel(second, folder);
  assert.equal(tf.memory().numTensors, tensors);
  const files = readdirSync(folder).sort();
  assert.equal(files.length, 3, `${files}`);
  assert.equal(files[0], 'model.json');
  assert.ok(files.includes('weights-of-mine.bin'));
  const shape = [1, 28, 28];
  assertClose(readInPlainJavaScript(folder, shape), predictHere(second, shape), 1e-5);
  await saveLayersModel(second, folder);
  assert.deepEqual(readdirSync(folder).sort(), files, 'the same model has the same files');
  for (const model of [first, second]) {
    model.dispose();
  }
});

test('when writing fails, the old model stays whole', async () => {
  const [old, next] = [mlp({ seed: 1 }), mlp({ seed: 2 })];
  await saveLayersModel(next, join(folder, 'elsewhere'));
  const weights = readdirSync(join(folder, 'elsewhere')).find((name) => name.endsWith('.bin'));
  const place = join(folder, 'model');
  await saveLayersModel(old, place);
  // A folder of that name cannot be replaced by a file.
  mkdirSync(join(place, weights as string));
  await assert.rejects(
    saveLayersModel(next, place),
    /The model "mlp" could not be saved in .*model/,
  );
  const shape = [1, 28, 28];
  assertClose(readInPlainJavaScript(place, shape), predictHere(old, shape), 1e-5);
  assert.deepEqual(
    readdirSync(place).filter((name) => name.endsWith('.tmp')),
    [],
  );
  for (const model of [old, next]) {
    model.dispose();
  }
});

test('what cannot be saved is named', async () => {
  await assert.rejects(
    saveLayersModel(tf.sequential({ name: 'unfinished' }), folder),
    /The model "unfinished" could not be saved in .*: .*model is empty/,
  );
  assert.deepEqual(readdirSync(folder), []);
  const file = join(folder, 'file');
  writeFileSync(file, '');
  const model = mlp();
  await assert.rejects(
    saveLayersModel(model, file),
    /The model "mlp" could not be saved in .*file/,
  );
  model.dispose();
});

test('loaded again it predicts the same, also where another program wrote it', async () => {
  const model = lenet5({ seed: 3 });
  await saveLayersModel(model, folder);
  const other = join(folder, 'other');
  await model.save(`file://${other}`);
  const tensors = tf.memory().numTensors;
  const shape = [2, 28, 28, 1];
  for (const place of [folder, other]) {
    const loaded = await loadLayersModel(place);
    assert.deepEqual(predictHere(loaded, shape), predictHere(model, shape));
    loaded.dispose();
  }
  assert.equal(tf.memory().numTensors, tensors);
  model.dispose();
});

test('damage is noticed and named, and leaves no tensor', async () => {
  const model = mlp({ seed: 1 });
  await saveLayersModel(model, folder);
  model.dispose();
  const [modelFile, weights] = readdirSync(folder).sort() as [string, string];
  const [json, bytes] = [modelFile, weights].map((name) => readFileSync(join(folder, name)));
  const tensors = tf.memory().numTensors;
  const changes: [name: string, content: string | Buffer, reason: RegExp][] = [
    [modelFile, `${json}`.replace('"relu"', '"selu"'), /model\.json .* does not have the checksum/],
    [modelFile, `${json}`.slice(0, -9), /model\.json is damaged, or no model/],
    [modelFile, `${json}`.replace(weights, '../secret'), /model\.json .*damaged/],
    [modelFile, '{"weightsManifest": [{"paths": ["../a"]}]}', /\.\.\/a is not in the same folder/],
    [weights, (bytes as Buffer).subarray(1), /the file with its weights, weights-.* is damaged/],
  ];
  for (const [name, content, reason] of changes) {
    writeFileSync(join(folder, name), content);
    await assert.rejects(loadLayersModel(folder), reason);
    assert.equal(tf.memory().numTensors, tensors);
    writeFileSync(join(folder, modelFile), json as Buffer);
  }
  await assert.rejects(loadLayersModel(join(folder, 'none')), /model\.json cannot be read: ENOENT/);
});
