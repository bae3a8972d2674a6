import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { saving } from '../../lib/index';
import { readHdf5, writeHdf5 } from '../../lib/saving/hdf5File';
import { emptyGroup, readText } from '../../lib/saving/hdf5Tree';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './assertClose';
import { expectedOfKeras2, fixture, predictions, trainingLosses } from './fixtures';

const folder = mkdtempSync(path.join(tmpdir(), 'keras-h5-'));
after(() => rmSync(folder, { recursive: true }));

for (const [name, expected] of Object.entries(expectedOfKeras2)) {
  // tfjs's own step of Adadelta differs from Keras's: it takes the mean square before the step.
  const tolerance = name === 'keras2_adadelta' ? 1e-3 : 1e-5;

  test(`${name}.h5 of Keras 2 predicts the same and goes on training, saved again as well`, async () => {
    const tensorsBefore = tf.memory().numTensors;
    const model = await saving.loadKerasH5(fixture(name));
    const again = path.join(folder, `${name}.h5`);
    await saving.saveKerasH5(model, again);
    const copy = await saving.loadKerasH5(again);
    for (const loaded of [model, copy]) {
      assertClose(predictions(loaded), expected.predictions.flat(), 1e-5);
      assert.deepEqual(loaded.metrics, ['acc']);
      assertClose(await trainingLosses(loaded, 3), expected.losses, tolerance);
      loaded.dispose();
    }
    assert.equal(tf.memory().numTensors, tensorsBefore);
  });
}

test('layers that Keras 2 computes otherwise for masked steps are named', async (context) => {
  const warn = context.mock.method(console, 'warn', () => {});
  const file = path.join(folder, 'masked.h5');
  for (const [index, maskZero] of [false, true].entries()) {
    const steps = tf.input({ shape: [3] });
    const embedded = tf.layers.embedding({ inputDim: 4, outputDim: 2, maskZero }).apply(steps);
    const both = [embedded, embedded] as tf.SymbolicTensor[];
    const product = tf.layers.multiply({ name: 'square' }).apply(both);
    const outputs = tf.layers.flatten().apply(product) as tf.SymbolicTensor;
    const model = tf.model({ inputs: steps, outputs });
    await saving.saveKerasH5(model, file);
    model.dispose();
    (await saving.loadKerasH5(file)).dispose();
    assert.equal(warn.mock.callCount(), index);
  }
  assert.match(String(warn.mock.calls[0]?.arguments[0]), /"square" \(Multiply\) .*Keras 2 mult/);
});

test('optimiser settings and learning rate survive', async () => {
  const optimizer = tf.train.rmsprop(0.02, 0.8, 0.3, 1e-6, true);
  const loaded = await savedAndLoaded(compiled({ optimizer }));
  assert.deepEqual(loaded.optimizer.getConfig(), {
    learningRate: 0.02,
    decay: 0.8,
    momentum: 0.3,
    epsilon: 1e-6,
    centered: true,
  });
  assert.equal(loaded.optimizer.iterations, 2);
  assert.deepEqual([loaded.loss, loaded.metrics], ['categoricalCrossentropy', ['mse', 'accuracy']]);
});

test('a model that was not compiled, and one without its optimiser, load uncompiled', async () => {
  const plain = tf.sequential({ layers: [tf.layers.dense({ units: 2, inputShape: [3] })] });
  assert.equal((await savedAndLoaded(plain)).optimizer, undefined);
  const withoutOptimizer = await savedAndLoaded(compiled(), { includeOptimizer: false });
  assert.equal(withoutOptimizer.optimizer, undefined);
  const notCompiled = await saving.loadKerasH5(fixture('keras2_adam'), { compile: false });
  assert.equal(notCompiled.optimizer, undefined);
});

test('layer names, frozen layers and regularisers survive', async () => {
  const frozen = tf.layers.dense({
    units: 4,
    inputShape: [3],
    name: 'my_Frozen',
    trainable: false,
  });
  const kernelRegularizer = tf.regularizers.l1({ l1: 0.25 });
  const last = tf.layers.dense({ units: 2, name: 'last', kernelRegularizer });
  const loaded = await savedAndLoaded(tf.sequential({ name: 'two', layers: [frozen, last] }));
  assert.equal(loaded.name, 'two');
  assert.deepEqual(
    loaded.layers.map(({ name }) => name),
    ['my_Frozen', 'last'],
  );
  assert.deepEqual(
    loaded.trainableWeights.map(({ originalName }) => originalName),
    ['last/kernel', 'last/bias'],
  );
  const { config } = JSON.parse(JSON.stringify(last.getConfig().kernelRegularizer));
  const loadedConfig = JSON.parse(JSON.stringify(loaded.layers[1]?.getConfig().kernelRegularizer));
  assert.deepEqual(loadedConfig.config, config);
});

