import * as tf from '../tensorflow';
import { kerasInitializers, type ModelOptions } from './initializers';

/**
 * A multilayer perceptron for 28×28 grey pictures: one hidden layer of 1000 ReLU units.
 * 795,010 parameters. Not compiled.
 *
 * Input: float32 `[batch, 28, 28]`, best scaled to 0..1.
 * Output: float32 `[batch, 10]`, the probability of each class.
 *
 * @param options the seed of the initial weights.
 * @returns a new model, the caller's to compile and to dispose.
 * @throws RangeError if the seed is not an integer.
 *
 * @example
 * const model = models.mlp({ seed: 1 });
 * model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['acc'] });
 */
export function mlp({ seed }: ModelOptions = {}): tf.Sequential {
  const initializers = kerasInitializers(seed);
  return tf.sequential({
    name: 'mlp',
    layers: [
      tf.layers.flatten({ name: 'flatten', inputShape: [28, 28] }),
      tf.layers.dense({ name: 'dense', units: 1000, activation: 'relu', ...initializers() }),
      tf.layers.dense({ name: 'dense_1', units: 10, activation: 'softmax', ...initializers() }),
    ],
  });
}
