import * as tf from '../tensorflow';
import { kerasInitializers, type ModelOptions } from './initializers';

/**
 * LeNet for Fashion-MNIST: two convolutions and three dense layers, max pooling, and sigmoid
 * throughout, the output layer included. 44,426 parameters. Not compiled.
 *
 * Input: float32 `[batch, 28, 28, 1]`.
 * Output: float32 `[batch, 10]`, one value in 0..1 per class; they do not add up to 1.
 *
 * @param options the seed of the initial weights.
 * @returns a new model, the caller's to compile and to dispose.
 * @throws RangeError if the seed is not an integer.
 */
export function lenet({ seed }: ModelOptions = {}): tf.Sequential {
  const initializers = kerasInitializers(seed);
  return tf.sequential({
    name: 'lenet',
    layers: [
      tf.layers.conv2d({
        name: 'conv2d',
        inputShape: [28, 28, 1],
        filters: 6,
        kernelSize: 5,
        activation: 'sigmoid',
        ...initializers(),
      }),
      tf.layers.maxPooling2d({ name: 'max_pooling2d', poolSize: 2, strides: 2 }),
      tf.layers.conv2d({
        name: 'conv2d_1',
        filters: 16,
        kernelSize: 5,
        activation: 'sigmoid',
        ...initializers(),
      }),
      tf.layers.maxPooling2d({ name: 'max_pooling2d_1', poolSize: 2, strides: 2 }),
      tf.layers.flatten({ name: 'flatten' }),
      tf.layers.dense({ name: 'dense', units: 120, activation: 'sigmoid', ...initializers() }),
      tf.layers.dense({ name: 'dense_1', units: 84, activation: 'sigmoid', ...initializers() }),
      tf.layers.dense({ name: 'dense_2', units: 10, activation: 'sigmoid', ...initializers() }),
    ],
  });
}
