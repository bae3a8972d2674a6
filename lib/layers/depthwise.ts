/** Convolutions over sequences that tfjs lacks: of each channel by itself. */
import { activityRegularizer } from '../corrections/activityRegularizers';
import * as tf from '../tensorflow';
import { internals, unnumbered } from '../tfjsInternals';
import { KerasLayer, type LayerOptions, onlyShape, registerLayer, type Shape } from './kerasLayer';
import {
  type InitializerOption,
  type RegularizerOption,
  type WeightSettings,
  weightSettings,
} from './weightSettings';

/** How far a window reaches whose values are some steps apart. */
const spread = (size: number, rate: number) => (size - 1) * rate + 1;

/** Options of convolutions over sequences. */
export interface SequenceConvolutionOptions extends LayerOptions {
  /** The size of the window in steps. */
  kernelSize: number | [number];
  /** How far the window moves; 1 if left out. */
  strides?: number | [number];
  /** `valid` if left out, or `same`. */
  padding?: 'valid' | 'same';
  /** How far apart the steps in a window are; 1 if left out. */
  dilationRate?: number | [number];
  /** Name of the activation; none if left out. */
  activation?: string;
  /** Whether there is a bias for each channel of the output; true if left out. */
  useBias?: boolean;
  /** How the bias starts; zeros if left out. */
  biasInitializer?: InitializerOption;
  /** The penalty on the bias; none if left out. */
  biasRegularizer?: RegularizerOption;
  /** The penalty on the output, divided by the number of rows; none if left out. */
  activityRegularizer?: RegularizerOption;
}

/** Options of {@link depthwiseConv1d}. */
export interface DepthwiseConv1dOptions extends SequenceConvolutionOptions {
  /** How many filters each channel has; 1 if left out. */
  depthMultiplier?: number;
  /** How the kernel starts; glorotUniform if left out. */
  depthwiseInitializer?: InitializerOption;
  /** The penalty on the kernel; none if left out. */
  depthwiseRegularizer?: RegularizerOption;
}

/** Options of {@link separableConv1d}. */
export interface SeparableConv1dOptions extends DepthwiseConv1dOptions {
  /** The number of output channels. */
  filters: number;
  /** How the kernel that joins the channels starts; glorotUniform if left out. */
  pointwiseInitializer?: InitializerOption;
  /** The penalty on the kernel that joins the channels; none if left out. */
  pointwiseRegularizer?: RegularizerOption;
}

interface SequenceSettings {
  kernelSize: [number];
  strides: [number];
  padding: 'valid' | 'same';
  dilationRate: [number];
  activation: string;
  useBias: boolean;
}

interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
}

/** A sequence is convolved as a picture of one line. */
export abstract class SequenceConvolution<Options extends object> extends KerasLayer<
  SequenceSettings & Options
> {
  private readonly settings: Record<string, WeightSettings> = {};
  private readonly activation: Activation;
  private bias: tf.LayerVariable | null = null;

  constructor(given: SequenceConvolutionOptions, kernels: string[], others: Options) {
    const list = (value: number | [number] | undefined): [number] => [[value ?? 1].flat()[0] ?? 1];
    super(given, {
      kernelSize: list(given.kernelSize),
      strides: list(given.strides),
      padding: given.padding ?? 'valid',
      dilationRate: list(given.dilationRate),
      activation: given.activation ?? 'linear',
      useBias: given.useBias ?? true,
      ...others,
    });
    internals(this).activityRegularizer = activityRegularizer(given.activityRegularizer);
    const { padding, activation } = this.options;
    if (!['valid', 'same'].includes(padding)) {
      throw new Error(`${this.getClassName()} with padding = ${padding} is not supported.`);
    }
    for (const kernel of kernels) {
      this.settings[kernel] = weightSettings(kernel, given, 'glorotUniform');
    }
    this.settings.bias = weightSettings('bias', given, 'zeros');
    for (const [kernel, { regularizer }] of Object.entries(this.settings)) {
      // Where the layers of tfjs have them.
      Object.assign(this, { [`${kernel}Regularizer`]: regularizer });
    }
    const layer = tf.layers.activation({ name: unnumbered, activation: activation as 'linear' });
    this.activation = (layer as unknown as { activation: Activation }).activation;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const weights = Object.values(this.settings).map(({ config }) => config);
    return Object.assign(super.getConfig(), ...weights);
  }

  protected addKernel(kernel: string, name: string, shape: number[]): tf.LayerVariable {
    const { initializer, regularizer, constraint } = this.settings[kernel] as WeightSettings;
    return this.addWeight(name, shape, 'float32', initializer, regularizer, true, constraint);
  }

  protected addBias(channels: number): void {
    this.bias = this.options.useBias ? this.addKernel('bias', 'bias', [channels]) : null;
    this.built = true;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    const line = tf.expandDims(input, 1) as tf.Tensor4D;
    const output = tf.squeeze(this.convolved(line), [1]);
    return this.activation.apply(this.bias ? tf.add(output, this.bias.read()) : output);
  }

  /** @param line `[batch, 1, steps, channels]` */
  protected abstract convolved(line: tf.Tensor4D): tf.Tensor;

  /** Each channel by itself. */
  protected depthwise(line: tf.Tensor4D, weight: tf.LayerVariable): tf.Tensor4D {
    const { strides, padding, dilationRate } = this.options;
    const kernel = tf.expandDims(weight.read(), 0) as tf.Tensor4D;
    const rates: [number, number] = [1, dilationRate[0]];
    return tf.depthwiseConv2d(line, kernel, [strides[0], strides[0]], padding, 'NHWC', rates);
  }

  protected stepsAfter(steps: number | null): number | null {
    if (steps === null) {
      return null;
    }
    const { kernelSize, strides, padding, dilationRate } = this.options;
    const reach = padding === 'same' ? 1 : spread(kernelSize[0], dilationRate[0]);
    return Math.floor((steps - reach) / strides[0]) + 1;
  }
}

