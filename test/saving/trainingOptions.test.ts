// Optimisers, schedules and losses with options: saved and loaded, training continues as if never
// stopped.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { saving, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { metricCases, optimizerCases } from '../training/kerasOptions';

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

for (const [name, { loss, metrics }] of Object.entries(metricCases)) {
  test(`metrics ${name}: .keras and .h5`, async () => {
    const layer = tf.layers.dense({ units: 2, inputShape: [2], activation: 'sigmoid' });
    const model = tf.sequential({ layers: [layer] });
    training.compile(model, { optimizer: 'sgd', loss, metrics, weightedMetrics: metrics });
    const targets = loss === 'sparse_categorical_crossentropy' ? tf.tensor1d([0, 1, 1, 0]) : y;
    const sampleWeight = tf.tensor1d([1, 2, 0.5, 3]);
    const options = { sampleWeight, verbose: 0, batchSize: 3 } as const;
    const expected = await training.evaluate(model, x, targets, options);
    assert.equal(Object.keys(expected).length, 1 + 2 * metrics.length);
    for (const ending of ['keras', 'h5']) {
      const file = path.join(folder, `metrics.${ending}`);
      await saving.saveModel(model, file);
      const loaded = await saving.loadModel(file);
      const actual = await training.evaluate(loaded, x, targets, options);
      assert.deepEqual(actual, expected);
      loaded.dispose();
    }
    model.dispose();
    tf.dispose(sampleWeight);
  });
}

const metric = (className: string, config: object | string) => ({ class_name: className, config });

/** Loads a model in whose file these parts of how it was compiled are others. */
async function loadedWith(model: tf.LayersModel, changes: object): Promise<tf.LayersModel> {
  const file = path.join(folder, 'changed.keras');
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  await saving.saveModel(model, file);
  const saved = unzipSync(readFileSync(file));
  const config = JSON.parse(strFromU8(saved['config.json'] as Uint8Array));
  Object.assign(config.compile_config, changes);
  const files = { ...saved, 'config.json': strToU8(JSON.stringify(config)) };
  writeFileSync(file, zipSync(files, { level: 0 }));
  return saving.loadModel(file);
}

test('a metric keeps the name that it has in Keras', async () => {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] });
  const metrics = [
    'mse',
    'cosine_similarity',
    metric('MeanAbsolutePercentageError', { name: 'percent' }),
    metric('MeanMetricWrapper', { name: 'mean', fn: 'mean_absolute_error' }),
    metric('function', 'mean_squared_logarithmic_error'),
  ];
  const weighted = ['mse', metric('R2Score', { name: 'r2' })];
  const loaded = await loadedWith(model, { metrics, weighted_metrics: weighted });
  assert.deepEqual(Object.keys(await training.evaluate(loaded, x, y, { verbose: 0 })), [
    ...['loss', 'mse', 'cosine_similarity', 'percent', 'mean', 'mean_squared_logarithmic_error'],
    ...['weighted_mse', 'r2'],
  ]);
  loaded.dispose();
  model.dispose();
});

test('a metric of one of several outputs keeps the name that it has in Keras', async () => {
  const input = tf.input({ shape: [2] });
  const outputs = ['a', 'b'].map(
    (name) => tf.layers.dense({ units: 2, name }).apply(input) as tf.SymbolicTensor,
  );
  const model = tf.model({ inputs: input, outputs });
  // Keras 2 puts the output's name before that of a metric.
  const metrics = {
    a: [metric('MeanMetricWrapper', { name: 'a_mse', fn: 'mean_squared_error' })],
    b: [metric('MeanAbsoluteError', { name: 'error' })],
  };
  const loaded = await loadedWith(model, { metrics });
  assert.deepEqual(Object.keys(await training.evaluate(loaded, x, [y, y], { verbose: 0 })), [
    ...['loss', 'a_loss', 'b_loss', 'a_mse', 'b_error'],
  ]);
  loaded.dispose();
  model.dispose();
});

test('a metric of Keras that is not the same here is refused by name', async () => {
  const cases: [object, RegExp][] = [
    [metric('AUC', { multi_label: true }), /AUC with multi_label = true is not supported/],
    [metric('AUC', { summation_method: 'minoring' }), /minoring" is not supported; only "interp/],
    [metric('Precision', { top_k: 3 }), /Precision with top_k = 3 is not supported/],
    [metric('Recall', { thresholds: [0.2, 0.4] }), /Recall with thresholds = .* is not supported/],
    [metric('F1Score', { average: null }), /F1Score with average = null is not supported/],
    [metric('MeanIoU', { num_classes: 2 }), /The metric mean_io_u is not supported/],
  ];
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] });
  for (const [one, message] of cases) {
    await assert.rejects(loadedWith(model, { metrics: [one] }), { message });
  }
  model.dispose();
});

test('Nadam of Keras 2, which trains otherwise, is loaded with a warning', async (t) => {
  const warn = t.mock.method(console, 'warn', () => {});
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [2] })] });
  const config = { learning_rate: 0.01, beta_1: 0.9, beta_2: 0.999, epsilon: 1e-7 };
  for (const [mark, count] of [[{}, 0] as const, [{ jit_compile: false }, 1] as const]) {
    const optimizer = { class_name: 'Nadam', config: { ...config, ...mark } };
    (await loadedWith(model, { optimizer })).dispose();
    assert.equal(warn.mock.callCount(), count);
  }
  assert.match(String(warn.mock.calls[0]?.arguments[0]), /Nadam trains as in Keras 3/);
  model.dispose();
});
