// Metrics that are summed over all rows, and weighted ones.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const quiet = { verbose: 0 } as const;
const { metrics } = training;

function oneOutput(): tf.LayersModel {
  const layer = tf.layers.dense({ units: 1, inputShape: [1], kernelInitializer: 'ones' });
  return tf.sequential({ layers: [layer] });
}

test('the sizes of batches do not matter, neither in evaluation nor in validation', async () => {
  const x = tf.tensor2d([0.1, 0.4, 0.35, 0.8, 0.7, 0.2, 0.9], [7, 1]);
  const y = tf.tensor2d([0, 0, 1, 1, 1, 0, 0], [7, 1]);
  const { numTensors } = tf.memory();
  const model = oneOutput();
  const optimizer = tf.train.sgd(0);
  training.compile(model, {
    optimizer,
    loss: 'mse',
    metrics: [metrics.auc(), metrics.rootMeanSquaredError(), metrics.r2Score(), 'recall'],
  });
  const whole = await training.evaluate(model, x, y, { ...quiet, batchSize: 7 });
  const inBatches = await training.evaluate(model, x, y, { ...quiet, batchSize: 2 });
  for (const [name, value] of Object.entries(whole)) {
    assert.ok(Math.abs(value - (inBatches[name] as number)) < 1e-6, name);
  }
  // Of the 12 pairs of a yes and a no, 8 are in order.
  assert.ok(Math.abs((whole.auc as number) - 8 / 12) < 1e-6, `${whole.auc}`);
  assert.ok(Math.abs((whole.recall as number) - 2 / 3) < 1e-6, `${whole.recall}`);
  const options = { ...quiet, batchSize: 3, validationData: [x, y] as [tf.Tensor, tf.Tensor] };
  const { history } = await training.fit(model, x, y, options);
  for (const [name, value] of Object.entries(whole)) {
    assert.ok(Math.abs(value - (history[`val_${name}`]?.[0] as number)) < 1e-6, `val_${name}`);
  }
  optimizer.dispose();
  model.dispose();
  assert.equal(tf.memory().numTensors, numTensors);
  tf.dispose([x, y]);
});

test('the first evaluation of a model that tfjs compiled says what the second does', async () => {
  const model = oneOutput();
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: ['precision'] });
  const [x, y] = [tf.tensor2d([0.9, 0.8, 0.7, 0.2], [4, 1]), tf.tensor2d([1, 0, 1, 1], [4, 1])];
  for (const _ of [1, 2]) {
    const { precision } = await training.evaluate(model, x, y, quiet);
    assert.ok(Math.abs((precision as number) - 2 / 3) < 1e-6, `${precision}`);
  }
  tf.dispose([x, y]);
  model.dispose();
});

test('metrics and weighted metrics of several outputs have the names they have in Keras', async () => {
  const input = tf.input({ shape: [1] });
  const outputs = ['one', 'two'].map(
    (name) =>
      tf.layers
        .dense({ units: 1, kernelInitializer: 'ones', name })
        .apply(input) as tf.SymbolicTensor,
  );
  const model = tf.model({ inputs: input, outputs });
  training.compile(model, {
    optimizer: 'sgd',
    loss: 'mse',
    metrics: { one: 'mae' },
    weightedMetrics: [['mae', metrics.rootMeanSquaredError()], ['mae']],
  });
  const x = tf.tensor2d([1, 2], [2, 1]);
  const y = tf.zeros([2, 1]);
  const sampleWeight = { one: tf.tensor1d([3, 1]), two: tf.tensor1d([0, 1]) };
  const measured = await training.evaluate(model, x, [y, y], { ...quiet, sampleWeight });
  const { loss, one_loss, two_loss, ...others } = measured;
  assert.deepEqual([one_loss, two_loss, loss], [3.5, 2, 5.5]);
  const expected = {
    one_mae: 1.5,
    one_weighted_mae: 1.25,
    one_root_mean_squared_error: Math.sqrt(7 / 4),
    two_mae: 2,
  };
  assert.deepEqual(Object.keys(others), Object.keys(expected));
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(Math.abs((others[name] as number) - value) < 1e-6, `${name}: ${others[name]}`);
  }
  model.optimizer.dispose();
  model.dispose();
  tf.dispose([x, y, sampleWeight]);
});

