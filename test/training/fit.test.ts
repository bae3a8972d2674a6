import assert from 'node:assert/strict';
import { test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose, assertDifferent, classifier, flowers, weightValues } from './flowers';

const quiet = { verbose: 0 } as const;

test('without shuffling trains as tfjs’s own fit', async () => {
  const { x, y } = flowers(100);
  const [ours, theirs] = [classifier(), classifier()];
  const settings = { epochs: 3, batchSize: 32, shuffle: false, validationSplit: 0.2, verbose: 0 };
  const history = await training.fit(ours, x, y, { ...settings, verbose: 0, compiled: false });
  // tfjs's own fit cannot take int32 labels.
  const reference = await theirs.fit(x, y.toFloat(), settings);
  for (const name of ['loss', 'acc', 'val_loss', 'val_acc']) {
    assertClose(history.history[name], reference.history[name] as number[]);
  }
  assertClose(weightValues(ours).flat(), weightValues(theirs).flat());
});

test('the history has Keras’s names, in Keras’s order', async () => {
  const { x, y } = flowers(70);
  const model = classifier({ metrics: ['accuracy', 'sparseCategoricalCrossentropy'] });
  const history = await training.fit(model, x, y, {
    ...quiet,
    epochs: 5,
    initialEpoch: 3,
    validationData: [x, y],
  });
  assert.deepEqual(history.epoch, [3, 4]);
  assert.deepEqual(Object.keys(history.history), [
    'loss',
    'accuracy',
    'sparseCategoricalCrossentropy',
    'val_loss',
    'val_accuracy',
    'val_sparseCategoricalCrossentropy',
  ]);
  assertClose(history.history.loss, history.history.sparseCategoricalCrossentropy);
  const params = { epochs: 5, steps: 3, batchSize: 32, samples: 70, verbose: 0 };
  assert.deepEqual(history.params, params);
});

test('metrics of the same name are told apart', async () => {
  const { x, y } = flowers(20);
  const model = classifier({ metrics: ['acc', 'acc'] });
  const history = await training.fit(model, x, y, quiet);
  assert.deepEqual(Object.keys(history.history), ['loss', 'acc', 'acc_1']);
});

test('learns', async () => {
  const { x, y } = flowers(300);
  const model = classifier({ optimizer: tf.train.adam(0.05) });
  const { history } = await training.fit(model, x, y, { ...quiet, epochs: 10, seed: 1 });
  assert.ok((history.acc?.at(-1) ?? 0) > 0.9, `${history.acc}`);
});

test('a seed makes training repeatable; another seed gives another order', async () => {
  const { x, y } = flowers(100);
  const losses = async (seed?: number) =>
    (await training.fit(classifier(), x, y, { ...quiet, epochs: 3, seed })).history.loss;
  assertClose(await losses(1), await losses(1));
  assertDifferent(await losses(1), await losses(2));
  assertDifferent(await losses(), await losses());
});

test('two fits equal one longer one: optimiser and order of the rows go on', async () => {
  const { x, y } = flowers(100);
  const [once, twice] = [classifier(), classifier()];
  const whole = await training.fit(once, x, y, { ...quiet, epochs: 4, seed: 1 });
  const first = await training.fit(twice, x, y, { ...quiet, epochs: 2, seed: 1 });
  const rest = await training.fit(twice, x, y, { ...quiet, epochs: 4, initialEpoch: 2, seed: 1 });
  assertClose([...(first.history.loss ?? []), ...(rest.history.loss ?? [])], whole.history.loss);
  assertClose(weightValues(once).flat(), weightValues(twice).flat());
});

test('validationSplit takes the last rows, and trains on none of them', async () => {
  const { x, y } = flowers(50);
  const [split, apart] = [classifier(), classifier()];
  const options = { ...quiet, epochs: 2, seed: 1 };
  const history = await training.fit(split, x, y, { ...options, validationSplit: 0.2 });
  const reference = await training.fit(apart, x.slice(0, 40), y.slice(0, 40), {
    ...options,
    validationData: [x.slice(40), y.slice(40)],
  });
  assertClose(Object.values(history.history).flat(), Object.values(reference.history).flat());
  assert.equal(history.params.samples, 40);
});

test('a batch larger than the data is one step', async () => {
  const { x, y } = flowers(10);
  const history = await training.fit(classifier(), x, y, { ...quiet, batchSize: 1000 });
  assert.equal(history.params.steps, 1);
});

test('takes labels as int32 or float32, as [rows] or [rows, 1]', async () => {
  const { x, y } = flowers(40);
  const losses = [y, y.toFloat(), y.expandDims(-1)].map(async (labels) => {
    const options = { ...quiet, shuffle: false };
    return (await training.fit(classifier(), x, labels, options)).history.loss;
  });
  const [first, ...others] = await Promise.all(losses);
  for (const other of others) {
    assertClose(other, first);
  }
});

