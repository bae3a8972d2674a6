/** What a layer consists of, by the names Keras has for the parts. */
import type * as tf from '../tensorflow';
import { internals } from '../tfjsInternals';

type Layer = tf.layers.Layer;

/** A weight of a layer. */
export type LayerVariable = Layer['weights'][number];

/** A layer inside a layer, and the attribute of the outer one that holds it in Keras. */
export interface LayerPart {
  attribute: string;
  layer: Layer;
}

/** The layers of a model inside a model; undefined for any other layer. */
export function layersOfModel(layer: Layer): Layer[] | undefined {
  return internals(layer).layers;
}

/** The layers inside a recurrent layer or a wrapper. */
export function partsOf(layer: Layer): LayerPart[] {
  const inside = internals(layer);
  const { cell, cells, forwardLayer, backwardLayer, layer: wrapped } = inside;
  const parts: [string, Layer | undefined][] = [
    ['cell', cell],
    ...(cells ?? []).map((one, i): [string, Layer] => [`cells/${i}`, one]),
    ['forward_layer', forwardLayer],
    ['backward_layer', backwardLayer],
    ['layer', wrapped],
    ...Object.entries(inside.layersInside ?? {}),
  ];
  return parts.flatMap(([attribute, part]) => (part ? [{ attribute, layer: part }] : []));
}

/** A layer's own weights, as Keras names them: `kernel`. */
export function ownWeights(layer: Layer): [name: string, weight: LayerVariable][] {
  const inside = new Set(partsOf(layer).flatMap(({ layer: part }) => part.weights));
  return layer.weights
    .filter((weight) => !inside.has(weight))
    .map((weight) => [weight.originalName.split('/').at(-1) as string, weight]);
}
