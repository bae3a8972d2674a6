import assert from 'node:assert/strict';
import { test } from 'node:test';
import { models, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { classifier, flowers } from './flowers';

const { x, y } = flowers(20);

/** Expects `fit` to fail with this message and to leave neither tensors nor changed weights. */
async function assertRefused(
  message: RegExp,
  options: training.FitOptions,
  [inputs, targets]: [training.TensorOrTensors, training.TensorOrTensors] = [x, y],
  model: tf.LayersModel = classifier(),
): Promise<void> {
  const before = tf.memory().numTensors;
  await assert.rejects(training.fit(model, inputs, targets, { verbose: 0, ...options }), {
    message,
  });
  assert.equal(tf.memory().numTensors, before);
}

test('options out of range', async () => {
  for (const batchSize of [0, -1, 2.5, Number.NaN]) {
    const message = new RegExp(`batchSize must be a whole number of at least 1, not ${batchSize}`);
    await assertRefused(message, { batchSize });
    await assert.rejects(training.evaluate(classifier(), x, y, { batchSize }), { message });
    await assert.rejects(training.predict(classifier(), x, { batchSize }), { message });
  }
  await assertRefused(/epochs must be a whole number of at least 1, not 0/, { epochs: 0 });
  await assertRefused(/epochs must be a whole number of at least 1, not 1\.5/, { epochs: 1.5 });
  await assertRefused(/initialEpoch must be .* at least 0, not -1/, { initialEpoch: -1 });
  await assertRefused(/initialEpoch is 5 and epochs is 5/, { initialEpoch: 5, epochs: 5 });
  await assertRefused(/seed must be a whole number, not 0\.5/, { seed: 0.5 });
  await assertRefused(/verbose must be 0 .* not 3/, { verbose: 3 as training.Verbosity });
  for (const validationSplit of [-0.1, 1, 2, Number.NaN]) {
    await assertRefused(/from 0 to below 1, not/, { validationSplit });
  }
  for (const rest of [{ validationSplit: 0.2 }, { validationData: [x, y] as const }]) {
    const message = /validationBatchSize must be a whole number of at least 1, not 0/;
    await assertRefused(message, { validationBatchSize: 0, ...rest });
  }
  const message = /validationSplit 0\.99 of 20 rows leaves 0 for training and 20 for validation/;
  await assertRefused(message, { validationSplit: 0.99 });
});

test('a model that is not compiled, or was changed after compiling', async () => {
  const message = /"mlp" is not compiled\. Call model\.compile first/;
  await assertRefused(message, {}, [tf.ones([2, 28, 28]), tf.zeros([2])], models.mlp());
  const changed = classifier();
  changed.add(tf.layers.dense({ units: 3, activation: 'softmax' }));
  await assertRefused(/"classifier" is not compiled/, {}, [x, y], changed);
});

test('a model of which all layers are frozen', async () => {
  for (const compilesAgain of [false, true]) {
    const frozen = classifier();
    for (const layer of frozen.layers) {
      layer.trainable = false;
    }
    if (compilesAgain) {
      frozen.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    }
    await assertRefused(/has no weights to train: .* Set trainable = true/, {}, [x, y], frozen);
  }
});

test('x and y that do not belong together', async () => {
  await assertRefused(/x has 20 rows, but y has 19/, {}, [x, y.slice(0, 19)]);
  await assertRefused(/validationData\[0\] has 3 rows, but validationData\[1\] has 2/, {
    validationData: [x.slice(0, 3), y.slice(0, 2)],
  });
});

test('data that are empty, disposed, not tensors or too many', async () => {
  await assertRefused(/x is empty: its shape is \[0, 4\]/, {}, [tf.zeros([0, 4]), tf.zeros([0])]);
  const gone = x.clone();
  gone.dispose();
  await assertRefused(/x was disposed before/, {}, [gone, y]);
  const numbers = [[1, 2, 3, 4]] as unknown as tf.Tensor;
  await assertRefused(/x must be a tensor/, {}, [[numbers], y]);
  await assertRefused(/x must be a tensor, but it is an array/, {}, [x.arraySync() as never, y]);
  await assertRefused(/The model has 1 input\(s\), but x holds 2 tensor\(s\)/, {}, [[x, x], y]);
});

test('values of another kind', async () => {
  const numbers = new Float32Array(20) as never;
  await assertRefused(/x must be a tensor, but it is a Float32Array/, {}, [numbers, y]);
  await assertRefused(/y must be a tensor, but it is a Float32Array/, {}, [x, numbers]);
  await assertRefused(/x must be a tensor, but it is null/, {}, [null as never, y]);
  const promise = Promise.resolve(x) as never;
  await assertRefused(/x must be a tensor, but it is a promise\. Await it/, {}, [promise, y]);
  for (const [sampleWeight, kind] of [
    [numbers, 'a Float32Array'],
    [[1, 2], 'an Array'],
    [3, 'a number'],
    [null, 'null'],
  ] as [never, string][]) {
    await assertRefused(new RegExp(`sampleWeight must be a tensor, but it is ${kind}`), {
      sampleWeight,
    });
  }
  const classWeight = new Map([[0, 2]]) as never;
  await assertRefused(/classWeight must be a record, but it is a Map/, { classWeight });
  const model = Promise.resolve(classifier()) as never;
  await assertRefused(/The model must be a tf\.LayersModel, .* promise/, {}, [x, y], model);
  await assert.rejects(
    training.predict(undefined as never, x),
    /The model must be a tf\.LayersModel, but it is undefined/,
  );
});

test('inputs of the wrong shape, with a proposal where there is one', async () => {
  const cnn = models.cnn();
  cnn.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
  const labels = tf.zeros([2]);
  await assertRefused(
    /x has the shape \[2, 28, 28\], but the model takes \[None, 28, 28, 1\].*x\.expandDims\(-1\)/,
    {},
    [tf.zeros([2, 28, 28]), labels],
    cnn,
  );
  await assertRefused(/x\.reshape\(\[-1, 28, 28, 1\]\)/, {}, [tf.zeros([2, 784]), labels], cnn);
  await assertRefused(
    /\[None, 28, 28, 1\] \(None is the number of rows\)\.$/,
    {},
    [tf.zeros([2, 32, 32, 3]), labels],
    cnn,
  );
  await assert.rejects(
    training.predict(cnn, tf.zeros([28, 28, 1])),
    /For a single sample add the row dimension: x\.expandDims\(0\)/,
  );
});

test('one-hot labels for the sparse loss, class numbers for the other', async () => {
  const oneHot = tf.oneHot(y, 3);
  await assertRefused(
    /expects class numbers of shape \[None\], but y has the shape \[20, 3\].*'categoricalCrossentropy'.*y\.argMax\(-1\)/,
    {},
    [x, oneHot],
  );
  await assertRefused(/y has the shape \[20, 7\]\. $/, {}, [x, tf.zeros([20, 7])]);
  const categorical = classifier({ loss: 'categoricalCrossentropy' });
  const message =
    /'sparseCategoricalCrossentropy', or make them one-hot: tf\.oneHot\(y\.toInt\(\), 3\)/;
  await assertRefused(message, {}, [x, y], categorical);
  await assertRefused(message, {}, [x, y.expandDims(1)], categorical);
  await assertRefused(
    /output shape \[None, 3\], but y has the shape \[20, 4\]/,
    {},
    [x, x],
    categorical,
  );
});

test('labels that are no class of the model', async () => {
  const withLabel = (label: number) => tf.tensor1d([...y.dataSync().slice(0, 19), label]);
  await assertRefused(
    /label 3 at index 19, but a model with 3 outputs takes whole numbers from 0 to 2/,
    {},
    [x, withLabel(3)],
  );
  await assertRefused(/label -1 at index 19/, {}, [x, withLabel(-1)]);
  await assertRefused(/label 0\.5 at index 19/, {}, [x, withLabel(0.5)]);
});

test('NaN and infinity in the data', async () => {
  const spoilt = (value: number) => tf.tensor2d([...x.dataSync().slice(0, 78), value, 0], [20, 4]);
  const message = /x holds 1 value\(s\) that are NaN or infinite, the first in row 19/;
  await assertRefused(message, {}, [spoilt(Number.NaN), y]);
  await assertRefused(message, {}, [spoilt(Number.NEGATIVE_INFINITY), y]);
  await assertRefused(/y holds 20 value/, {}, [x, tf.fill([20], Number.NaN)]);
  await assert.rejects(training.predict(classifier(), spoilt(Number.NaN)), { message });
});

test('NaN in a large variable that was right before', async () => {
  const x = tf.variable(tf.zeros([4000, 4]));
  const model = classifier();
  tf.dispose(await training.predict(model, x));
  x.assign(tf.fill([4000, 4], Number.NaN));
  await assert.rejects(training.predict(model, x), /x holds 16000 value/);
});

test('large but finite values are not taken for infinite ones', async () => {
  const large = tf.fill([20, 4], 3e38);
  const prediction = await training.predict(classifier(), large);
  assert.deepEqual(prediction.shape, [20, 3]);
});

test('a loss that becomes NaN or infinite stops the training, unless told not to', async () => {
  const diverging = () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ units: 1, inputShape: [4] })] });
    model.compile({ optimizer: tf.train.sgd(1e12), loss: 'meanSquaredError' });
    return model;
  };
  const data: [tf.Tensor, tf.Tensor] = [x, y.toFloat()];
  const options = { epochs: 5, batchSize: 5, shuffle: false };
  await assertRefused(
    /loss became (NaN|Infinity) in epoch 1\/5, step [234]\/4.*lower the learning rate/,
    options,
    data,
    diverging(),
  );
  const { history } = await training.fit(diverging(), ...data, {
    ...options,
    verbose: 0,
    terminateOnNaN: false,
  });
  assert.equal(history.loss?.length, 5);
});
