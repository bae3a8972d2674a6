import type * as tf from '@tensorflow/tfjs-node';
import type { LayersInside } from '../tfjsInternals';

/** The layers inside a model, a wrapper or a recurrent layer. */
export function partsOf(layer: LayersInside): tf.layers.Layer[] {
  const { layers = [], cells = [], cell, forwardLayer, backwardLayer } = layer;
  const wrapped = forwardLayer ? [forwardLayer, backwardLayer] : [layer.layer];
  const parts = [...layers, ...cells, cell, ...wrapped, ...Object.values(layer.layersInside ?? {})];
  return parts.filter((part) => part !== undefined);
}
