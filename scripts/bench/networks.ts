/** The five networks in TypeScript, with the settings of their articles, and nothing but `lib`. */
import { training } from '../../lib/index';
import type * as tf from '../../lib/tensorflow';
import { adam, batchSize, compiledModel, newOptimizer, trainings } from '../trainings';
import { fromScratch } from './fromScratch';
import type { NetworkSettings } from './measurement';
import type { Network } from './network';
import type { NetworkName } from './sides';

export const settings: Record<NetworkName, NetworkSettings> = {
  ...trainings,
  // Article 003 has Adam's learning rate at 0.1, for batches of 400 and more.
  'from-scratch': { picture: [28, 28, 1], divisor: 255, optimizer: adam },
};

/** @param compiled whether training runs as one graph, or operation by operation. */
export function network(name: NetworkName, compiled: boolean): Network {
  if (name === 'from-scratch') {
    return fromScratch(newOptimizer(settings[name].optimizer), compiled);
  }
  return layersNetwork(layersModel(name), compiled);
}

/** The compiled model of a network that is made of layers. */
export function layersModel(name: Exclude<NetworkName, 'from-scratch'>): tf.LayersModel {
  // Labels as they are: all sides compute the same loss from the class numbers.
  return compiledModel(name, { seed: 0, oneHot: false });
}

function layersNetwork(model: tf.LayersModel, compiled: boolean): Network {
  // Compiling is what `lib` does unless told otherwise.
  const options = { batchSize, ...(compiled ? {} : { compiled: false }) };
  return {
    weights: model.getWeights(),
    setWeights: (weights) => model.setWeights(weights),
    async fit(x, y, epochEnd) {
      const callbacks = [
        { onEpochEnd: (_: number, logs?: training.Logs) => epochEnd(logs?.loss ?? Number.NaN) },
      ];
      await training.fit(model, x, y, {
        ...options,
        epochs: 2,
        shuffle: false,
        verbose: 0,
        callbacks,
      });
    },
    async evaluate(x, y) {
      const { loss } = await training.evaluate(model, x, y, { ...options, verbose: 0 });
      return loss ?? Number.NaN;
    },
    predict: (x) => training.predict(model, x, options),
  };
}
