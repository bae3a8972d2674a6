import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { datasets } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

describe('datasets.shift', () => {
  it('moves pictures and fills with black', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const image = tf.tensor4d([1, 2, 3, 4, 5, 6], [1, 2, 3, 1]);
      const values = (down: number, right: number) =>
        Array.from(datasets.shift(image, down, right).dataSync());
      assert.deepEqual(values(0, 0), [1, 2, 3, 4, 5, 6]);
      assert.deepEqual(values(1, 0), [0, 0, 0, 1, 2, 3]);
      assert.deepEqual(values(-1, 2), [0, 0, 4, 0, 0, 0]);
      assert.deepEqual(values(0, -1), [2, 3, 0, 5, 6, 0]);
    });
    assert.equal(tf.memory().numTensors, before);
  });

  it('refuses distances that leave nothing', () => {
    const image = tf.zeros<tf.Rank.R4>([1, 2, 3, 1]);
    assert.throws(() => datasets.shift(image, 2, 0), /down must be .* smaller .* 2 pixels, not 2/);
    assert.throws(() => datasets.shift(image, 0, 0.5), /right must be a whole number/);
    image.dispose();
  });
});

describe('datasets.randomShifts', () => {
  it('moves each picture by a distance of its own, in the same order, and repeats itself', () => {
    const before = tf.memory().numTensors;
    tf.tidy(() => {
      const count = 200;
      // Picture i has one bright pixel in the middle, of value i + 1.
      const middle = tf.range(1, count + 1).reshape<tf.Tensor4D>([count, 1, 1, 1]);
      const images = tf.pad4d(middle, [
        [0, 0],
        [3, 3],
        [3, 3],
        [0, 0],
      ]);
      const moved = datasets.randomShifts(images, { pixels: 2, seed: 1 });
      assert.deepEqual(moved.shape, images.shape);
      assert.deepEqual(Array.from(moved.sum([1, 2, 3]).dataSync()), Array.from(middle.dataSync()));
      const places = new Set(Array.from(moved.reshape([count, 49]).argMax(1).dataSync()));
      assert.equal(places.size, 25);
      const again = datasets.randomShifts(images, { pixels: 2, seed: 1 });
      assert.deepEqual(again.dataSync(), moved.dataSync());
      const other = datasets.randomShifts(images, { pixels: 2, seed: 2 });
      assert.notDeepEqual(other.dataSync(), moved.dataSync());
    });
    assert.equal(tf.memory().numTensors, before);
  });

  it('refuses negative distances', () => {
    const image = tf.zeros<tf.Rank.R4>([1, 2, 3, 1]);
    assert.throws(() => datasets.randomShifts(image, { pixels: -1, seed: 0 }), /0 or more, not -1/);
    image.dispose();
  });
});
