/** Corrects what tfjs leaves behind when a model that was loaded is disposed. */
import type * as tf from '../tensorflow';
import { internals } from '../tfjsInternals';
import { layersOfModel } from './layerStructure';

/**
 * tfjs counts a layer that a model uses several times as if several models used it, and then keeps
 * its weights when the model is disposed. The layers of a model from a file are that model's only.
 */
export function countAsUsedOnce(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    const counted = internals(layer);
    if (layersOfModel(layer)) {
      // The model around it disposes it twice: as a layer, and as a model it made.
      counted._refCount = 2;
      countAsUsedOnce(layer as unknown as tf.LayersModel);
    } else if (counted._refCount !== null) {
      counted._refCount = 1;
    }
  }
}
