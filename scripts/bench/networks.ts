/** The networks in TypeScript, with the settings of their articles, using only `lib`. */
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { adam, compiledModel, newOptimizer, type TrainedNetwork, trainings } from '../trainings';
import { fromScratch } from './fromScratch';
import type { NetworkSettings } from './measurement';
import type { Network } from './network';
import { recurrentNetwork } from './recurrentNetwork';
import { residualNetwork, residualWeights } from './residualNetwork';
import type { NetworkName } from './sides';

export const settings: Record<NetworkName, NetworkSettings> = {
  ...trainings,
  // Article 003 uses Adam's learning rate 0.1, for batches of 400 and more.
  'from-scratch': { picture: [28, 28, 1], divisor: 255, optimizer: adam },
  // MNIST's pictures with a border of 2, as three channels: only the size matters here.
  resnet: { picture: [32, 32, 3], divisor: 255, optimizer: adam },
  lstm: { picture: [28, 28], divisor: 255, optimizer: adam },
  gru: { picture: [28, 28], divisor: 255, optimizer: adam },
};

/**
 * @param compiled whether training runs as one graph, or operation by operation.
 * @param batchSize the batch size of the training; evaluation and prediction choose their own by
 * default.
 */
export function network(name: NetworkName, compiled: boolean, batchSize: number): Network {
  if (name === 'from-scratch') {
    return fromScratch(newOptimizer(settings[name].optimizer), compiled, batchSize);
  }
  const model = modelOf(name);
  if (name === 'resnet') {
    const layers = residualWeights(model);
    return {
      ...layersNetwork(model, compiled, batchSize),
      weights: layers.flatMap((layer) => layer.getWeights()),
      setWeights: (weights) => {
        let place = 0;
        for (const layer of layers) {
          const count = layer.weights.length;
          layer.setWeights(weights.slice(place, place + count));
          place += count;
        }
      },
    };
  }
  return layersNetwork(model, compiled, batchSize);
}

function modelOf(name: Exclude<NetworkName, 'from-scratch'>): tf.LayersModel {
  switch (name) {
    case 'resnet':
      return residualNetwork(newOptimizer(settings.resnet.optimizer));
    case 'lstm':
    case 'gru':
      return recurrentNetwork(name, newOptimizer(settings[name].optimizer));
    default:
      return layersModel(name);
  }
}

/** The compiled model of a network that is made of layers. */
export function layersModel(name: TrainedNetwork): tf.LayersModel {
  // Class numbers as labels: all sides compute the same loss from them.
  return compiledModel(name, { seed: 0, oneHot: false });
}

/** A step of a network's training as a plain function, to see what there is to do in it. */
export function trainingStep(
  name: NetworkName,
  batchSize: number,
): (x: tf.Tensor, y: tf.Tensor1D) => tf.Scalar {
  if (name === 'from-scratch') {
    const { step } = fromScratch(newOptimizer(settings[name].optimizer), false, batchSize);
    return (x, y) => step(x as tf.Tensor4D, y);
  }
  const model = modelOf(name);
  return (x, y) =>
    model.optimizer.minimize(() => {
      const answers = model.apply(x, { training: true }) as tf.Tensor2D;
      const ofRight = tf.sum(tf.mul(answers, tf.oneHot(y, 10)), -1);
      return tf.neg(tf.mean(tf.log(ofRight))) as tf.Scalar;
    }, true) as tf.Scalar;
}

function layersNetwork(model: tf.LayersModel, compiled: boolean, batchSize: number): Network {
  // `lib` compiles by default.
  const options = compiled ? {} : { compiled: false };
  return {
    weights: model.getWeights(),
    setWeights: (weights) => model.setWeights(weights),
    async fit(x, y, epochEnd) {
      const callbacks = [
        { onEpochEnd: (_: number, logs?: training.Logs) => epochEnd(logs?.loss ?? Number.NaN) },
      ];
      await training.fit(model, x, y, {
        ...options,
        batchSize,
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
    predict: (x, rows) =>
      training.predict(model, x, { ...options, ...(rows && { batchSize: rows }) }),
    ...(compiled && { predictor: () => training.predictor(model) }),
  };
}
