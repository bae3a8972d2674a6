/** Convolutions whose windows have gaps: tfjs lacks their gradients, and one of its layers ignores gaps. */
import * as tf from '@tensorflow/tfjs-node';
import { prototypeOf, unnumbered } from '../tfjsInternals';
import { correctGradient } from './registrations';

interface DilatedOptions {
  dilations?: number | number[] | null;
}

/** A kernel with zeros between its values, which convolves as the kernel does with that dilation. */
export function filledUp(kernel: tf.Tensor, dilations: number[]): tf.Tensor {
  return dilations.reduce((values, rate, axis) => {
    const size = values.shape[axis] as number;
    const apart = tf.expandDims(values, axis + 1);
    const zeros = apart.shape.map((_, i): [number, number] => [0, i === axis + 1 ? rate - 1 : 0]);
    const shape = values.shape.map((n, i) => (i === axis ? n * rate : n));
    const end = values.shape.map((n, i) => (i === axis ? (size - 1) * rate + 1 : n));
    return tf.slice(
      tf.reshape(tf.pad(apart, zeros), shape),
      shape.map(() => 0),
      end,
    );
  }, kernel);
}

for (const kernelName of ['Conv2D', 'DepthwiseConv2dNative']) {
  correctGradient(kernelName, (known) => (dy, saved, attributes) => {
    const [x, kernel] = saved as [tf.Tensor, tf.Tensor];
    const { dilations } = attributes as DilatedOptions;
    const rates = typeof dilations === 'number' ? [dilations, dilations] : (dilations ?? []);
    if (rates.every((rate) => rate === 1)) {
      return known(dy, saved, attributes);
    }
    const undilated = { ...attributes, dilations: rates.map(() => 1) };
    const gradients = known(dy, [x, filledUp(kernel, rates)], undilated);
    const { filter } = gradients as { filter: () => tf.Tensor };
    const strides = kernel.shape.map((_, axis) => rates[axis] ?? 1);
    const filled = kernel.shape.map((size, axis) => (size - 1) * (strides[axis] as number) + 1);
    const first = filled.map(() => 0);
    return { ...gradients, filter: () => tf.stridedSlice(filter(), first, filled, strides) };
  });
}

interface ConvolutionLayer {
  kernel: { read(): tf.Tensor };
  bias: { read(): tf.Tensor } | null;
  strides: number[];
  padding: 'valid' | 'same';
  dataFormat: string;
  dilationRate: number[];
  activation: { apply(x: tf.Tensor): tf.Tensor } | null;
  call(inputs: tf.Tensor | tf.Tensor[], options: object): tf.Tensor;
}

type Convolve = (layer: ConvolutionLayer, input: tf.Tensor, kernel: tf.Tensor) => tf.Tensor;

/**
 * tfjs computes pictures and volumes with operations that have no gradient, or no result, where the
 * window has gaps.
 */
function correctDilation(made: tf.layers.Layer, convolve: Convolve): void {
  const layerPrototype = prototypeOf<ConvolutionLayer>(made);
  const { call: callOfTfjs } = layerPrototype;
  layerPrototype.call = function (inputs, options) {
    const isDilated = this.dilationRate.some((rate) => rate > 1);
    if (!isDilated || this.dataFormat !== 'channelsLast') {
      return callOfTfjs.call(this, inputs, options);
    }
    return tf.tidy(() => {
      const output = convolve(this, [inputs].flat()[0] as tf.Tensor, this.kernel.read());
      const biased = this.bias ? tf.add(output, this.bias.read()) : output;
      return this.activation ? this.activation.apply(biased) : biased;
    });
  };
}

const windows = { name: unnumbered, kernelSize: 1, filters: 1 };

correctDilation(tf.layers.conv2d(windows), (layer, input, kernel) =>
  tf.conv2d(
    input as tf.Tensor4D,
    kernel as tf.Tensor4D,
    layer.strides as [number, number],
    layer.padding,
    'NHWC',
    layer.dilationRate as [number, number],
  ),
);
correctDilation(tf.layers.conv3d(windows), (layer, input, kernel) =>
  tf.conv3d(
    input as tf.Tensor5D,
    filledUp(kernel, layer.dilationRate) as tf.Tensor5D,
    layer.strides as [number, number, number],
    layer.padding,
  ),
);

type Shape = (number | null)[];

interface DepthwiseLayer {
  depthwiseKernel: { read(): tf.Tensor4D };
  depthwiseConstraint: tf.serialization.Serializable | null;
  bias: { read(): tf.Tensor } | null;
  strides: [number, number];
  padding: 'valid' | 'same';
  kernelSize: number[];
  dilationRate: [number, number];
  activation: { apply(x: tf.Tensor): tf.Tensor } | null;
  call(inputs: tf.Tensor | tf.Tensor[], options: object): tf.Tensor;
  computeOutputShape(inputShape: Shape): Shape;
  getConfig(): tf.serialization.ConfigDict;
}

const depthwise = prototypeOf<DepthwiseLayer>(
  tf.layers.depthwiseConv2d({ name: unnumbered, kernelSize: 1 }),
);
const { call, computeOutputShape, getConfig } = depthwise;

/** tfjs's layer takes a dilation rate, and does not go by it. */
depthwise.call = function (inputs, options) {
  const { dilationRate, strides, padding, bias, activation } = this;
  if (dilationRate.every((rate) => rate === 1)) {
    return call.call(this, inputs, options);
  }
  return tf.tidy(() => {
    const input = [inputs].flat()[0] as tf.Tensor4D;
    const kernel = this.depthwiseKernel.read();
    const output = tf.depthwiseConv2d(input, kernel, strides, padding, 'NHWC', dilationRate);
    const biased = bias ? tf.add(output, bias.read()) : output;
    return activation ? activation.apply(biased) : biased;
  });
};

depthwise.computeOutputShape = function (inputShape) {
  const before = this.kernelSize;
  this.kernelSize = before.map((size, axis) => (size - 1) * (this.dilationRate[axis] ?? 1) + 1);
  try {
    return computeOutputShape.call(this, inputShape);
  } finally {
    this.kernelSize = before;
  }
};

/** tfjs writes the regulariser in the place of the constraint. */
depthwise.getConfig = function () {
  const { depthwiseConstraint: constraint } = this;
  return {
    ...getConfig.call(this),
    depthwiseConstraint: constraint && {
      className: constraint.getClassName(),
      config: constraint.getConfig(),
    },
  };
};
