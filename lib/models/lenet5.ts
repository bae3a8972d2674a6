import * as tf from '../tensorflow';
import { kerasInitializers, type ModelOptions } from './initializers';

/**
 * LeNet-5 for 28×28 grey pictures: three convolutions with sigmoid, average pooling between
 * them. 61,706 parameters. Not compiled. After LeCun et al., "Gradient-Based Learning Applied to
 * Document Recognition" (1998), with a softmax output.
 *
 * Input: float32 `[batch, 28, 28, 1]`, best scaled to 0..1.
 * Output: float32 `[batch, 10]`, the probability of each class.
 *
 * @param options the seed of the initial weights.
 * @returns a new model, the caller's to compile and to dispose.
 * @throws RangeError if the seed is not an integer.
 */
export function lenet5({ seed }: ModelOptions = {}): tf.Sequential {
  const initializers = kerasInitializers(seed);
  return tf.sequential({
    name: 'lenet5',
    layers: [
      tf.layers.conv2d({
        name: 'conv2d',
        inputShape: [28, 28, 1],
        filters: 6,
        kernelSize: 5,
        padding: 'same',
        activation: 'sigmoid',
        ...initializers(),
      }),
      tf.layers.averagePooling2d({ name: 'average_pooling2d', poolSize: 2, strides: 2 }),
      tf.layers.conv2d({
        name: 'conv2d_1',
        filters: 16,
        kernelSize: 5,
        padding: 'valid',
        activation: 'sigmoid',
        ...initializers(),
      }),
      tf.layers.averagePooling2d({ name: 'average_pooling2d_1', poolSize: 2, strides: 2 }),
      tf.layers.conv2d({
        name: 'conv2d_2',
        filters: 120,
        kernelSize: 5,
        padding: 'valid',
        activation: 'sigmoid',
        ...initializers(),
      }),
      tf.layers.flatten({ name: 'flatten' }),
      tf.layers.dense({ name: 'dense', units: 84, activation: 'sigmoid', ...initializers() }),
      tf.layers.dense({ name: 'dense_1', units: 10, activation: 'softmax', ...initializers() }),
    ],
  });
}
