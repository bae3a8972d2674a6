/**
 * tfjs's BatchNormalization without `scale` or without `center` predicts, but cannot be trained: it
 * reads the weight that is not there. It gets one that is always 1, or always 0.
 */
import * as tf from '@tensorflow/tfjs-node';

interface BatchNormalization extends tf.layers.Layer {
  axis: number;
  gamma?: Constant;
  beta?: Constant;
}

/** What the layer needs of a weight. It is not among the layer's weights. */
interface Constant {
  read(): tf.Tensor;
}

const layer = tf.layers.batchNormalization({ name: 'any' });
const prototype = Object.getPrototypeOf(layer) as BatchNormalization;
const { build } = prototype;

prototype.build = function (this: BatchNormalization, inputShape) {
  build.call(this, inputShape);
  const shape = (Array.isArray(inputShape[0]) ? inputShape[0] : inputShape) as number[];
  const size = shape.at(this.axis) as number;
  this.gamma ??= { read: () => tf.ones([size]) };
  this.beta ??= { read: () => tf.zeros([size]) };
};
