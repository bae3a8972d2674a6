/**
 * Gradients of gradients (a gradient penalty, for example). An operation such as tanh keeps its
 * output for its gradient: a copy of the output, which tfjs notes on its tape before the operation
 * itself. Going through the tape for a second gradient, it therefore takes the copy for a constant
 * and leaves out a part of the result, without an error (tanh, sigmoid, exp, softmax …). Here the
 * copy is noted after the operation that it comes from.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals, type TapeNode } from '../tfjsInternals';

const engine = internals(tf.engine());
const { addTapeNode } = engine;

engine.addTapeNode = function (kernelName, inputs, outputs, gradient, saved, attributes) {
  addTapeNode.call(this, kernelName, inputs, outputs, gradient, saved, attributes);
  const tape = this.state.activeTape;
  // The copies that were made for this operation are the nodes just before it.
  const [node, ...copies] = tape.splice(-1 - saved.length).reverse() as [TapeNode, ...TapeNode[]];
  const isOfOutput = (copy: TapeNode) => outputs.includes(copy.inputs.x as tf.Tensor);
  tape.push(...copies.filter((copy) => !isOfOutput(copy)), node, ...copies.filter(isOfOutput));
};

/** elu's own gradient, dy where y ≥ 0, else dy · (y + 1), is an operation that has none in tfjs. */
tf.registerGradient({
  kernelName: 'EluGrad',
  inputsToSave: ['dy', 'y'],
  gradFunc: (upstream, saved: tf.Tensor[]) => {
    const [dy, y] = saved as [tf.Tensor, tf.Tensor];
    const slope = () => tf.add(tf.minimum(y, 0), 1);
    return {
      dy: () => tf.mul(upstream as tf.Tensor, slope()),
      y: () => tf.mul(tf.mul(upstream as tf.Tensor, dy), tf.cast(tf.less(y, 0), 'float32')),
    };
  },
});
