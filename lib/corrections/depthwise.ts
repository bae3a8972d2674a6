/**
 * oneDNN, in the version of TensorFlow 2.15, takes a depthwise convolution by a single number for a
 * convolution of the same sizes that it has done before in the process, and fails (“could not create a
 * primitive descriptor for a reorder primitive”). The two are equal, so all are computed as convolutions.
 */
import * as tf from '@tensorflow/tfjs-node';
import { correctKernel } from './registrations';

for (const suffix of ['', 'BackpropInput', 'BackpropFilter']) {
  correctKernel(`DepthwiseConv2dNative${suffix}`, (known) => (call) => {
    const { filterShape } = call.attrs as unknown as { filterShape?: number[] };
    if (tf.util.sizeFromShape(call.inputs.filter?.shape ?? filterShape ?? []) !== 1) {
      return known(call);
    }
    // tfjs leaves the format out, and perhaps the dilations, which a single number has not.
    const attrs = { ...call.attrs, dataFormat: 'NHWC', dilations: 1 };
    return tf.getKernel(`Conv2D${suffix}`, 'tensorflow').kernelFunc({ ...call, attrs });
  });
}
