import * as tf from '../tensorflow';
import type { StoredArray } from './hdf5Tree';
import type { LayerVariable } from './layerStructure';

/** The weights of each layer, in Keras's order: the trainable ones, then the others. */
export type WeightsByLayer = Map<string, StoredArray[]>;

type Layer = tf.layers.Layer;

/** The values of all weights of a model. */
export async function readWeights(model: tf.LayersModel): Promise<WeightsByLayer> {
  const weights: WeightsByLayer = new Map();
  for (const layer of model.layers) {
    const variables = weightsOfLayer(layer);
    const names = differentNames(variables.map(({ originalName }) => originalName));
    const arrays = variables.map(async (weight, i) => {
      const tensor = weight.read();
      const values = await tensor.data<'float32'>();
      return { name: names[i] as string, shape: tensor.shape, values };
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
      for (const [i, array] of arrays.entries()) {
        writeUnconstrained(weightsOfLayer(layer)[i] as LayerVariable, tensorOf(array));
      }
    }
  });
}

/** The tensor of an array in a file; tfjs has no 64-bit numbers. */
export function tensorOf({ values, shape }: StoredArray): tf.Tensor {
  const numbers = values instanceof BigInt64Array ? Int32Array.from(values, Number) : values;
  return tf.tensor(numbers as Float32Array, shape);
}

/**
 * Gives a weight a value as it is. tfjs would change one that does not meet the weight's constraint,
 * which belongs into training.
 */
export function writeUnconstrained(weight: LayerVariable, value: tf.Tensor): void {
  const { constraint } = weight;
  Object.assign(weight, { constraint: null });
  try {
    weight.write(value);
  } finally {
    Object.assign(weight, { constraint });
  }
}

/** Models inside a layer may have weights of the same names. */
function differentNames(names: string[]): string[] {
  return names.map((name, i) => {
    const before = names.slice(0, i).filter((other) => other === name).length;
    return before === 0 ? name : `${name}_${before}`;
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
