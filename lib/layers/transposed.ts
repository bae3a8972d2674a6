/** Transposed convolutions, with an option that tfjs's layers lack, and over sequences. */
import * as tf from '../tensorflow';
import { unnumbered } from '../tfjsInternals';
import type { ConvolutionOfTfjs, ConvolutionOptions } from './convolution';
import { channelsOf, SequenceConvolution, type SequenceConvolutionOptions } from './depthwise';
import {
  classOf,
  onlyShape,
  onlyTensor,
  perDimension,
  registerLayer,
  type Shape,
} from './kerasLayer';
import type { InitializerOption, RegularizerOption } from './weightSettings';

/** Options of {@link conv1dTranspose}. */
export interface Conv1dTransposeOptions extends SequenceConvolutionOptions {
  /** The number of output channels. */
  filters: number;
  /** How much longer the output is than the shortest that the window gives, less than the stride. */
  outputPadding?: number | [number] | null;
  /** How the kernel starts; glorotUniform if left out. */
  kernelInitializer?: InitializerOption;
  /** The penalty on the kernel; none if left out. */
  kernelRegularizer?: RegularizerOption;
}

/** Options of {@link conv2dTranspose} and {@link conv3dTranspose}: tfjs's, and `outputPadding`. */
export interface ConvTransposeOptions extends Omit<ConvolutionOptions, 'groups' | 'dilationRate'> {
  /** `valid` if left out, or `same`. */
  padding?: 'valid' | 'same';
  /** How much larger the output is than the smallest that the window gives, less than the stride. */
  outputPadding?: number | number[] | null;
}

interface Window {
  size: number;
  stride: number;
  padding: string;
}

/**
 * The size of the output in one dimension, as Keras has it.
 *
 * @param more the output padding; null: as without the option.
 */
function sizeAfter(size: number, { size: window, stride, padding }: Window, more: number | null) {
  if (more === null) {
    return size * stride + (padding === 'valid' ? Math.max(window - stride, 0) : 0);
  }
  return (size - 1) * stride + (padding === 'valid' ? window : window % 2) + more;
}

/** @throws RangeError if an output padding is not below the stride, which TensorFlow cannot compute. */
function checkedPadding(
  layer: string,
  given: number | number[] | null,
  strides: number[],
): number[] | null {
  const padding = given === null ? null : perDimension(given, strides.length);
  for (const [axis, more] of (padding ?? []).entries()) {
    const stride = strides[axis] ?? 1;
    if (!Number.isInteger(more) || more < 0 || more >= stride) {
      throw new RangeError(
        `${layer}: outputPadding must be a whole number from 0 to ${stride - 1}, below the ` +
          `stride ${stride}, not ${more}.`,
      );
    }
  }
  return padding;
}

/** An operation of tfjs for images or volumes. */
type Convolve = (
  input: tf.Tensor,
  kernel: tf.Tensor,
  shape: number[],
  strides: number[],
  padding: string,
) => tf.Tensor;

function transposed(
  className: string,
  classOfTfjs: new (options: object) => ConvolutionOfTfjs,
  convolve: Convolve,
) {
  const layerClass = class extends classOfTfjs {
    static readonly className = className;
    private readonly outputPadding: number[] | null;

    constructor({ outputPadding = null, ...options }: ConvTransposeOptions) {
      super(options);
      this.outputPadding = checkedPadding(
        `${className} "${this.name}"`,
        outputPadding,
        this.strides,
      );
    }

    override call(
      inputs: tf.Tensor | tf.Tensor[],
      options: { training?: boolean },
    ): tf.Tensor | tf.Tensor[] {
      if (!this.outputPadding) {
        return super.call(inputs, options);
      }
      return tf.tidy(() => {
        const input = onlyTensor(inputs);
        const shape = this.computeOutputShape(input.shape) as number[];
        const output = convolve(input, this.kernel.read(), shape, this.strides, this.padding);
        return this.activation.apply(this.bias ? tf.add(output, this.bias.read()) : output);
      });
    }

    override computeOutputShape(inputShape: Shape | Shape[]): Shape | Shape[] {
      const { outputPadding, kernelSize, strides, padding } = this;
      const after = super.computeOutputShape(inputShape) as Shape;
      const before = onlyShape(inputShape);
      return after.map((size, i) => {
        const more = outputPadding?.[i - 1];
        const sizeBefore = before[i] ?? null;
        if (more === undefined || sizeBefore === null) {
          return size;
        }
        const window = { size: kernelSize[i - 1] ?? 1, stride: strides[i - 1] ?? 1, padding };
        return sizeAfter(sizeBefore, window, more);
      });
    }

    override getConfig(): tf.serialization.ConfigDict {
      return { ...super.getConfig(), outputPadding: this.outputPadding };
    }
  };
  registerLayer(layerClass);
  return layerClass;
}