class DepthwiseConv1D extends SequenceConvolution<{ depthMultiplier: number }> {
  static readonly className = 'DepthwiseConv1D';
  private kernel!: tf.LayerVariable;

  constructor(options: DepthwiseConv1dOptions) {
    super(options, ['depthwise'], { depthMultiplier: options.depthMultiplier ?? 1 });
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = channelsOf(inputShape);
    const { kernelSize, depthMultiplier } = this.options;
    const shape = [...kernelSize, channels, depthMultiplier];
    this.kernel = this.addKernel('depthwise', 'depthwise_kernel', shape);
    this.addBias(channels * depthMultiplier);
  }

  protected convolved(line: tf.Tensor4D): tf.Tensor {
    return this.depthwise(line, this.kernel);
  }

  protected override shapeAfter([batch = null, steps = null, channels]: Shape): Shape {
    return [batch, this.stepsAfter(steps), (channels as number) * this.options.depthMultiplier];
  }
}

class SeparableConv1D extends SequenceConvolution<{ filters: number; depthMultiplier: number }> {
  static readonly className = 'SeparableConv1D';
  private kernel!: tf.LayerVariable;
  private pointwise!: tf.LayerVariable;

  constructor(options: SeparableConv1dOptions) {
    const { filters, depthMultiplier = 1 } = options;
    super(options, ['depthwise', 'pointwise'], { filters, depthMultiplier });
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = channelsOf(inputShape);
    const { kernelSize, depthMultiplier, filters } = this.options;
    const shape = [...kernelSize, channels, depthMultiplier];
    this.kernel = this.addKernel('depthwise', 'depthwise_kernel', shape);
    const joining = [1, channels * depthMultiplier, filters];
    this.pointwise = this.addKernel('pointwise', 'pointwise_kernel', joining);
    this.addBias(filters);
  }

  protected convolved(line: tf.Tensor4D): tf.Tensor {
    const joining = tf.expandDims(this.pointwise.read(), 0) as tf.Tensor4D;
    return tf.conv2d(this.depthwise(line, this.kernel), joining, 1, 'valid');
  }

  protected override shapeAfter([batch = null, steps = null]: Shape): Shape {
    return [batch, this.stepsAfter(steps), this.options.filters];
  }
}

for (const layerClass of [DepthwiseConv1D, SeparableConv1D]) {
  registerLayer(layerClass);
}

/** The number of channels of the one input. */
export function channelsOf(inputShape: Shape | Shape[]): number {
  return onlyShape(inputShape).at(-1) as number;
}

/**
 * Convolves each channel of a sequence, `[batch, steps, channels]`, by itself.
 *
 * @param options Window and filters.
 * @see https://keras.io/api/layers/convolution_layers/depthwise_convolution1d/
 */
export function depthwiseConv1d(options: DepthwiseConv1dOptions): tf.layers.Layer {
  return new DepthwiseConv1D(options);
}

/**
 * Convolves each channel of a sequence, `[batch, steps, channels]`, by itself, and then joins them.
 *
 * @param options Window and filters.
 * @see https://keras.io/api/layers/convolution_layers/separable_convolution1d/
 */
export function separableConv1d(options: SeparableConv1dOptions): tf.layers.Layer {
  return new SeparableConv1D(options);
}
