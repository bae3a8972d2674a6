import assert from 'node:assert/strict';
import { test } from 'node:test';
import { batchOf } from '../../lib/graph/batchRunner';
import * as tf from '../../lib/tensorflow';
import { Samples } from '../../lib/training/samples';

test('a shuffled epoch holds every row once, and each input keeps its target', () => {
  const x = tf.range(0, 100).reshape([100, 1]);
  const [first] = new Samples([x], [tf.mul(x, 10)]).split(90);
  const order = first.shuffledRows(1, 0);
  const seen: number[] = [];
  for (let step = 0; step < first.steps(32); step++) {
    const rows = first.batchRows(step, 32, order);
    const [inputs, targets] = batchOf([...first.inputs, ...first.targets], rows).map((tensor) =>
      Array.from(tensor.dataSync()),
    );
    assert.equal(inputs?.length, step === 2 ? 26 : 32);
    assert.deepEqual(
      targets,
      inputs?.map((value) => value * 10),
    );
    seen.push(...(inputs ?? []));
  }
  assert.notDeepEqual(
    seen,
    [...seen].sort((a, b) => a - b),
  );
  assert.deepEqual(
    [...seen].sort((a, b) => a - b),
    Array.from({ length: 90 }, (_, row) => row),
  );
});

test('each epoch has its own order, decided by the seed', () => {
  const samples = new Samples([tf.zeros([50, 1])], []);
  assert.deepEqual(samples.shuffledRows(3, 4), samples.shuffledRows(3, 4));
  assert.notDeepEqual(samples.shuffledRows(3, 4), samples.shuffledRows(3, 5));
  assert.notDeepEqual(samples.shuffledRows(3, 4), samples.shuffledRows(4, 4));
});

test('without an order the rows come as they are stored, from the range’s first one', () => {
  const [, rest] = new Samples([tf.range(0, 10)], [tf.range(0, 10)]).split(7);
  assert.deepEqual(rest.batchRows(1, 2, rest.storedRows()).arraySync(), [9]);
});
