/** How a recurrent layer's kernel starts: as in TensorFlow.js, by one operation whatever its size. */
import assert from 'node:assert/strict';
import { describe, it, mock } from 'node:test';
import * as tf from '../../lib/tensorflow';
import { maximumDifference } from '../graph/lockstep';

const start = (shape: number[], gain = 1) =>
  tf.initializers.orthogonal({ gain, seed: 7 }).apply(shape) as tf.Tensor;

/** What TensorFlow.js computes, column by column. */
function ofTfjs([rows, columns]: [number, number]): tf.Tensor {
  const [long, short] = [Math.max(rows, columns), Math.min(rows, columns)];
  const [q, r] = tf.linalg.qr(tf.randomNormal([long, short], 0, 1, 'float32', 7)) as [
    tf.Tensor2D,
    tf.Tensor2D,
  ];
  const directed = tf.mul(q, tf.sign(tf.sum(tf.mul(r, tf.eye(short)), 0)));
  return rows < columns ? tf.transpose(directed) : directed;
}

describe('the orthogonal initialiser', () => {
  it('starts with what TensorFlow.js starts with', () => {
    for (const shape of [
      [5, 9],
      [9, 5],
      [6, 6],
    ] as [number, number][]) {
      tf.tidy(() => {
        assert.ok(maximumDifference(start(shape), ofTfjs(shape)) < 1e-5, `${shape}`);
        assert.ok(maximumDifference(start(shape, 3), tf.mul(3, start(shape))) < 1e-5);
      });
    }
  });

  it('takes kernels of convolutions as matrices, and no vectors', () => {
    tf.tidy(() => {
      const kernel = tf.reshape(start([3, 3, 4, 8]), [36, 8]) as tf.Tensor2D;
      assert.ok(maximumDifference(tf.matMul(kernel, kernel, true), tf.eye(8)) < 1e-5);
    });
    assert.throws(() => start([4]), /at least 2D/);
  });

  it('makes large layers without a warning, in a few operations, and leaves no tensors', () => {
    const warn = mock.method(console, 'warn', () => {});
    const { numTensors } = tf.memory();
    const first = tf.tidy(() => tf.scalar(0).id);
    const matrix = start([256, 1024]);
    assert.ok(matrix.id - first < 30, `${matrix.id - first} tensors`);
    const product = tf.tidy(() => tf.matMul(matrix, matrix, false, true));
    tf.tidy(() => assert.ok(maximumDifference(product, tf.eye(256)) < 1e-4));
    tf.dispose([matrix, product]);
    assert.equal(tf.memory().numTensors, numTensors);
    assert.equal(warn.mock.callCount(), 0);
    warn.mock.restore();
  });
});
