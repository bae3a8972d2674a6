import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { oneHot } from '../../lib/datasets/index';
import * as tf from '../../lib/tensorflow';

describe('oneHot', () => {
  it('puts a 1 at the class, for numbers and tensors alike', () => {
    const before = tf.memory().numTensors;
    const labels = tf.tensor1d([2, 0], 'int32');
    for (const given of [[2, 0], Uint8Array.of(2, 0), labels]) {
      const rows = oneHot(given, 3);
      assert.deepEqual(rows.shape, [2, 3]);
      assert.equal(rows.dtype, 'float32');
      assert.deepEqual(rows.arraySync(), [
        [0, 0, 1],
        [1, 0, 0],
      ]);
      rows.dispose();
    }
    labels.dispose();
    assert.equal(tf.memory().numTensors, before);
  });

  it('takes no labels at all', () => {
    const rows = oneHot([], 10);
    assert.deepEqual(rows.shape, [0, 10]);
    rows.dispose();
  });

  const faults: [labels: number[], classes: number, message: string][] = [
    [[0, 3], 3, 'oneHot: labels[1] is 3, expected a whole number from 0 to 2.'],
    [[-1], 3, 'oneHot: labels[0] is -1, expected a whole number from 0 to 2.'],
    [[0, 1, 1.5], 3, 'oneHot: labels[2] is 1.5, expected a whole number from 0 to 2.'],
    [[Number.NaN], 3, 'oneHot: labels[0] is NaN, expected a whole number from 0 to 2.'],
    [[0], 0, 'oneHot: classes is 0, expected a whole number of at least 1.'],
    [[0], 2.5, 'oneHot: classes is 2.5, expected a whole number of at least 1.'],
  ];
  for (const [labels, classes, message] of faults) {
    it(`refuses [${labels}] with ${classes} classes`, () => {
      const before = tf.memory().numTensors;
      assert.throws(() => oneHot(labels, classes), { message });
      assert.equal(tf.memory().numTensors, before);
    });
  }

  it('refuses labels of another rank', () => {
    const labels = tf.zeros([4, 1]);
    assert.throws(() => oneHot(labels as unknown as tf.Tensor1D, 3), {
      message: 'oneHot: labels has shape [4, 1], expected [n].',
    });
    labels.dispose();
  });
});
