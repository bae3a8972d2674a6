/**
 * oneDNN, in the version of TensorFlow 2.15, takes a depthwise convolution by a single number for a
 * convolution of the same sizes that it has done before in the process, and fails (“could not create a
 * primitive descriptor for a reorder primitive”). The two are equal, so all are computed as convolutions.
 */
import * as tf from '@tensorflow/tfjs-node';
import { correctKernel } from './registrations';

function computeAsConvolution(
  kernelName: string,
  convolution: string,
  filterShape: (call: Parameters<tf.KernelFunc>[0]) => number[],
): void {
  const { kernelFunc } = tf.getKernel(convolution, 'tensorflow');
  correctKernel(kernelName, (known) => (call) => {
    // tfjs leaves the format out, and perhaps the dilations, which a single number has not.
    const attrs = { ...call.attrs, dataFormat: 'NHWC', dilations: 1 };
    return tf.util.sizeFromShape(filterShape(call)) === 1
      ? kernelFunc({ ...call, attrs })
      : known(call);
  });
}

computeAsConvolution(
  'DepthwiseConv2dNative',
  'Conv2D',
  ({ inputs }) => (inputs.filter as tf.TensorInfo).shape,
);
computeAsConvolution(
  'DepthwiseConv2dNativeBackpropInput',
  'Conv2DBackpropInput',
  ({ inputs }) => (inputs.filter as tf.TensorInfo).shape,
);
computeAsConvolution(
  'DepthwiseConv2dNativeBackpropFilter',
  'Conv2DBackpropFilter',
  ({ attrs }) => (attrs as unknown as { filterShape: number[] }).filterShape,
);
