/**
 * A recurrent layer that reads a picture line by line, with Keras's default options: what Keras's guide
 * to recurrent layers trains on MNIST. The Python sides build the same one.
 *
 * https://keras.io/guides/working_with_rnns/
 */
import { layers } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

export function recurrentNetwork(layer: 'lstm' | 'gru', optimizer: tf.Optimizer): tf.LayersModel {
  const inputShape = [28, 28];
  const model = tf.sequential({
    layers: [
      layer === 'lstm'
        ? tf.layers.lstm({ units: 128, recurrentActivation: 'sigmoid', inputShape })
        : layers.gru({ units: 128, inputShape }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  });
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}
