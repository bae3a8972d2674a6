import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import { graph, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose, classifier, flowers, weightValues } from './flowers';

const quiet = { verbose: 0, seed: 1 } as const;

afterEach(() => {
  mock.restoreAll();
});

/** No graph can contain this metric: it reads its values in JavaScript. */
function uncompilable(): tf.Sequential {
  const largest = (_: tf.Tensor, prediction: tf.Tensor) =>
    tf.scalar(Math.max(...prediction.dataSync()));
  return classifier({ metrics: [largest] });
}

test('compiled and eager training agree', async () => {
  const { x, y } = flowers(100);
  const runs = [true, undefined, false].map(async (compiled) => {
    const model = classifier({ optimizer: tf.train.sgd(0.1) });
    await training.fit(model, x, y, { ...quiet, epochs: 3, compiled });
    const { loss } = await training.evaluate(model, x, y, { verbose: 0, compiled });
    const prediction = await training.predict(model, x, { compiled });
    return [...weightValues(model).flat(), loss ?? 0, ...prediction.dataSync()];
  });
  const [expected, ...others] = (await Promise.all(runs)).reverse();
  for (const values of others) {
    assertClose(values, expected);
  }
});

test('a model that cannot be compiled trains eagerly, after one warning', async () => {
  const { x, y } = flowers(200);
  const warn = mock.method(console, 'warn', () => {});
  const [model, eager] = [uncompilable(), uncompilable()];
  const { history } = await training.fit(model, x, y, { ...quiet, epochs: 2 });
  await training.evaluate(model, x, y, { verbose: 0 });
  assert.equal(warn.mock.callCount(), 1);
  assert.match(String(warn.mock.calls[0]?.arguments[0]), /"classifier" runs uncompiled.*: \w+/);
  const reference = await training.fit(eager, x, y, { ...quiet, epochs: 2, compiled: false });
  assert.equal(warn.mock.callCount(), 1);
  assertClose(history.loss, reference.history.loss);
});

test('compiled: true makes that an error, before anything has changed', async () => {
  const { x, y } = flowers(100);
  const model = uncompilable();
  const before = weightValues(model);
  await assert.rejects(
    training.fit(model, x, y, { ...quiet, compiled: true }),
    graph.NotCompilableError,
  );
  assert.deepEqual(weightValues(model), before);
});