const windows = { name: unnumbered, kernelSize: 1, filters: 1 };

const Conv2DTranspose = transposed(
  'Conv2DTranspose',
  classOf(tf.layers.conv2dTranspose(windows)),
  tf.conv2dTranspose as Convolve,
);
const Conv3DTranspose = transposed(
  'Conv3DTranspose',
  classOf(tf.layers.conv3dTranspose(windows)),
  tf.conv3dTranspose as Convolve,
);

class Conv1DTranspose extends SequenceConvolution<{
  filters: number;
  outputPadding: number[] | null;
}> {
  static readonly className = 'Conv1DTranspose';
  private kernel!: tf.LayerVariable;

  constructor(options: Conv1dTransposeOptions) {
    const strides = perDimension(options.strides ?? 1, 1);
    const outputPadding = checkedPadding('Conv1DTranspose', options.outputPadding ?? null, strides);
    super(options, ['kernel'], { filters: options.filters, outputPadding });
    if (this.options.dilationRate[0] !== 1) {
      throw new Error('Conv1DTranspose with a dilation rate is not supported.');
    }
  }

  override build(inputShape: Shape | Shape[]): void {
    const { kernelSize, filters } = this.options;
    this.kernel = this.addKernel('kernel', 'kernel', [
      ...kernelSize,
      filters,
      channelsOf(inputShape),
    ]);
    this.addBias(filters);
  }

  protected convolved(line: tf.Tensor4D): tf.Tensor {
    const { strides, padding, filters } = this.options;
    const [batch, , steps] = line.shape;
    const kernel = tf.expandDims(this.kernel.read(), 0) as tf.Tensor4D;
    const shape: [number, number, number, number] = [batch, 1, this.longer(steps), filters];
    return tf.conv2dTranspose(line, kernel, shape, [1, strides[0]], padding);
  }

  protected override shapeAfter([batch = null, steps = null]: Shape): Shape {
    return [batch, steps === null ? null : this.longer(steps), this.options.filters];
  }

  private longer(steps: number): number {
    const { kernelSize, strides, padding, outputPadding } = this.options;
    const window = { size: kernelSize[0], stride: strides[0], padding };
    return sizeAfter(steps, window, outputPadding?.[0] ?? null);
  }
}
registerLayer(Conv1DTranspose);

/**
 * A convolution backwards: makes a sequence, `[batch, steps, channels]`, longer.
 *
 * @param options Window and filters.
 * @throws RangeError if `outputPadding` is not below the stride.
 * @see https://keras.io/api/layers/convolution_layers/convolution1d_transpose/
 */
export function conv1dTranspose(options: Conv1dTransposeOptions): tf.layers.Layer {
  return new Conv1DTranspose(options);
}

const asInKeras = { kernelInitializer: 'glorotUniform' };

/**
 * A convolution backwards: makes pictures, `[batch, height, width, channels]`, larger.
 *
 * @param options Window and filters.
 * @throws RangeError if `outputPadding` is not below the stride.
 * @see https://keras.io/api/layers/convolution_layers/convolution2d_transpose/
 */
export function conv2dTranspose(options: ConvTransposeOptions): tf.layers.Layer {
  return new Conv2DTranspose({ ...asInKeras, ...options });
}

/**
 * A convolution backwards: makes volumes, `[batch, depth, height, width, channels]`, larger.
 *
 * @param options Window and filters.
 * @throws RangeError if `outputPadding` is not below the stride.
 * @see https://keras.io/api/layers/convolution_layers/convolution3d_transpose/
 */
export function conv3dTranspose(options: ConvTransposeOptions): tf.layers.Layer {
  return new Conv3DTranspose({ ...asInKeras, ...options });
}
