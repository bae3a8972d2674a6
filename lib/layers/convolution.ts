/** Convolutions in groups of channels, and causal ones: options that tfjs's layers lack. */

import { filledUp } from '../corrections/dilation';
import * as tf from '../tensorflow';
import { unnumbered } from '../tfjsInternals';
import {
  classOf,
  type LayerOptions,
  onlyShape,
  onlyTensor,
  registerLayer,
  type Shape,
} from './kerasLayer';
import type { RegularizerOption } from './weightSettings';

/** What tfjs's convolutions have, and keep private. */
export interface ConvolutionOfTfjs extends tf.layers.Layer {
  kernel: tf.LayerVariable;
  bias: tf.LayerVariable | null;
  kernelSize: number[];
  strides: number[];
  dilationRate: number[];
  padding: string;
  activation: { apply(x: tf.Tensor): tf.Tensor };
}

/** Options of {@link conv1d}, {@link conv2d} and {@link conv3d}: tfjs's, and `groups`. */
export interface ConvolutionOptions extends LayerOptions {
  /** The number of output channels. */
  filters: number;
  /** The size of the window: one number, or one for each dimension. */
  kernelSize: number | number[];
  /** How far the window moves; 1 if left out. */
  strides?: number | number[];
  /** `valid` if left out, `same`, or in one dimension `causal`: a step sees none after it. */
  padding?: 'valid' | 'same' | 'causal';
  /** How far apart the values in a window are; 1 if left out. */
  dilationRate?: number | number[];
  /** Groups of channels, each with filters of its own; divides channels and filters; 1 if left out. */
  groups?: number;
  /** Name of the activation; none if left out. */
  activation?: string;
  /** Whether there is a bias for each filter; true if left out. */
  useBias?: boolean;
  /** How the kernel starts; glorotUniform if left out. */
  kernelInitializer?: string | tf.serialization.Serializable;
  /** How the bias starts; zeros if left out. */
  biasInitializer?: string | tf.serialization.Serializable;
  /** The penalty on the output, divided by the number of rows; none if left out. */
  activityRegularizer?: RegularizerOption;
}

const windows = { name: unnumbered, kernelSize: 1, filters: 1 };
const conv1dOfTfjs = classOf<ConvolutionOfTfjs>(tf.layers.conv1d(windows));
const conv2dOfTfjs = classOf<ConvolutionOfTfjs>(tf.layers.conv2d(windows));
const conv3dOfTfjs = classOf<ConvolutionOfTfjs>(tf.layers.conv3d(windows));

function convolution(
  className: string,
  classOfTfjs: typeof conv1dOfTfjs,
  convolve: (layer: ConvolutionOfTfjs, input: tf.Tensor, kernel: tf.Tensor) => tf.Tensor,
) {
  const layerClass = class extends classOfTfjs {
    static readonly className = className;
    private readonly groups: number;

    constructor({ groups, ...options }: ConvolutionOptions) {
      super(options);
      this.groups = groups ?? 1;
    }

    override build(inputShape: Shape | Shape[]): void {
      const shape = onlyShape(inputShape);
      const channels = shape.at(-1) ?? null;
      if (channels !== null && channels % this.groups !== 0) {
        throw new Error(
          `${className} "${this.name}" has ${this.groups} groups, ` +
            `which do not divide the ${channels} channels of its input.`,
        );
      }
      super.build([...shape.slice(0, -1), channels === null ? null : channels / this.groups]);
      this.inputSpec = [{ ndim: shape.length, axes: { [shape.length - 1]: channels as number } }];
    }

    override call(
      inputs: tf.Tensor | tf.Tensor[],
      options: { training?: boolean },
    ): tf.Tensor | tf.Tensor[] {
      return tf.tidy(() => {
        const input = onlyTensor(inputs);
        if (this.padding === 'causal') {
          const before = (this.dilationRate[0] as number) * ((this.kernelSize[0] as number) - 1);
          const padded = tf.pad(input, [
            [0, 0],
            [before, 0],
            [0, 0],
          ]);
          return this.withPadding('valid', () => this.call(padded, options));
        }
        return this.groups === 1 ? super.call(input, options) : this.convolved(input);
      });
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
      const compute = () => super.computeOutputShape(inputShape);
      return this.padding === 'causal' ? this.withPadding('same', compute) : compute();
    }

    override getConfig(): tf.serialization.ConfigDict {
      return { ...super.getConfig(), groups: this.groups };
    }

    /** Each group of channels by itself. */
    private convolved(input: tf.Tensor): tf.Tensor {
      const kernels = tf.split(this.kernel.read(), this.groups, -1);
      const parts = tf.split(input, this.groups, -1);
      const outputs = parts.map((part, i) => convolve(this, part, kernels[i] as tf.Tensor));
      const output = tf.concat(outputs, -1);
      return this.activation.apply(this.bias ? tf.add(output, this.bias.read()) : output);
    }

    /** Computes as with another padding. */
    private withPadding<Result>(padding: string, compute: () => Result): Result {
      const before = this.padding;
      this.padding = padding;
      try {
        return compute();
      } finally {
        this.padding = before;
      }
    }
  };
  registerLayer(layerClass);
  return layerClass;
}

type Padding = 'valid' | 'same';

const Conv1D = convolution('Conv1D', conv1dOfTfjs, (layer, input, kernel) =>
  tf.conv1d(
    input as tf.Tensor3D,
    kernel as tf.Tensor3D,
    layer.strides[0] as number,
    layer.padding as Padding,
    'NWC',
    layer.dilationRate[0],
  ),
);
const Conv2D = convolution('Conv2D', conv2dOfTfjs, (layer, input, kernel) =>
  tf.conv2d(
    input as tf.Tensor4D,
    kernel as tf.Tensor4D,
    layer.strides as [number, number],
    layer.padding as Padding,
    'NHWC',
    layer.dilationRate as [number, number],
  ),
);
const Conv3D = convolution('Conv3D', conv3dOfTfjs, (layer, input, kernel) =>
  tf.conv3d(
    input as tf.Tensor5D,
    filledUp(kernel, layer.dilationRate) as tf.Tensor5D,
    layer.strides as [number, number, number],
    layer.padding as Padding,
  ),
);

const asInKeras = { kernelInitializer: 'glorotUniform' };

/**
 * A convolution over sequences, `[batch, steps, channels]`, also a causal one, or in groups.
 *
 * @param options Filters and window.
 * @see https://keras.io/api/layers/convolution_layers/convolution1d/
 */
export function conv1d(options: ConvolutionOptions): tf.layers.Layer {
  return new Conv1D({ ...asInKeras, ...options });
}

/**
 * A convolution over pictures, `[batch, height, width, channels]`, also in groups.
 *
 * @param options Filters and window.
 * @see https://keras.io/api/layers/convolution_layers/convolution2d/
 */
export function conv2d(options: ConvolutionOptions): tf.layers.Layer {
  return new Conv2D({ ...asInKeras, ...options });
}

/**
 * A convolution over volumes, `[batch, depth, height, width, channels]`, also in groups.
 *
 * @param options Filters and window.
 * @see https://keras.io/api/layers/convolution_layers/convolution3d/
 */
export function conv3d(options: ConvolutionOptions): tf.layers.Layer {
  return new Conv3D({ ...asInKeras, ...options });
}
