import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

function normal(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 1, 'float32', seed);
}

describe('gradientCheck', () => {
  it('finds the gradient of a polynomial both ways', () => {
    const x = tf.tensor1d([1, -2]);
    const { gradients, difference } = training.gradientCheck(
      (input) => tf.sum(tf.pow(input, 3)),
      [x],
    );
    assert.equal(gradients.length, 1);
    assert.deepEqual([...(gradients[0]?.analytic ?? [])], [3, 12]);
    // (x ± h)³ differ by 6x²h + 2h³: the numeric gradient is 3x² + h².
    gradients[0]?.numeric.forEach((value, i) => {
      assert(Math.abs(value - (i === 0 ? 3 : 12)) < 1e-3, String(value));
    });
    assert(difference < 1e-3, String(difference));
    x.dispose();
  });

  it('passes convolution, pooling, matrix product and softmax cross-entropy, leaving no tensor behind', () => {
    const images = normal([2, 6, 6, 1], 1) as tf.Tensor4D;
    const labels = tf.tensor2d([
      [1, 0],
      [0, 1],
    ]);
    const inputs: [tf.Tensor, tf.Tensor, tf.Tensor] = [
      normal([3, 3, 1, 2], 2),
      normal([8, 2], 3),
      normal([1, 2], 4),
    ];
    const loss = (filter: tf.Tensor, weights: tf.Tensor, bias: tf.Tensor) => {
      const convolved = tf.conv2d(images, filter as tf.Tensor4D, 1, 'valid');
      const pooled = tf.avgPool(tf.tanh(convolved), 2, 2, 'valid');
      const logits = tf.add(tf.matMul(tf.reshape(pooled, [2, 8]), weights), bias);
      return tf.losses.softmaxCrossEntropy(labels, logits);
    };
    const before = tf.memory().numTensors;
    const { gradients, difference } = training.gradientCheck(loss, inputs);
    assert.equal(tf.memory().numTensors, before);
    assert.deepEqual(
      gradients.map(({ numeric }) => numeric.length),
      [18, 16, 2],
    );
    assert(gradients.every(({ analytic }) => analytic.some((value) => Math.abs(value) > 0.01)));
    assert(difference < 1e-3, String(difference));
    tf.dispose([images, labels, inputs]);
  });

  it('tells a wrong gradient from a right one', () => {
    const square = (factor: number) =>
      tf.customGrad((x) => ({
        value: tf.square(x as tf.Tensor),
        gradFunc: (dy) => tf.mul(dy, tf.mul(x as tf.Tensor, factor)),
      }));
    const x = tf.tensor1d([1, -2, 3]);
    const differenceOf = (factor: number) =>
      training.gradientCheck((input) => tf.sum(square(factor)(input)), [x]).difference;
    assert(differenceOf(2) < 1e-4);
    // |2.1x - 2x| / (|2.1x| + |2x|)
    assert(Math.abs(differenceOf(2.1) - 0.1 / 4.1) < 1e-4);
    x.dispose();
  });

  it('says what it cannot check', () => {
    const x = tf.tensor1d([1, 2]);
    const whole = tf.tensor1d([1, 2], 'int32');
    const square = (input: tf.Tensor) => tf.square(input);
    const sum = (input: tf.Tensor) => tf.sum(input);
    assert.throws(() => training.gradientCheck(square, [x]), /one number.*\[2\]/);
    assert.throws(() => training.gradientCheck(sum, [whole]), /input 0 is int32/);
    assert.throws(() => training.gradientCheck(sum, [x], 0), /step.*0/);
    assert.throws(
      () => training.gradientCheck((input) => tf.sum(tf.log(tf.sub(input, 1))), [x]),
      /returned NaN/,
    );
    tf.dispose([x, whole]);
  });
});
