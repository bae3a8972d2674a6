import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layers, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const x = () => tf.tensor2d([1, -2, 3, -4, 5, -6, 7, -8], [4, 2]);
const zeros = () => tf.zeros([4, 2]);

/** A model whose only weight is the identity: it puts out what it is given. */
function identity(activityRegularizer: ReturnType<typeof tf.regularizers.l1l2>): tf.Sequential {
  const model = tf.sequential();
  model.add(
    tf.layers.dense({
      units: 2,
      useBias: false,
      inputShape: [2],
      kernelInitializer: tf.initializers.identity({ gain: 1 }),
      activityRegularizer,
    }),
  );
  training.compile(model, { optimizer: tf.train.sgd(0), loss: 'mse' });
  return model;
}

// The mean of the squares is 25.5, their sum 204, the sum of the absolute values 36; 4 rows.
const loss = 25.5 + (0.1 * 36 + 0.01 * 204) / 4;
const near = (actual: unknown, expected: number) =>
  assert.ok(Math.abs(Number(actual) - expected) < 1e-4, `${actual} instead of ${expected}`);

for (const compiled of [false, true]) {
  const how = compiled ? 'compiled' : 'op by op';

  test(`fit, its validation and evaluate include the penalty on outputs, ${how}`, async () => {
    const model = identity(tf.regularizers.l1l2({ l1: 0.1, l2: 0.01 }));
    const [inputs, targets] = [x(), zeros()];
    const before = tf.memory().numTensors;
    const { history } = await training.fit(model, inputs, targets, {
      epochs: 2,
      batchSize: 4,
      validationData: [inputs, targets],
      verbose: 0,
      compiled,
    });
    near(history.loss?.at(-1), loss);
    near(history.val_loss?.at(-1), loss);
    const evaluated = await training.evaluate(model, inputs, targets, {
      batchSize: 2,
      verbose: 0,
      compiled,
    });
    near(evaluated.loss, loss);
    tf.dispose(model.predict(inputs));
    assert.equal(tf.memory().numTensors, before);
    model.dispose();
    tf.dispose([inputs, targets]);
  });

  test(`the penalty of many rows is their mean, ${how}`, async () => {
    const model = identity(tf.regularizers.l1l2({ l1: 0.1, l2: 0.01 }));
    const inputs = tf.tidy(() => tf.tile(x(), [256, 1]));
    const targets = tf.zeros([1024, 2]);
    const { history } = await training.fit(model, inputs, targets, {
      epochs: 2,
      batchSize: 1024,
      verbose: 0,
      compiled,
    });
    near(history.loss?.at(-1), loss);
    model.dispose();
    tf.dispose([inputs, targets]);
  });

  test(`a layer for the penalty trains the ones before it, ${how}`, async () => {
    const model = tf.sequential();
    const kernelInitializer = tf.initializers.identity({ gain: 1 });
    model.add(tf.layers.dense({ units: 2, useBias: false, inputShape: [2], kernelInitializer }));
    model.add(layers.activityRegularization({ l1: 0.5 }));
    training.compile(model, { optimizer: tf.train.sgd(0.1), loss: () => tf.zeros([4]) });
    const [inputs, targets] = [x(), zeros()];
    await training.fit(model, inputs, targets, {
      epochs: 1,
      batchSize: 4,
      verbose: 0,
      compiled,
    });
    // The gradient of the entry [i, j]: 0.5 / 4 · the sum over rows of x[i] · sign(x[j]).
    const kernel = tf.tidy(() => Array.from(model.getWeights()[0]?.dataSync() ?? []));
    const [first, second] = [(0.5 / 4) * 16, (0.5 / 4) * 20];
    const expected = [1 - 0.1 * first, 0.1 * first, 0.1 * second, 1 - 0.1 * second];
    for (const [index, value] of expected.entries()) {
      near(kernel[index], value);
    }
    model.dispose();
    tf.dispose([inputs, targets]);
  });
}

test('the fit of tfjs includes the penalty on outputs', async () => {
  const model = identity(tf.regularizers.l1l2({ l1: 0.1, l2: 0.01 }));
  const [inputs, targets] = [x(), zeros()];
  const { history } = await model.fit(inputs, targets, { epochs: 1, verbose: 0 });
  near(history.loss?.[0], loss);
  model.dispose();
  tf.dispose([inputs, targets]);
});

test('a penalty on outputs that is changed in training takes effect', async () => {
  const regularizer = tf.regularizers.l1l2({ l1: 0.1, l2: 0.01 });
  const model = identity(regularizer);
  const [inputs, targets] = [x(), zeros()];
  const options = { epochs: 2, batchSize: 4, verbose: 0, compiled: true } as const;
  await training.fit(model, inputs, targets, options);
  Object.assign(regularizer, { l1: 0.2 });
  const { history } = await training.fit(model, inputs, targets, options);
  near(history.loss?.at(-1), loss + (0.1 * 36) / 4);
  model.dispose();
  tf.dispose([inputs, targets]);
});