test('classWeight counts in weighted metrics; a metric of one number for a batch cannot', async () => {
  const x = tf.tensor2d([0.2, 0.6, 0.9], [3, 1]);
  const y = tf.tensor2d([0, 0, 1], [3, 1]);
  const classWeight = { 0: 1, 1: 2 };
  const model = oneOutput();
  const optimizer = tf.train.sgd(0);
  training.compile(model, { optimizer, loss: 'mse', weightedMetrics: 'binary_accuracy' });
  const { history } = await training.fit(model, x, y, { ...quiet, classWeight });
  assert.deepEqual(history.binary_accuracy, [0.75]);
  const ofBatch = (targets: tf.Tensor, outputs: tf.Tensor) =>
    tf.losses.absoluteDifference(targets, outputs);
  training.compile(model, { optimizer, loss: 'mse', weightedMetrics: ofBatch });
  await assert.rejects(training.fit(model, x, y, { ...quiet, classWeight }), {
    message: /"ofBatch" returns one number for a batch/,
  });
  optimizer.dispose();
  model.dispose();
  tf.dispose([x, y]);
});

test('an option of a metric that there is not is an error that says it', () => {
  const cases: [() => unknown, RegExp][] = [
    [() => metrics.auc({ numThresholds: 1 }), /numThresholds must be a whole number from 2, not 1/],
    [() => metrics.auc({ curve: 'PRGAIN' as 'PR' }), /curve must be 'ROC' or 'PR', not PRGAIN/],
    [() => metrics.precision({ thresholds: 2 }), /thresholds must be a number from 0 to 1, not 2/],
    [() => metrics.f1Score({ average: 'all' as 'macro' }), /average must be 'macro'.*not all/],
    [() => metrics.topKCategoricalAccuracy({ k: 0 }), /k must be a whole number above 0, not 0/],
    [() => metrics.r2Score({ classAggregation: 'no' as 'uniform_average' }), /not no/],
  ];
  for (const [make, message] of cases) {
    assert.throws(make, { message });
  }
  const options = { optimizer: 'sgd', loss: 'mse', metrics: 'f1_score' };
  const model = oneOutput();
  assert.throws(() => training.compile(model, options), { message: /needs an average/ });
  model.dispose();
});

// Of Keras 3.15 on TensorFlow 2.21. Probabilities that are 0 or 1 in float32 have no logarithm left.
const ofKeras = { binary: 33.07682418823242, categorical: 97.68806457519531 };
const cases: [activation: 'sigmoid' | 'softmax', metric: string, expected: number][] = [
  ['sigmoid', 'binary_crossentropy', ofKeras.binary],
  ['softmax', 'categorical_crossentropy', ofKeras.categorical],
  ['softmax', 'sparse_categorical_crossentropy', ofKeras.categorical],
];

for (const [activation, metric, expected] of cases) {
  for (const compiled of [false, true]) {
    test(`${metric} of what goes into ${activation}, as in Keras, compiled: ${compiled}`, async () => {
      const before = tf.memory().numTensors;
      const kernelInitializer = tf.initializers.identity({});
      const layer = tf.layers.dense({ units: 3, inputShape: [3], activation, kernelInitializer });
      const model = tf.sequential({ layers: [layer] });
      const isSparse = metric.startsWith('sparse');
      const loss = isSparse ? metric : 'mse';
      training.compile(model, {
        optimizer: 'sgd',
        loss,
        metrics: [metric],
        weightedMetrics: [metric],
      });
      const rows = [[30, 0, 0], [-30, 0, 0], [0, 100, -100], [17, 0, 1], [200, -200, 3], [0, 0, 0], [5, 1, 0]]; // biome-ignore format: rows
      const classes = tf.tensor1d([1, 0, 2, 1, 1, 0, 2], 'int32');
      const [x, y] = [tf.tensor2d(rows), isSparse ? classes.clone() : tf.oneHot(classes, 3)];
      const results = await training.evaluate(model, x, y, { verbose: 0, compiled });
      for (const name of [metric, `weighted_${metric}`]) {
        assert.ok(
          Math.abs((results[name] as number) - expected) < 1e-4,
          `${name}: ${results[name]}`,
        );
      }
      tf.dispose([x, y, classes]);
      model.dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  }
}