test('one-hot labels give the same as class numbers', async () => {
  const { x, y } = flowers(40);
  const options = { ...quiet, shuffle: false, epochs: 2 };
  const sparse = await training.fit(classifier(), x, y, options);
  const oneHot = classifier({ loss: 'categoricalCrossentropy' });
  const dense = await training.fit(oneHot, x, tf.oneHot(y, 3), options);
  assertClose(dense.history.loss, sparse.history.loss);
  assertClose(dense.history.acc, sparse.history.acc);
});

test('takes integer inputs', async () => {
  const { x, y } = flowers(40);
  const rounded = x.round();
  const options = { ...quiet, shuffle: false };
  const integers = await training.fit(classifier(), rounded.toInt(), y, options);
  const floats = await training.fit(classifier(), rounded, y, options);
  assertClose(integers.history.loss, floats.history.loss);
});

test('trains a regression with targets of shape [rows] and a loss function', async () => {
  const { x, y } = flowers(60);
  for (const loss of ['meanSquaredError', tf.metrics.meanSquaredError]) {
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
    const layer = tf.layers.dense({ units: 1, inputShape: [4], kernelInitializer });
    const model = tf.sequential({ layers: [layer] });
    model.compile({ optimizer: tf.train.sgd(0.05), loss: loss as string, metrics: ['mae'] });
    const { history } = await training.fit(model, x, y.toFloat(), { ...quiet, epochs: 5, seed: 1 });
    assert.deepEqual(Object.keys(history), ['loss', 'mae']);
    assert.ok((history.loss?.[4] ?? 1) < (history.loss?.[0] ?? 0));
  }
});

test('trains and evaluates a model with two inputs and two outputs', async () => {
  const { x, y } = flowers(50);
  const inputs = ['left', 'right'].map((name) => tf.input({ shape: [2], name }));
  const joined = tf.layers.concatenate().apply(inputs) as tf.SymbolicTensor;
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const kind = tf.layers.dense({
    units: 3,
    activation: 'softmax',
    name: 'kind',
    kernelInitializer,
  });
  const size = tf.layers.dense({ units: 1, name: 'size', kernelInitializer });
  const outputs = [kind, size].map((layer) => layer.apply(joined) as tf.SymbolicTensor);
  const model = tf.model({ inputs, outputs });
  const loss = { kind: 'sparseCategoricalCrossentropy', size: 'meanSquaredError' };
  model.compile({ optimizer: 'sgd', loss, metrics: { kind: 'accuracy' } });
  const halves = tf.split(x, 2, 1);
  const targets = [y, x.sum(1)];
  const { history } = await training.fit(model, halves, targets, { ...quiet, epochs: 3, seed: 1 });
  assert.deepEqual(Object.keys(history), ['loss', 'kind_loss', 'size_loss', 'kind_accuracy']);
  assert.ok((history.loss?.[2] ?? 1) < (history.loss?.[0] ?? 0));
  const result = await training.evaluate(model, halves, targets, quiet);
  assert.deepEqual(Object.keys(result), ['loss', 'kind_loss', 'size_loss', 'kind_accuracy']);
  assertClose([result.loss ?? 0], [(result.kind_loss ?? 0) + (result.size_loss ?? 0)]);
  const predicted = await training.predict<tf.Tensor[]>(model, halves);
  assert.deepEqual(
    predicted.map(({ shape }) => shape),
    [
      [50, 3],
      [50, 1],
    ],
  );
});

test('leaves no tensors behind, and x and y usable', async () => {
  const { x, y } = flowers(50);
  const model = classifier();
  // The first step creates the optimiser's own tensors.
  await training.fit(model, x, y, quiet);
  const before = tf.memory().numTensors;
  await training.fit(model, x, y, { ...quiet, epochs: 3, validationData: [x, y] });
  await training.fit(model, x, y, { ...quiet, validationSplit: 0.5, shuffle: false });
  await training.evaluate(model, x, y, quiet);
  (await training.predict(model, x)).dispose();
  assert.equal(tf.memory().numTensors, before);
  assert.equal(x.isDisposed || y.isDisposed, false);
});

test('lets timers fire while it trains', async () => {
  const { x, y } = flowers(320);
  const model = classifier();
  // Building the graph is one long call, but happens once.
  await training.fit(model, x, y, quiet);
  let last = performance.now();
  let longestGap = 0;
  const timer = setInterval(() => {
    longestGap = Math.max(longestGap, performance.now() - last);
    last = performance.now();
  }, 5);
  setTimeout(() => {
    model.stopTraining = true;
  }, 500);
  await training.fit(model, x, y, { ...quiet, epochs: 1_000_000 });
  clearInterval(timer);
  assert.ok(longestGap < 300, `no timer fired for ${longestGap} ms`);
});
