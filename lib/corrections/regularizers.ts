/**
 * The penalties of a model's regularisers. tfjs counts the penalties of a shared layer once per
 * use, and misses those of recurrent cells and of both halves of Bidirectional; Keras counts each
 * weight once. The penalties of outputs are there while a step runs.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals, type LayerInternals, type LayersInside } from '../tfjsInternals';
import { activityPenalties, withActivityPenalties } from './activityRegularizers';

function partsOf(layer: LayersInside): (tf.layers.Layer | undefined)[] {
  const { layers = [], cells = [], cell, forwardLayer, backwardLayer } = layer;
  const wrapped = forwardLayer ? [forwardLayer, backwardLayer] : [layer.layer];
  return [...layers, ...cells, cell, ...wrapped, ...Object.values(layer.layersInside ?? {})];
}

function penalties(layer: LayerInternals, counted = new Set<LayerInternals>()): tf.Scalar[] {
  if (counted.has(layer)) {
    return [];
  }
  counted.add(layer);
  const own = [...(layer._losses ?? []).map((loss) => loss()), ...activityPenalties(layer)];
  const inside = partsOf(layer).flatMap((part) =>
    part ? penalties(internals(part), counted) : [],
  );
  return [...own, ...inside];
}

const containerPrototype: tf.layers.Layer = Object.getPrototypeOf(tf.LayersModel.prototype);
for (const prototype of [tf.layers.Layer.prototype, containerPrototype]) {
  internals(prototype).calculateLosses = function () {
    return tf.tidy(() => penalties(this));
  };
}

const model = internals(tf.LayersModel.prototype);
const { makeTrainFunction } = model;
model.makeTrainFunction = function () {
  const step = makeTrainFunction.call(this);
  return (data) => withActivityPenalties(() => step(data));
};
