import * as tf from '@tensorflow/tfjs-node';

/**
 * Absolute values with TensorFlow's gradient: 0 at 0. That of `tf.abs` is -1 there, on which tfjs's
 * binary cross-entropy relies.
 */
export function absolute(x: tf.Tensor): tf.Tensor {
  return tf.mul(x, tf.sign(x));
}
