/** Corrects what tfjs leaves behind when a model that was loaded is disposed. */
import type * as tf from '../tensorflow';
import { layersOfModel } from './layerStructure';

/** A private field of tfjs: how often `dispose` has to be called before the weights go. */
interface Counted {
  _refCount: number | null;
}

/**
 * tfjs counts a layer that a model uses several times as if several models used it, and then keeps
 * its weights when the model is disposed. The layers of a model from a file are that model's only.
 */
export function countAsUsedOnce(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    const counted = layer as unknown as Counted;
    if (layersOfModel(layer)) {
      // The model around it disposes it twice: as a layer, and as a model it made.
      counted._refCount = 2;
      countAsUsedOnce(layer as unknown as tf.LayersModel);
    } else if (counted._refCount !== null) {
      counted._refCount = 1;
    }
  }
}

/** tfjs's optimiser with momentum does not dispose the tensor of its learning rate. */
export function disposeLearningRateToo(optimizer: tf.MomentumOptimizer): tf.MomentumOptimizer {
  const dispose = optimizer.dispose.bind(optimizer);
  optimizer.dispose = () => {
    dispose();
    (optimizer as unknown as { c: tf.Tensor }).c.dispose();
  };
  return optimizer;
}
