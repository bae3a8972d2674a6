/**
 * tfjs hands the mask of a layer's input over in the options of the call, which all layers of a model
 * share, and leaves it there. So a layer behind one that ends the mask (a convolution, or a recurrent
 * layer that gives only its last output) would go by it, as none does in Keras.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals } from '../tfjsInternals';

function endsMask(layer: tf.layers.Layer): boolean {
  const { supportsMasking, returnSequences } = internals(layer);
  // Layers in a model know themselves whether they end it.
  return !(layer instanceof tf.LayersModel) && (!supportsMasking || returnSequences === false);
}

/** Has calls of layers of a class end the mask. */
export function endMasks(prototype: Pick<tf.layers.Layer, 'apply'>): void {
  const { apply } = prototype;
  prototype.apply = function (this: tf.layers.Layer, inputs, options) {
    const outputs = apply.call(this, inputs, options);
    if (options && endsMask(this)) {
      Reflect.deleteProperty(options, 'mask');
    }
    return outputs;
  };
}

endMasks(tf.layers.Layer.prototype);
