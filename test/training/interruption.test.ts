import assert from 'node:assert/strict';
import { afterEach, test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { classifier, flowers, weightValues } from './flowers';

const hostKey = Symbol.for('notebook.host');
const endless = { verbose: 0, epochs: 1_000_000 } as const;

afterEach(() => {
  Reflect.deleteProperty(globalThis, hostKey);
});

test('an aborted signal ends fit at once, with the weights of the last finished step', async () => {
  const { x, y } = flowers(200);
  const model = classifier();
  await training.fit(model, x, y, { verbose: 0 });
  const before = tf.memory().numTensors;
  const controller = new AbortController();
  let lastStep: number[][] = [];
  let [steps, stepsBeforeAbort] = [0, 0];
  const onBatchEnd = () => {
    steps++;
    lastStep = weightValues(model);
    if (steps === 10) {
      // Not in the callback itself but between steps, like a button in a page.
      setImmediate(() => {
        stepsBeforeAbort = steps;
        controller.abort();
      });
    }
  };
  await assert.rejects(
    training.fit(model, x, y, {
      ...endless,
      signal: controller.signal,
      callbacks: [{ onBatchEnd }],
    }),
    (error: Error) => {
      assert.ok(error instanceof training.Interrupted);
      assert.equal(error.name, 'Interrupted');
      assert.match(error.message, /interrupted after epoch \d+\/1000000, step \d\/7\./);
      return true;
    },
  );
  assert.ok(
    stepsBeforeAbort >= 10 && steps <= stepsBeforeAbort + 1,
    `${stepsBeforeAbort}, ${steps}`,
  );
  assert.deepEqual(weightValues(model), lastStep);
  assert.equal(tf.memory().numTensors, before);
  const { history } = await training.fit(model, x, y, { verbose: 0 });
  assert.ok(Number.isFinite(history.loss?.[0]));
});

test('the notebook’s interrupt ends fit, evaluate and predict', async () => {
  const { x, y } = flowers(200);
  const model = classifier();
  const before = tf.memory().numTensors;
  Object.assign(globalThis, { [hostKey]: { display() {}, signal: AbortSignal.abort() } });
  const { Interrupted } = training;
  const signal = new AbortController().signal;
  await assert.rejects(training.evaluate(model, x, y, { verbose: 0, signal }), Interrupted);
  await assert.rejects(training.predict(model, x), Interrupted);
  assert.equal(tf.memory().numTensors, before);
  await assert.rejects(training.fit(model, x, y, { verbose: 0 }), Interrupted);
});

test('an interrupt while validating says so', async () => {
  const { x, y } = flowers(40);
  let trained = 0;
  const onBatchEnd = () => {
    trained++;
  };
  let checks = 0;
  const abortedAfterTraining = {
    // The first check after the last step is still that step's.
    get aborted() {
      return trained === 40 && ++checks > 1;
    },
  } as AbortSignal;
  await assert.rejects(
    training.fit(classifier(), x, y, {
      verbose: 0,
      batchSize: 1,
      validationData: [x, y],
      callbacks: [{ onBatchEnd }],
      signal: abortedAfterTraining,
    }),
    /interrupted while validating epoch 1/,
  );
});

test('a callback that never ends cannot keep the model from being trained again', async () => {
  const { x, y } = flowers(40);
  const model = classifier();
  const before = tf.memory().numTensors;
  for (const event of ['onTrainBegin', 'onBatchEnd', 'onEpochEnd', 'onTestBatchEnd'] as const) {
    const controller = new AbortController();
    const callbacks = {
      [event]: () => {
        setTimeout(() => controller.abort(), 20);
        return new Promise<void>(() => {});
      },
    };
    await assert.rejects(
      training.fit(model, x, y, {
        verbose: 0,
        validationData: [x, y],
        callbacks,
        signal: controller.signal,
      }),
      {
        name: 'Interrupted',
        message: `Training was interrupted while it waited for ${event} of a callback.`,
      },
    );
  }
  const { history } = await training.fit(model, x, y, { verbose: 0 });
  assert.ok(Number.isFinite(history.loss?.[0]));
  model.dispose();
  assert.ok(tf.memory().numTensors <= before);
});

test('what an abandoned callback throws later does not end the program', async () => {
  const { x, y } = flowers(40);
  const controller = new AbortController();
  const callbacks = {
    async onBatchEnd() {
      controller.abort();
      await new Promise((resolve) => setTimeout(resolve, 20));
      throw new Error('too late');
    },
  };
  await assert.rejects(
    training.fit(classifier(), x, y, { verbose: 0, callbacks, signal: controller.signal }),
    training.Interrupted,
  );
  await new Promise((resolve) => setTimeout(resolve, 50));
});
