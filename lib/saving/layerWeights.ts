import * as tf from '../tensorflow';
import type { StoredArray } from './hdf5Tree';

/** The weights of each layer, in Keras's order: the trainable ones, then the others. */
export type WeightsByLayer = Map<string, StoredArray[]>;

type Layer = tf.layers.Layer;
type LayerVariable = Layer['weights'][number];

/** The values of all weights of a model. */
export async function readWeights(model: tf.LayersModel): Promise<WeightsByLayer> {
  const weights: WeightsByLayer = new Map();
  for (const layer of model.layers) {
    const arrays = weightsOfLayer(layer).map(async (weight) => {
      const tensor = weight.read();
      return {
        name: weight.originalName,
        shape: tensor.shape,
        values: await tensor.data<'float32'>(),
      };
    });
    weights.set(layer.name, await Promise.all(arrays));
  }
  return weights;
}

/**
 * Gives a model's layers their weights, by the layers' names.
 * Throws, before anything is changed, if they do not fit.
 */
export function writeWeights(model: tf.LayersModel, weights: WeightsByLayer): void {
  checkFit(model, weights);
  tf.tidy(() => {
    for (const layer of model.layers) {
      const arrays = weights.get(layer.name) ?? [];
      for (const [i, { values, shape }] of arrays.entries()) {
        weightsOfLayer(layer)[i]?.write(tf.tensor(values as Float32Array, shape));
      }
    }
  });
}

function weightsOfLayer(layer: Layer): LayerVariable[] {
  return [...layer.trainableWeights, ...layer.nonTrainableWeights];
}

function checkFit(model: tf.LayersModel, weights: WeightsByLayer): void {
  const layerNames = new Set(model.layers.map(({ name }) => name));
  for (const [name, arrays] of weights) {
    if (arrays.length > 0 && !layerNames.has(name)) {
      throw new Error(`there are weights for a layer "${name}", which the model does not have.`);
    }
  }
  for (const layer of model.layers) {
    const expected = weightsOfLayer(layer).map(({ shape }) => shape as number[]);
    const found = (weights.get(layer.name) ?? []).map(({ shape }) => shape);
    if (JSON.stringify(found) !== JSON.stringify(expected)) {
      const text = (shapes: number[][]) => shapes.map((s) => `[${s}]`).join(', ') || 'none';
      throw new Error(
        `the weights do not fit layer "${layer.name}": it needs ${text(expected)}, ` +
          `the file has ${text(found)}.`,
      );
    }
  }
}
