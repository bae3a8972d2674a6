/**
 * The penalties of a model's regularisers. tfjs counts the penalties of a shared layer once per
 * use, and misses those of recurrent cells and of both halves of Bidirectional; Keras counts each
 * weight once. The penalties of outputs are there while a step runs.
 *
 * With `l1`, tfjs moves weights that are 0, as biases are at first; Keras leaves them there.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals, type LayerInternals } from '../tfjsInternals';
import { absolute } from './absolute';
import { activityPenalties, withActivityPenalties } from './activityRegularizers';
import { partsOf } from './partsOf';

function penalties(layer: LayerInternals, counted = new Set<LayerInternals>()): tf.Scalar[] {
  if (counted.has(layer)) {
    return [];
  }
  counted.add(layer);
  const own = [...(layer._losses ?? []).map((loss) => loss()), ...activityPenalties(layer)];
  const inside = partsOf(layer).flatMap((part) => penalties(internals(part), counted));
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

interface L1L2 {
  l1: number;
  l2: number;
  apply(x: tf.Tensor): tf.Scalar;
}

const regularizer: L1L2 = Object.getPrototypeOf(tf.regularizers.l1l2());
regularizer.apply = function (x) {
  return tf.tidy(() => {
    const penalties = [
      ...(this.l1 === 0 ? [] : [tf.mul(this.l1, tf.sum(absolute(x)))]),
      ...(this.l2 === 0 ? [] : [tf.mul(this.l2, tf.sum(tf.square(x)))]),
    ];
    return penalties.length === 0 ? tf.scalar(0) : (tf.addN(penalties) as tf.Scalar);
  });
};
