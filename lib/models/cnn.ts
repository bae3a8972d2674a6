import * as tf from '../tensorflow';
import { kerasInitializers, type ModelOptions } from './initializers';

/**
 * A convolutional network for 28×28 grey pictures: convolutions with 32, 64 and 64 filters of
 * 3×3, ReLU, max pooling between them. 93,322 parameters. Not compiled.
 *
 * Input: float32 `[batch, 28, 28, 1]`, best scaled to 0..1.
 * Output: float32 `[batch, 10]`, the probability of each class.
 *
 * @param options the seed of the initial weights.
 * @returns a new model, the caller's to compile and to dispose.
 * @throws RangeError if the seed is not an integer.
 */
export function cnn({ seed }: ModelOptions = {}): tf.Sequential {
  const initializers = kerasInitializers(seed);
  return tf.sequential({
    name: 'cnn',
    layers: [
      tf.layers.conv2d({
        name: 'conv2d',
        inputShape: [28, 28, 1],
        filters: 32,
        kernelSize: 3,
        activation: 'relu',
        ...initializers(),
      }),
      tf.layers.maxPooling2d({ name: 'max_pooling2d', poolSize: 2, strides: 2 }),
      tf.layers.conv2d({
        name: 'conv2d_1',
        filters: 64,
        kernelSize: 3,
        activation: 'relu',
        ...initializers(),
      }),
      tf.layers.maxPooling2d({ name: 'max_pooling2d_1', poolSize: 2, strides: 2 }),
      tf.layers.conv2d({
        name: 'conv2d_2',
        filters: 64,
        kernelSize: 3,
        activation: 'relu',
        ...initializers(),
      }),
      tf.layers.flatten({ name: 'flatten' }),
      tf.layers.dense({ name: 'dense', units: 64, activation: 'relu', ...initializers() }),
      tf.layers.dense({ name: 'dense_1', units: 10, activation: 'softmax', ...initializers() }),
    ],
  });
}
