/** Gradients that tfjs lacks, or computes without regard to an option. */
import * as tf from '@tensorflow/tfjs-node';
import type { NativeBackend } from '../native/backend';

interface Conv3dOptions {
  strides: [number, number, number];
  pad: 'valid' | 'same';
}

/** A transposed convolution over volumes is linear in both inputs. */
tf.registerGradient({
  kernelName: 'Conv3DBackpropInputV2',
  inputsToSave: ['dy', 'filter'],
  gradFunc: (upstream, saved, attributes) => {
    const [dy, filter] = saved as [tf.Tensor5D, tf.Tensor5D];
    const { strides, pad } = attributes as unknown as Conv3dOptions;
    const x = upstream as tf.Tensor5D;
    return {
      dy: () => tf.conv3d(x, filter, strides, pad),
      filter: () =>
        tf
          .engine()
          .runKernel(
            'Conv3DBackpropFilterV2',
            { x, dy },
            { strides, pad, filterShape: filter.shape },
          ),
    };
  },
});

/** tfjs-node leaves `halfPixelCenters` out of the gradient of `tf.image.resizeBilinear`. */
const resizeBilinearGrad = tf.getKernel('ResizeBilinearGrad', 'tensorflow');
tf.unregisterKernel('ResizeBilinearGrad', 'tensorflow');
tf.registerKernel({
  ...resizeBilinearGrad,
  kernelFunc: ({ inputs, attrs, backend: given }) => {
    const backend = given as unknown as NativeBackend;
    const halfPixelCenters = {
      name: 'half_pixel_centers',
      type: backend.binding.TF_ATTR_BOOL,
      value: attrs?.halfPixelCenters ?? false,
    };
    const executeSingleOutput: NativeBackend['executeSingleOutput'] = (name, attributes, tensors) =>
      backend.executeSingleOutput(name, [...attributes, halfPixelCenters], tensors);
    const completing = Object.assign(Object.create(backend) as NativeBackend, {
      executeSingleOutput,
    });
    return resizeBilinearGrad.kernelFunc({
      inputs,
      ...(attrs && { attrs }),
      backend: completing,
    });
  },
});
