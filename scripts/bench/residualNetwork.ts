/**
 * A small residual network with batch normalisation for colour pictures of 32 × 32: a larger network
 * than those of the articles. The Python sides build the same one.
 */
import * as tf from '../../lib/tensorflow';

/** The number of filters of each of the three blocks. */
const blocks = [16, 32, 64];

export function residualNetwork(optimizer: tf.Optimizer): tf.LayersModel {
  const input = tf.input({ shape: [32, 32, 3] });
  let x = normalized(convolution(input, 16), true);
  for (const [index, filters] of blocks.entries()) {
    const source = index === 0 ? x : pooled(x);
    const inner = normalized(convolution(source, filters), true);
    const outer = normalized(convolution(inner, filters), false);
    const shortcut = index === 0 ? source : convolution(source, filters, 1);
    x = rectified(tf.layers.add().apply([outer, shortcut]) as tf.SymbolicTensor);
  }
  const features = tf.layers.globalAveragePooling2d({}).apply(x) as tf.SymbolicTensor;
  const outputs = tf.layers.dense({ units: 10, activation: 'softmax' }).apply(features);
  const model = tf.model({ inputs: input, outputs: outputs as tf.SymbolicTensor });
  model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['accuracy'] });
  return model;
}

/** Kernels and the last bias; batch normalisation starts the same way on all sides. */
export function residualWeights(model: tf.LayersModel): tf.layers.Layer[] {
  return model.layers.filter((layer) => ['Conv2D', 'Dense'].includes(layer.getClassName()));
}

function convolution(x: tf.SymbolicTensor, filters: number, kernelSize = 3): tf.SymbolicTensor {
  const layer = tf.layers.conv2d({
    filters,
    kernelSize,
    padding: 'same',
    useBias: false,
    kernelInitializer: 'heNormal',
  });
  return layer.apply(x) as tf.SymbolicTensor;
}

function normalized(x: tf.SymbolicTensor, isRectified: boolean): tf.SymbolicTensor {
  const y = tf.layers.batchNormalization().apply(x) as tf.SymbolicTensor;
  return isRectified ? rectified(y) : y;
}

function rectified(x: tf.SymbolicTensor): tf.SymbolicTensor {
  return tf.layers.reLU().apply(x) as tf.SymbolicTensor;
}

function pooled(x: tf.SymbolicTensor): tf.SymbolicTensor {
  return tf.layers.averagePooling2d({ poolSize: 2 }).apply(x) as tf.SymbolicTensor;
}
