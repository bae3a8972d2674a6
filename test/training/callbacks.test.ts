import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { classifier, flowers, weightValues } from './flowers';

const quiet = { verbose: 0, seed: 1 } as const;

test('callbacks are called in Keras’s order, awaited, with the logs so far', async () => {
  const { x, y } = flowers(40);
  const calls: string[] = [];
  const note = (name: string) => async (place?: number | training.Logs, logs?: training.Logs) => {
    await sleep(1);
    const keys = Object.keys((typeof place === 'object' ? place : logs) ?? {});
    calls.push([name, ...(typeof place === 'number' ? [place] : []), ...keys].join(' '));
  };
  const callback: training.Callback = {
    onTrainBegin: note('train begin'),
    onTrainEnd: note('train end'),
    onEpochBegin: note('epoch begin'),
    onEpochEnd: note('epoch end'),
    onBatchBegin: note('batch begin'),
    onBatchEnd: note('batch end'),
  };
  await training.fit(classifier(), x, y, {
    ...quiet,
    epochs: 2,
    initialEpoch: 1,
    callbacks: [callback],
    validationSplit: 0.1,
  });
  assert.deepEqual(calls, [
    'train begin',
    'epoch begin 1',
    'batch begin 0',
    'batch end 0 loss acc',
    'batch begin 1',
    'batch end 1 loss acc',
    'epoch end 1 loss acc val_loss val_acc',
    'train end loss acc val_loss val_acc',
  ]);
});

test('the last batch’s logs are the epoch’s means', async () => {
  const { x, y } = flowers(50);
  let last: training.Logs = {};
  const onBatchEnd = (_: number, logs?: training.Logs) => {
    last = logs ?? {};
  };
  const { history } = await training.fit(classifier(), x, y, {
    ...quiet,
    callbacks: [{ onBatchEnd }],
  });
  assert.deepEqual([last.loss, last.acc], [history.loss?.[0], history.acc?.[0]]);
});

test('model.stopTraining ends the training after the step or epoch in which it is set', async () => {
  const { x, y } = flowers(64);
  const model = classifier();
  const afterEpoch = {
    onEpochEnd: (epoch: number) => {
      model.stopTraining = epoch === 1;
    },
  };
  const first = await training.fit(model, x, y, { ...quiet, epochs: 9, callbacks: [afterEpoch] });
  assert.deepEqual(first.epoch, [0, 1]);
  let batches = 0;
  const afterBatch = {
    onBatchEnd: () => {
      batches++;
      model.stopTraining = true;
    },
  };
  const second = await training.fit(model, x, y, { ...quiet, epochs: 9, callbacks: [afterBatch] });
  assert.deepEqual([second.epoch, batches], [[0], 1]);
  const beforeEpoch = {
    onEpochBegin: () => {
      model.stopTraining = true;
    },
  };
  const third = await training.fit(model, x, y, { ...quiet, epochs: 9, callbacks: [beforeEpoch] });
  assert.ok(Number.isFinite(third.history.loss?.[0]));
});

test('tfjs’s own early stopping works', async () => {
  const { x, y } = flowers(40);
  const model = classifier({ optimizer: tf.train.sgd(0) });
  const stopping = tf.callbacks.earlyStopping({ monitor: 'val_loss', patience: 2 });
  const history = await training.fit(model, x, y, {
    ...quiet,
    epochs: 20,
    validationData: [x, y],
    callbacks: [stopping],
  });
  assert.deepEqual(history.epoch, [0, 1, 2]);
});

test('a callback can change the weights and the learning rate', async () => {
  const { x, y } = flowers(40);
  const optimizer = tf.train.sgd(0.1);
  const model = classifier({ optimizer });
  const zeros = model.getWeights().map((weight) => tf.zerosLike(weight));
  const onEpochBegin = () => {
    model.setWeights(zeros);
    optimizer.setLearningRate(0);
  };
  const { history } = await training.fit(model, x, y, { ...quiet, callbacks: [{ onEpochBegin }] });
  // With weights of 0 each of the 3 classes has the probability 1/3.
  assert.ok(Math.abs((history.loss?.[0] ?? 0) - Math.log(3)) < 1e-6);
  assert.ok(
    weightValues(model)
      .flat()
      .every((value) => value === 0),
  );
});

test('a callback that throws ends fit with its error and leaves the model usable', async () => {
  const { x, y } = flowers(40);
  const model = classifier();
  await training.fit(model, x, y, quiet);
  const before = tf.memory().numTensors;
  for (const event of ['onTrainBegin', 'onEpochBegin', 'onBatchEnd', 'onEpochEnd'] as const) {
    const failing = { [event]: () => Promise.reject(new Error(`my ${event}`)) };
    await assert.rejects(
      training.fit(model, x, y, { ...quiet, validationData: [x, y], callbacks: [failing] }),
      { message: `my ${event}` },
    );
  }
  assert.equal(tf.memory().numTensors, before);
  const { history } = await training.fit(model, x, y, quiet);
  assert.ok(Number.isFinite(history.loss?.[0]));
});

test('a second fit of the same model has to wait for the first', async () => {
  const { x, y } = flowers(40);
  const model = classifier();
  const first = training.fit(model, x, y, quiet);
  await assert.rejects(training.fit(model, x, y, quiet), /"classifier" is being trained already/);
  await first;
  await training.fit(model, x, y, quiet);
});