test('more than 64 kB of configuration, the limit of a plain HDF5 attribute, are saved', async () => {
  const layers = Array.from({ length: 150 }, () => tf.layers.dense({ units: 1, inputShape: [1] }));
  const model = tf.sequential({ layers });
  const loaded = await savedAndLoaded(model);
  assert.equal(loaded.layers.length, 150);
  assert.deepEqual(
    loaded.getWeights().map((weight) => weight.arraySync()),
    model.getWeights().map((weight) => weight.arraySync()),
  );
});

const damagedFiles: [
  what: string,
  expected: RegExp,
  make: (file: string) => void | Promise<void>,
][] = [
  ['a file that is missing', /There is no file .*damaged\.h5/, () => {}],
  ['a text file', /not an HDF5 file/, (file) => writeFileSync(file, 'mnist')],
  ['an empty file', /not an HDF5 file/, (file) => writeFileSync(file, '')],
  [
    'a file cut short',
    /cut short/,
    (file) => writeFileSync(file, readFileSync(fixture('keras2_adam')).subarray(0, 20_000)),
  ],
  ['an HDF5 file without a model', /not a Keras model/, (file) => writeHdf5(file, emptyGroup())],
  [
    'an unknown layer',
    /layer "flatten" \(Hashing\) is not supported/,
    changed('Flatten', 'Hashing'),
  ],
  [
    'an option that tfjs does not have',
    /layer "conv2d" \(Conv2D\) has data_format = "channels_first"/,
    changed('channels_last', 'channels_first'),
  ],
  ['another number type', /computes in "float16"/, changed('"float32"', '"float16"')],
  [
    'weights that do not fit',
    /do not fit layer "dense".*\[8,4\].*\[8,3\]/,
    changed('units": 3', 'units": 4'),
  ],
  [
    'an impossible model',
    /cannot be loaded/,
    changed('"pool_size": [2, 2]', '"pool_size": [20, 20]'),
  ],
  ['a configuration that is no JSON', /not JSON/, changed('{', '')],
  [
    'an unknown optimiser',
    /optimizer Lion is not supported/,
    changed('Custom>Adam', 'Custom>Lion', 'training_config'),
  ],
  [
    'an average of weights',
    /use_ema = true /,
    changed('"use_ema": false', '"use_ema": true', 'training_config'),
  ],
  [
    'an unknown loss',
    /loss dice is not/,
    changed('sparse_categorical_crossentropy', 'dice', 'training_config'),
  ],
];

for (const [what, expected, make] of damagedFiles) {
  test(`${what} is a clear error and leaves nothing behind`, async () => {
    const file = path.join(folder, 'damaged.h5');
    rmSync(file, { force: true });
    await make(file);
    await tf.nextFrame();
    const { numTensors } = tf.memory();
    await assert.rejects(saving.loadKerasH5(file), expected);
    assert.equal(tf.memory().numTensors, numTensors);
  });
}

test('what Keras cannot express is an error, and the old file stays', async () => {
  const file = path.join(folder, 'old.h5');
  await saving.saveKerasH5(compiled(), file);
  const before = readFileSync(file);
  const ownLoss = (truth: tf.Tensor, predicted: tf.Tensor) => tf.losses.huberLoss(truth, predicted);
  await assert.rejects(
    saving.saveKerasH5(compiled({ loss: ownLoss }), file),
    /own cannot be saved/,
  );
  const unsupported = tf.sequential({
    layers: [tf.layers.categoryEncoding({ numTokens: 3, outputMode: 'oneHot', inputShape: [1] })],
  });
  await assert.rejects(saving.saveKerasH5(unsupported, file), /\(CategoryEncoding\) is not supp/);
  assert.deepEqual(readFileSync(file), before);
  assert.deepEqual(
    readdirSync(folder).filter((name) => name.endsWith('.tmp')),
    [],
  );
});

/** A small compiled model that has been trained for two steps. */
function compiled(options: Partial<tf.ModelCompileArgs> = {}): tf.LayersModel {
  const layers = [tf.layers.dense({ units: 3, inputShape: [4], activation: 'softmax' })];
  const model = tf.sequential({ layers });
  const loss = 'categoricalCrossentropy';
  model.compile({ optimizer: 'adam', loss, metrics: ['mse', 'accuracy'], ...options });
  return model;
}

async function savedAndLoaded(
  model: tf.LayersModel,
  options?: saving.SaveKerasH5Options,
): Promise<tf.LayersModel> {
  if (model.optimizer) {
    for (let step = 0; step < 2; step++) {
      await model.trainOnBatch(
        tf.ones([2, 4]),
        tf.tensor2d([
          [1, 0, 0],
          [0, 1, 0],
        ]),
      );
    }
  }
  const file = path.join(folder, 'model.h5');
  await saving.saveKerasH5(model, file, options);
  return saving.loadKerasH5(file);
}

/** Copies a file of Keras 2 and replaces a text of the configuration. */
function changed(from: string, to: string, attribute = 'model_config') {
  return async (file: string) => {
    const tree = await readHdf5(fixture('keras2_adam'));
    const text = readText(tree, attribute) as string;
    assert.ok(text.includes(from), `${attribute} holds ${from}`);
    tree.attributes.set(attribute, text.replaceAll(from, to));
    await writeHdf5(file, tree);
  };
}
