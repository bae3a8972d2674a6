/** Layers that put zeros around their input, cut its borders off, or repeat its values. */
import * as tf from '../tensorflow';
import { unnumbered } from '../tfjsInternals';
import {
  classOf,
  KerasLayer,
  type LayerOptions,
  perDimension,
  registerLayer,
  type Shape,
} from './kerasLayer';

/** How much at both ends of each dimension: one number for all, one or two numbers for each. */
type Borders = number | number[] | number[][];

/** Two numbers for each dimension; in one dimension `[left, right]` stands for `[[left, right]]`. */
function bordersOf(given: Borders, dimensions: number): [number, number][] {
  const list = typeof given === 'number' ? Array<number>(dimensions).fill(given) : given;
  const each = dimensions === 1 && list.length === 2 ? [list as number[]] : list;
  return each.map((one) => (typeof one === 'number' ? [one, one] : [one[0] ?? 0, one[1] ?? 0]));
}

/** As Keras writes them. */
function asOption(borders: [number, number][]): number[] | number[][] {
  return borders.length === 1 ? (borders[0] as number[]) : borders;
}

function resized(shape: Shape, sizes: (size: number, dimension: number) => number): Shape {
  const inner = shape.slice(1, -1);
  const channels = shape.at(-1) ?? null;
  const changed = inner.map((size, i) => (size === null ? null : sizes(size, i)));
  return [shape[0] ?? null, ...changed, channels];
}

abstract class ZeroPadding extends KerasLayer<{ padding: number[] | number[][] }> {
  private readonly borders: [number, number][];

  constructor(dimensions: number, options: ZeroPaddingOptions) {
    const borders = bordersOf(options.padding ?? 1, dimensions);
    super(options, { padding: asOption(borders) });
    this.borders = borders;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    return tf.pad(input, [[0, 0], ...this.borders, [0, 0]]);
  }

  protected override shapeAfter(shape: Shape): Shape {
    return resized(shape, (size, i) => size + sum(this.borders[i]));
  }
}

abstract class Cropping extends KerasLayer<{ cropping: number[] | number[][] }> {
  private readonly borders: [number, number][];

  constructor(dimensions: number, options: CroppingOptions) {
    const borders = bordersOf(options.cropping ?? 1, dimensions);
    super(options, { cropping: asOption(borders) });
    this.borders = borders;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    const begin = [0, ...this.borders.map(([before]) => before), 0];
    const size = this.shapeAfter(input.shape) as number[];
    return tf.slice(input, begin, size);
  }

  protected override shapeAfter(shape: Shape): Shape {
    return resized(shape, (size, i) => size - sum(this.borders[i]));
  }
}

abstract class UpSampling extends KerasLayer<{ size: number | number[] }> {
  private readonly factors: number[];

  constructor(dimensions: number, options: UpSamplingOptions) {
    const factors = perDimension(options.size ?? 2, dimensions);
    super(options, { size: dimensions === 1 ? (factors[0] as number) : factors });
    this.factors = factors;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    return this.factors.reduce((x, factor, i) => repeated(x, i + 1, factor), input);
  }

  protected override shapeAfter(shape: Shape): Shape {
    return resized(shape, (size, i) => size * (this.factors[i] as number));
  }
}

/** Each value along an axis several times. */
function repeated(x: tf.Tensor, axis: number, times: number): tf.Tensor {
  const expanded = tf.expandDims(x, axis + 1);
  const repetitions = expanded.shape.map((_, i) => (i === axis + 1 ? times : 1));
  const shape = x.shape.map((size, i) => (i === axis ? size * times : size));
  return tf.reshape(tf.tile(expanded, repetitions), shape);
}

function sum([before, after]: [number, number] = [0, 0]): number {
  return before + after;
}

/** Options of {@link zeroPadding1d} and {@link zeroPadding3d}. */
export interface ZeroPaddingOptions extends LayerOptions {
  /** Zeros at both ends of each dimension: one number, one for each, or two for each; 1 if left out. */
  padding?: number | number[] | number[][];
}

/** Options of {@link cropping1d} and {@link cropping3d}. */
export interface CroppingOptions extends LayerOptions {
  /** What goes at both ends of each dimension: one number, one for each, or two for each; 1 if left out. */
  cropping?: number | number[] | number[][];
}

