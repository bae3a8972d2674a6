/** Layers of two inputs that tfjs lacks. */
import * as tf from '../tensorflow';
import { unnumbered } from '../tfjsInternals';
import { classOf, type LayerOptions, registerLayer } from './kerasLayer';

/** What tfjs's layers of several inputs have, and keep private. */
interface MergeOfTfjs extends tf.layers.Layer {
  mergeFunction(inputs: tf.Tensor[]): tf.Tensor;
}
const mergeOfTfjs = classOf<MergeOfTfjs>(tf.layers.add({ name: unnumbered }));

class Subtract extends mergeOfTfjs {
  static readonly className = 'Subtract';

  override mergeFunction(inputs: tf.Tensor[]): tf.Tensor {
    const [first, second] = inputs;
    if (!first || !second || inputs.length !== 2) {
      throw new Error(`Subtract "${this.name}" takes two inputs, not ${inputs.length}.`);
    }
    return tf.sub(first, second);
  }
}
registerLayer(Subtract);

/**
 * The first input minus the second; both have the same shape.
 *
 * @param options The layer's name.
 * @see https://keras.io/api/layers/merging_layers/subtract/
 */
export function subtract(options: LayerOptions = {}): tf.layers.Layer {
  return new Subtract(options);
}
