/**
 * A layer that takes one value twice, as self-attention does.
 *
 * A model that predicts disposes a value when the last layer that takes it has been called. tfjs counts
 * these layers once each, but counts down for each input: a value that one of them takes twice would be
 * gone before the next layer is called (https://github.com/tensorflow/tfjs, `execute` in
 * tfjs-layers/src/engine/executor.ts).
 */
import * as tf from '@tensorflow/tfjs-node';
import { unnumbered } from '../tfjsInternals';

/** The executor does not call an input layer, and does not dispose what a stateful one gives. */
const keeper = tf.layers.inputLayer({ inputShape: [1], name: unnumbered });
Object.defineProperty(keeper, 'stateful', { value: true });

let standIns = 0;

/** The same value for the executor, under another name. */
function standIn(value: tf.SymbolicTensor): tf.SymbolicTensor {
  return Object.create(value, {
    name: { value: `${value.name}/again_${standIns++}` },
    inputs: { value: [] },
    sourceLayer: { value: keeper },
  });
}

const { apply } = tf.layers.Layer.prototype;

tf.layers.Layer.prototype.apply = function (inputs, options) {
  const result = apply.call(this, inputs, options);
  for (const output of [result].flat()) {
    // Only the executor reads the property; a layer's nodes have inputs of their own.
    if (output instanceof tf.SymbolicTensor && new Set(output.inputs).size < output.inputs.length) {
      const distinct = output.inputs.map((input, index, all) =>
        all.indexOf(input) < index ? standIn(input) : input,
      );
      Object.assign(output, { inputs: distinct });
    }
  }
  return result;
};
