/** Keras 2 and Keras 3 compute other values under the name hard_sigmoid; only Keras 3 has hard_silu. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { strToU8, unzipSync, zipSync } from 'fflate';
import { saving } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const folder = mkdtempSync(path.join(tmpdir(), 'hard-sigmoid-'));
after(() => rmSync(folder, { recursive: true }));

const inputs = [-4, -2.75, -1, 0, 2, 2.75, 4];
const values = {
  hardSigmoidOfKeras2: inputs.map((x) => Math.min(Math.max(x / 5 + 0.5, 0), 1)),
  hardSigmoidOfKeras3: inputs.map((x) => Math.min(Math.max(x / 6 + 0.5, 0), 1)),
  hardSilu: inputs.map((x) => x * Math.min(Math.max(x / 6 + 0.5, 0), 1)),
};

function modelWith(activation: string): tf.Sequential {
  const model = tf.sequential();
  model.add(tf.layers.activation({ inputShape: [1], activation: activation as 'sigmoid' }));
  return model;
}

function assertComputes(model: tf.LayersModel, activation: keyof typeof values): void {
  const outputs = tf.tidy(() =>
    (model.predict(tf.tensor2d(inputs, [7, 1])) as tf.Tensor).dataSync(),
  );
  for (const [index, expected] of values[activation].entries()) {
    assert.ok(Math.abs((outputs[index] ?? Number.NaN) - expected) < 1e-6, `${outputs}`);
  }
  model.dispose();
}

test('a file keeps the activation of the Keras that reads it', async () => {
  for (const [activation, file] of [
    ['hardSigmoidOfKeras2', 'model.h5'],
    ['hardSigmoidOfKeras3', 'model.keras'],
    ['hardSilu', 'model.keras'],
  ] as const) {
    const model = modelWith(activation);
    await saving.saveModel(model, path.join(folder, file));
    assertComputes(model, activation);
    assertComputes(await saving.loadModel(path.join(folder, file)), activation);
  }
});

test('a .keras file of Keras 2 has the hard sigmoid of Keras 2', async () => {
  const file = path.join(folder, 'model.keras');
  const model = modelWith('hardSigmoidOfKeras3');
  await saving.saveModel(model, file);
  model.dispose();
  const files = unzipSync(await readFile(file));
  files['metadata.json'] = strToU8('{"keras_version": "2.15.0"}');
  await writeFile(file, zipSync(files));
  assertComputes(await saving.loadModel(file), 'hardSigmoidOfKeras2');
});

for (const [activation, file, message] of [
  ['hardSigmoidOfKeras2', 'model.keras', /Save the model as \.h5, for Keras 2/],
  ['hardSigmoidOfKeras3', 'model.h5', /Save the model as \.keras/],
  ['hardSilu', 'model.h5', /Keras 2 has none\. Save the model as \.keras/],
  ['hardSigmoid', 'model.h5', /hardSigmoid of TensorFlow\.js, which is not supported/],
  ['hardSigmoid', 'model.keras', /hardSigmoid of TensorFlow\.js, which is not supported/],
] as const) {
  test(`${activation} is refused by name in ${file}`, async () => {
    const model = modelWith(activation);
    await assert.rejects(saving.saveModel(model, path.join(folder, file)), message);
    model.dispose();
  });
}

test('an activation that tfjs lacks is refused by name in a model for the browser', async () => {
  const model = modelWith('leakyRelu');
  await assert.rejects(saving.saveLayersModel(model, folder), /the activation leakyRelu/);
  model.dispose();
});
