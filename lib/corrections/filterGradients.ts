/**
 * oneDNN, in the version of TensorFlow 2.15 and later ones, writes past its memory for the gradient of a
 * kernel of 1 × 1 with strides where the images have few channels: a crash on processors with AVX-512,
 * wrong numbers on others (https://github.com/uxlfoundation/oneDNN/issues/6035).
 */
import * as tf from '@tensorflow/tfjs-node';
import { correctKernel } from './registrations';

/** From so many channels on it is right: they fill the widest vector register. */
const CHANNELS_OF_A_VECTOR = 16;

interface Options {
  strides: number | number[];
  filterShape: number[];
  dataFormat?: string;
}

function correctFilterGradient(
  kernelName: string,
  channelsSeenTogether: (filterShape: number[]) => number,
): void {
  correctKernel(kernelName, (known) => (call) => {
    const { strides, filterShape, dataFormat } = call.attrs as unknown as Options;
    const [height, width] = filterShape as [number, number];
    const [down, right = down] = [strides].flat() as [number, number?];
    const isConcerned =
      height * width === 1 &&
      Math.max(down, right) > 1 &&
      channelsSeenTogether(filterShape) < CHANNELS_OF_A_VECTOR &&
      dataFormat !== 'NCHW';
    if (!isConcerned) {
      return known(call);
    }
    // The kernel sees one pixel of each window: without the others, no strides are needed.
    const images = call.inputs.x as tf.Tensor;
    const seen = tf.stridedSlice(images, [0, 0, 0, 0], images.shape, [1, down, right, 1]);
    try {
      const inputs = { ...call.inputs, x: seen };
      return known({ ...call, inputs, attrs: { ...call.attrs, strides: 1 } });
    } finally {
      seen.dispose();
    }
  });
}

correctFilterGradient('Conv2DBackpropFilter', ([, , channels]) => channels as number);
correctFilterGradient('DepthwiseConv2dNativeBackpropFilter', () => 1);