/** Options of {@link upSampling1d} and {@link upSampling3d}. */
export interface UpSamplingOptions extends LayerOptions {
  /** How often each value comes: one number, or one for each dimension; 2 if left out. */
  size?: number | number[];
}

/** Options of {@link upSampling2d}. */
export interface UpSampling2dOptions extends UpSamplingOptions {
  /** How values in between are found: `nearest` if left out, or `bilinear`. */
  interpolation?: 'nearest' | 'bilinear';
}

/** A layer's class for one number of dimensions. */
function forDimensions<Options extends LayerOptions>(
  className: string,
  base: abstract new (dimensions: number, options: Options) => tf.layers.Layer,
  dimensions: number,
) {
  const layerClass = class extends (base as new (
    dimensions: number,
    options: Options,
  ) => tf.layers.Layer) {
    static readonly className = className;
    constructor(options = {} as Options) {
      super(dimensions, options);
    }
  };
  registerLayer(layerClass);
  return layerClass;
}

const ZeroPadding1D = forDimensions('ZeroPadding1D', ZeroPadding, 1);
const ZeroPadding3D = forDimensions('ZeroPadding3D', ZeroPadding, 3);
const Cropping1D = forDimensions('Cropping1D', Cropping, 1);
const Cropping3D = forDimensions('Cropping3D', Cropping, 3);
const UpSampling1D = forDimensions('UpSampling1D', UpSampling, 1);
const UpSampling3D = forDimensions('UpSampling3D', UpSampling, 3);

const upSampling2dOfTfjs = classOf(tf.layers.upSampling2d({ name: unnumbered }));

/** Takes one number for both dimensions. */
class UpSampling2D extends upSampling2dOfTfjs {
  static readonly className = 'UpSampling2D';
  constructor({ size = 2, ...options }: UpSampling2dOptions = {}) {
    super({ ...options, size: perDimension(size, 2) });
  }
}

registerLayer(UpSampling2D);

/**
 * Zeros before and after each sequence: `[batch, steps, channels]` becomes longer.
 *
 * @param options How many.
 * @see https://keras.io/api/layers/reshaping_layers/zero_padding1d/
 */
export function zeroPadding1d(options?: ZeroPaddingOptions): tf.layers.Layer {
  return new ZeroPadding1D(options);
}

/**
 * Zeros around each volume, `[batch, depth, height, width, channels]`.
 *
 * @param options How many.
 * @see https://keras.io/api/layers/reshaping_layers/zero_padding3d/
 */
export function zeroPadding3d(options?: ZeroPaddingOptions): tf.layers.Layer {
  return new ZeroPadding3D(options);
}

/**
 * Takes steps off both ends of each sequence, `[batch, steps, channels]`.
 *
 * @param options How many.
 * @see https://keras.io/api/layers/reshaping_layers/cropping1d/
 */
export function cropping1d(options?: CroppingOptions): tf.layers.Layer {
  return new Cropping1D(options);
}

/**
 * Takes the borders off each volume, `[batch, depth, height, width, channels]`.
 *
 * @param options How much.
 * @see https://keras.io/api/layers/reshaping_layers/cropping3d/
 */
export function cropping3d(options?: CroppingOptions): tf.layers.Layer {
  return new Cropping3D(options);
}

/**
 * Each step of a sequence, `[batch, steps, channels]`, several times.
 *
 * @param options How often.
 * @see https://keras.io/api/layers/reshaping_layers/up_sampling1d/
 */
export function upSampling1d(options?: UpSamplingOptions): tf.layers.Layer {
  return new UpSampling1D(options);
}

/**
 * Each pixel of a picture, `[batch, height, width, channels]`, several times in both directions.
 * `tf.layers.upSampling2d` interpolates otherwise than Keras does.
 *
 * @param options How often.
 * @see https://keras.io/api/layers/reshaping_layers/up_sampling2d/
 */
export function upSampling2d(options?: UpSampling2dOptions): tf.layers.Layer {
  return new UpSampling2D(options);
}

/**
 * Each value of a volume, `[batch, depth, height, width, channels]`, several times along each of its
 * dimensions.
 *
 * @param options How often.
 * @see https://keras.io/api/layers/reshaping_layers/up_sampling3d/
 */
export function upSampling3d(options?: UpSamplingOptions): tf.layers.Layer {
  return new UpSampling3D(options);
}
