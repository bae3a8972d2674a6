import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

/** The rows of the first batches, as numbers. */
function take(count: number, batchSize: number, seed: number): number[][] {
  const rows = tf.range(0, 10);
  const images = tf.reshape(rows, [10, 1]);
  const labels = tf.mul(rows, 10);
  const taken: number[][] = [];
  for (const batch of training.randomBatches(images, labels, { batchSize, seed })) {
    const [inputs, targets] = batch.map((tensor) => [...tensor.dataSync()]);
    assert.deepEqual(batch[0].shape, [batchSize, 1]);
    assert.deepEqual(
      targets,
      inputs?.map((row) => row * 10),
    );
    tf.dispose(batch);
    if (taken.push(inputs ?? []) === count) {
      break;
    }
  }
  tf.dispose([rows, images, labels]);
  return taken;
}

describe('randomBatches', () => {
  it('takes every row once before any row comes again, in batches of one size', () => {
    const rows = take(5, 4, 0).flat();
    const sorted = [...rows.slice(0, 10)].sort((a, b) => a - b);
    assert.deepEqual(sorted, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    assert.deepEqual(
      [...rows.slice(10)].sort((a, b) => a - b),
      sorted,
    );
    assert.notDeepEqual(rows.slice(0, 10), rows.slice(10));
    assert.notDeepEqual(rows.slice(0, 10), sorted);
  });

  it('repeats with the seed, and only with it', () => {
    assert.deepEqual(take(6, 3, 1), take(6, 3, 1));
    assert.notDeepEqual(take(6, 3, 1), take(6, 3, 2));
  });

  it('leaves no tensors but those it gives', () => {
    const before = tf.memory().numTensors;
    take(20, 7, 0);
    assert.equal(tf.memory().numTensors, before);
  });

  it('says what is wrong at once', () => {
    const [images, labels] = [tf.zeros([10, 2]), tf.zeros([9])];
    assert.throws(() => training.randomBatches(images, labels), /10 rows and the targets 9/);
    assert.throws(
      () => training.randomBatches(images, images, { batchSize: 11 }),
      /batchSize is 11.*10 rows/,
    );
    assert.throws(() => training.randomBatches(images, images, { batchSize: 0 }), /batchSize/);
    assert.throws(
      () => training.randomBatches(images, images, { batchSize: 2, seed: 0.5 }),
      /seed.*0.5/,
    );
    const misspelt = { batchsize: 2 } as training.RandomBatchesOptions;
    assert.throws(() => training.randomBatches(images, images, misspelt), /Did you mean batchSize/);
    const batches = training.randomBatches(images, images, { batchSize: 2 });
    tf.dispose(batches.next().value);
    tf.dispose([images, labels]);
    assert.throws(() => batches.next(), /the inputs were disposed/);
    assert.throws(() => training.randomBatches(images, images), /the inputs were disposed/);
  });
});
