/**
 * The penalties of a model's regularisers. tfjs counts those of a layer that is used twice twice, and
 * misses those of the cells of recurrent layers and of both halves of Bidirectional; Keras counts each
 * weight once.
 */
import * as tf from '@tensorflow/tfjs-node';

/** A layer, and the layers that it is made of. */
interface Composite {
  _losses?: (() => tf.Scalar)[];
  /** Of a model. */
  layers?: Composite[];
  /** Of a recurrent layer. */
  cell?: Composite;
  /** Of stacked cells. */
  cells?: Composite[];
  /** Of TimeDistributed; Bidirectional makes two others from it. */
  layer?: Composite;
  forwardLayer?: Composite;
  backwardLayer?: Composite;
  /** Of lib's own layers, by name. */
  layersInside?: Record<string, Composite>;
  calculateLosses(): tf.Scalar[];
}

function partsOf(layer: Composite): (Composite | undefined)[] {
  const { layers = [], cells = [], cell, forwardLayer, backwardLayer } = layer;
  const wrapped = forwardLayer ? [forwardLayer, backwardLayer] : [layer.layer];
  return [...layers, ...cells, cell, ...wrapped, ...Object.values(layer.layersInside ?? {})];
}

function penalties(layer: Composite | undefined, counted = new Set<Composite>()): tf.Scalar[] {
  if (!layer || counted.has(layer)) {
    return [];
  }
  counted.add(layer);
  const own = (layer._losses ?? []).map((loss) => loss());
  return [...own, ...partsOf(layer).flatMap((part) => penalties(part, counted))];
}

const layerPrototype = tf.layers.Layer.prototype as unknown as Composite;
const containerPrototype = Object.getPrototypeOf(tf.LayersModel.prototype) as Composite;
for (const prototype of [layerPrototype, containerPrototype]) {
  prototype.calculateLosses = function () {
    return tf.tidy(() => penalties(this));
  };
}
