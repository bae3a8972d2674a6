/** The five networks in TypeScript, with the settings of their articles, and nothing but `lib`. */
import { models, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { fromScratch } from './fromScratch';
import { batchSize, type NetworkManifest } from './measurement';
import type { NetworkName } from './sides';

/** A network that can be trained, tested and asked. */
export interface Network {
  weights: tf.Tensor[];
  setWeights(weights: tf.Tensor[]): void;
  /** Trains for two epochs, in the stored order, and reports each epoch's mean loss. */
  fit(x: tf.Tensor, y: tf.Tensor1D, epochEnd: (loss: number) => void): Promise<void>;
  /** The mean loss. */
  evaluate(x: tf.Tensor, y: tf.Tensor1D): Promise<number>;
  predict(x: tf.Tensor): Promise<tf.Tensor>;
}

type Settings = Omit<NetworkManifest, 'weights'>;

const adam = { name: 'adam', learningRate: 0.001 } as const;

export const settings: Record<NetworkName, Settings> = {
  mlp: { picture: [28, 28], divisor: 255, optimizer: adam },
  lenet5: { picture: [28, 28, 1], divisor: 255, optimizer: adam },
  // Article 001 does not scale the pixels.
  lenet: { picture: [28, 28, 1], divisor: 1, optimizer: { name: 'sgd', learningRate: 0.9 } },
  cnn: { picture: [28, 28, 1], divisor: 255, optimizer: adam },
  // Article 003 has Adam's learning rate at 0.1, for batches of 400 and more.
  'from-scratch': { picture: [28, 28, 1], divisor: 255, optimizer: adam },
};

/** @param compiled whether training runs as one graph, or operation by operation. */
export function network(name: NetworkName, compiled: boolean): Network {
  if (name === 'from-scratch') {
    return fromScratch(newOptimizer(name), compiled);
  }
  return layersNetwork(layersModel(name), compiled);
}

/** The compiled model of a network that is made of layers. */
export function layersModel(name: Exclude<NetworkName, 'from-scratch'>): tf.LayersModel {
  const model = models[name]({ seed: 0 });
  model.compile({
    optimizer: newOptimizer(name),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

function newOptimizer(name: NetworkName): tf.Optimizer {
  const { name: optimizer, learningRate } = settings[name].optimizer;
  return optimizer === 'adam' ? tf.train.adam(learningRate) : tf.train.sgd(learningRate);
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
