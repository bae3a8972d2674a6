import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { splitValidation } from '../../lib/datasets/index';
import * as tf from '../../lib/tensorflow';

/** `count` pictures of 1 x 2 whose values and labels are their number. */
function numbered(count: number, labelCount = count) {
  const numbers = Array.from({ length: count }, (_, i) => [i, i]).flat();
  return {
    images: tf.tensor3d(numbers, [count, 1, 2]),
    labels: tf.range(0, labelCount, 1, 'int32'),
  };
}

describe('splitValidation', () => {
  it('takes pictures with colour channels as well', () => {
    const before = tf.memory().numTensors;
    const all = {
      images: tf.ones([4, 2, 2, 3]) as tf.Tensor4D,
      labels: tf.range(0, 4, 1, 'int32'),
    };
    const { train, validation } = splitValidation(all, 1);
    assert.deepEqual(train.images.shape, [3, 2, 2, 3]);
    assert.deepEqual(validation.images.shape, [1, 2, 2, 3]);
    tf.dispose([all, train, validation]);
    assert.equal(tf.memory().numTensors, before);
  });

  it('takes the first pictures for validation and leaves the given ones alone', () => {
    const before = tf.memory().numTensors;
    const all = numbered(5);
    const { train, validation } = splitValidation(all, 2);
    assert.deepEqual(validation.labels.arraySync(), [0, 1]);
    assert.deepEqual(validation.images.arraySync(), [[[0, 0]], [[1, 1]]]);
    assert.deepEqual(train.labels.arraySync(), [2, 3, 4]);
    assert.deepEqual(train.images.arraySync(), [[[2, 2]], [[3, 3]], [[4, 4]]]);
    assert.equal(train.labels.dtype, 'int32');
    assert.deepEqual(all.labels.arraySync(), [0, 1, 2, 3, 4]);
    tf.dispose([all, train, validation]);
    assert.equal(tf.memory().numTensors, before);
  });

  it('refuses sizes that leave one part empty, and parts that do not fit', () => {
    const all = numbered(5);
    for (const size of [0, 5, -1, 1.5, Number.NaN]) {
      assert.throws(() => splitValidation(all, size), {
        message: `splitValidation: validationSize is ${size}, expected a whole number from 1 to 4.`,
      });
    }
    const uneven = numbered(5, 4);
    assert.throws(() => splitValidation(uneven, 2), /there are 5 images and 4 labels/);
    tf.dispose([all, uneven]);
  });
});
