/**
 * How a recurrent layer's kernel starts. tfjs orthogonalises a matrix column by column, in JavaScript: 2 s
 * for a layer of 256 units, 10 s for one of 512. TensorFlow has a kernel, which gives the same.
 */
import * as tf from '@tensorflow/tfjs-node';
import { DT_FLOAT, nativeBackend } from '../native/backend';

interface Orthogonal {
  gain: number;
  seed?: number;
  apply(shape: number[], dtype?: tf.DataType): tf.Tensor;
}

const prototype: Orthogonal = Object.getPrototypeOf(tf.initializers.orthogonal({}));
const { apply } = prototype;

prototype.apply = function (shape, dtype = 'float32') {
  if (shape.length < 2 || dtype !== 'float32' || tf.getBackend() !== 'tensorflow') {
    return apply.call(this, shape, dtype);
  }
  return tf.tidy(() => {
    const columns = shape.at(-1) as number;
    const rows = tf.util.sizeFromShape(shape) / columns;
    const [long, short] = [Math.max(rows, columns), Math.min(rows, columns)];
    const [q, r] = factors(tf.randomNormal([long, short], 0, 1, 'float32', this.seed));
    // Of the two directions of each column, that which makes all orthogonal matrices as likely.
    const directions = tf.sign(tf.sum(tf.mul(r, tf.eye(short)), 0));
    const directed = tf.mul(q, directions);
    const orthogonal = rows < columns ? tf.transpose(directed) : directed;
    return tf.reshape(tf.mul(this.gain, orthogonal), shape);
  });
};

/** An orthogonal matrix, of as many columns, and a triangular one, whose product a matrix is. */
function factors(matrix: tf.Tensor2D): [tf.Tensor2D, tf.Tensor2D] {
  const backend = nativeBackend();
  const { binding } = backend;
  const attributes = [
    { name: 'full_matrices', type: binding.TF_ATTR_BOOL, value: false },
    { name: 'T', type: binding.TF_ATTR_TYPE, value: DT_FLOAT },
  ];
  return backend.executeMultipleOutputs('Qr', attributes, [matrix], 2) as [
    tf.Tensor2D,
    tf.Tensor2D,
  ];
}
