import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as tf from '../../lib/tensorflow';
import { batchOf } from '../../lib/training/runners/batchRunner';
import { Samples } from '../../lib/training/samples';

test('a shuffled epoch holds every row once, and each input keeps its target', () => {
  const x = tf.range(0, 100).reshape([100, 1]);
  const [first] = new Samples([x], [tf.mul(x, 10)]).split(90);
  const order = first.shuffledRows(1, 0);
  const seen: number[] = [];
  const sizes: number[] = [];
  for (const rows of first.batches(order, 32)) {
    sizes.push(rows.size);
    const [inputs, targets] = batchOf([...first.inputs, ...first.targets], rows).map((tensor) =>
      Array.from(tensor.dataSync()),
    );
    assert.deepEqual(
      targets,
      inputs?.map((value) => value * 10),
    );
    seen.push(...(inputs ?? []));
  }
  assert.deepEqual(sizes, [32, 32, 26]);
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
  const rows = [...rest.batches(rest.storedRows(), 2)].map((batch) => batch.isDisposed);
  assert.deepEqual(rows, [true, true]);
  const values: number[][] = [];
  for (const batch of rest.batches(rest.storedRows(), 2)) {
    values.push(batch.arraySync());
  }
  assert.deepEqual(values, [[7, 8], [9]]);
});

test('batches made together or one after the other are the same, and none is left', () => {
  const samples = new Samples([tf.range(0, 700)], []);
  const before = tf.memory().numTensors;
  const seen: number[] = [];
  for (const batch of samples.batches(samples.storedRows(), 1)) {
    seen.push(batch.dataSync()[0] as number);
  }
  assert.deepEqual(seen, Array.from(samples.storedRows()));
  for (const _ of samples.batches(samples.storedRows(), 3)) {
    break;
  }
  assert.equal(tf.memory().numTensors, before);
});
