/**
 * Layers that change pictures at random while a model is trained, each picture of a batch otherwise.
 * Afterwards they leave pictures as they are.
 */
import { checkShape, withPictures } from '../corrections/pictures';
import * as tf from '../tensorflow';
import {
  type CallOptions,
  KerasLayer,
  type LayerOptions,
  refuseOption,
  registerLayer,
  type Shape,
} from './kerasLayer';
import { type Filling, type Movement, moved } from './movedPictures';

type Range = [number, number];

/** A number f for the range from -f to f, or the two ends of a range. */
export type RandomFactor = number | [number, number];

/** Options of {@link randomFlip}. */
export interface RandomFlipOptions extends LayerOptions {
  /**
   * `horizontal` puts left what was right, `vertical` above what was below, each in half of the
   * pictures. `horizontalAndVertical`, if left out, does both in half of them, which turns them
   * upside down, as Keras 3 does; `horizontalAndVerticalOfKeras2` does each in half of them.
   */
  mode?: 'horizontal' | 'vertical' | 'horizontalAndVertical' | 'horizontalAndVerticalOfKeras2';
}

/** Options of layers that move the pixels of pictures. */
export interface RandomMoveOptions extends LayerOptions {
  /**
   * What comes into the picture from outside: its mirror image (`reflect`, if left out), the picture
   * again (`wrap`), the pixels of its edge (`nearest`) or `fillValue` (`constant`).
   */
  fillMode?: 'reflect' | 'wrap' | 'constant' | 'nearest';
  /** How values in between are found: `bilinear` if left out, or `nearest`. */
  interpolation?: 'bilinear' | 'nearest';
  /** What the outside consists of where `fillMode` is `constant`; 0 if left out. */
  fillValue?: number;
}

/** Options of {@link randomRotation}. */
export interface RandomRotationOptions extends RandomMoveOptions {
  /** How far, as a fraction of a full turn, from -1 to 1; what is negative goes clockwise. */
  factor: RandomFactor;
}

/** Options of {@link randomTranslation}. */
export interface RandomTranslationOptions extends RandomMoveOptions {
  /** How far down, as a fraction of the height, from -1 to 1; what is negative goes up. */
  heightFactor: RandomFactor;
  /** How far to the right, as a fraction of the width, from -1 to 1. */
  widthFactor: RandomFactor;
}

/** Options of {@link randomZoom}. */
export interface RandomZoomOptions extends RandomMoveOptions {
  /** How much more of the height is seen, from above -1 to 1; what is negative enlarges the picture. */
  heightFactor: RandomFactor;
  /** How much more of the width is seen; if left out, proportions stay as they are. */
  widthFactor?: RandomFactor | null;
}

/** Options of {@link randomContrast}. */
export interface RandomContrastOptions extends LayerOptions {
  /**
   * How much less and how much more contrast, `[less, more]`: differences from the average of a
   * picture's channel are multiplied by 1 - less to 1 + more. Both are from 0 to 1, and the lesser one
   * comes first. A number stands for both.
   */
  factor: RandomFactor;
  /** The least and the greatest value of a pixel, at which the result is cut off; 0 and 255 if left out. */
  valueRange?: [number, number];
}

/** Options of {@link randomBrightness}. */
export interface RandomBrightnessOptions extends LayerOptions {
  /** What is added to all pixels, as a fraction of the range of values, from -1 to 1. */
  factor: RandomFactor;
  /** The least and the greatest value of a pixel, at which the result is cut off; 0 and 255 if left out. */
  valueRange?: [number, number];
}

abstract class Augmentation<Options extends object> extends KerasLayer<Options> {
  protected compute(input: tf.Tensor, { training }: CallOptions): tf.Tensor {
    return training ? withPictures(this, input, (pictures) => this.changed(pictures)) : input;
  }

  protected override shapeAfter(shape: Shape): Shape {
    checkShape(this, shape);
    return shape;
  }

  /** What becomes of a batch of pictures in training. */
  protected abstract changed(pictures: tf.Tensor4D): tf.Tensor;

  /** The ends of an option's range, the lesser one first; refused if they are not allowed. */
  protected range(option: string, factor: RandomFactor, least = -1): Range {
    const [from, to, ...others] =
      typeof factor === 'number' ? [-Math.abs(factor), Math.abs(factor)] : (factor ?? []);
    const isAllowed = (end: unknown) => typeof end === 'number' && end >= least && end <= 1;
    if (!isAllowed(from) || !isAllowed(to) || others.length > 0) {
      const rule = `a number from ${least} to 1, or a list of two such numbers`;
      refuseOption(this, option, factor, rule);
    }
    return from < to ? [from, to] : [to, from];
  }
}

/** Along which axes pictures are reversed together, one time after the other. */
const axesOfFlips = {
  horizontal: [[2]],
  vertical: [[1]],
  horizontalAndVertical: [[1, 2]],
  horizontalAndVerticalOfKeras2: [[2], [1]],
};

class RandomFlip extends Augmentation<{ mode: NonNullable<RandomFlipOptions['mode']> }> {
  static readonly className = 'RandomFlip';

  constructor({ mode = 'horizontalAndVertical', ...options }: RandomFlipOptions = {}) {
    super(options, { mode });
    if (!Object.hasOwn(axesOfFlips, mode)) {
      refuseOption(this, 'mode', mode, `one of ${Object.keys(axesOfFlips).join(', ')}`);
    }
  }

  protected changed(pictures: tf.Tensor4D): tf.Tensor {
    return axesOfFlips[this.options.mode].reduce<tf.Tensor>((flipped, axes) => {
      const isFlipped = tf.lessEqual(numbersFor(pictures, [0, 1]), 0.5);
      return tf.where(tf.reshape(isFlipped, [-1, 1, 1, 1]), tf.reverse(flipped, axes), flipped);
    }, pictures);
  }
}

abstract class MovingLayer<Options extends object> extends Augmentation<Options & Filling> {
  constructor(given: RandomMoveOptions, options: Options) {
    const { fillMode = 'reflect', interpolation = 'bilinear', fillValue = 0 } = given;
    super(given, { ...options, fillMode, interpolation, fillValue });
    if (!['reflect', 'wrap', 'constant', 'nearest'].includes(fillMode)) {
      refuseOption(this, 'fillMode', fillMode, 'reflect, wrap, constant or nearest');
    }
    if (!['bilinear', 'nearest'].includes(interpolation)) {
      refuseOption(this, 'interpolation', interpolation, 'bilinear or nearest');
    }
  }

  protected changed(pictures: tf.Tensor4D): tf.Tensor {
    return moved(pictures, this.movement(pictures), this.options);
  }

  /** Where each picture's pixels come from. */
  protected abstract movement(pictures: tf.Tensor4D): Movement;
}

class RandomRotation extends MovingLayer<{ factor: RandomFactor }> {
  static readonly className = 'RandomRotation';
  private readonly turns: Range;

  constructor(options: RandomRotationOptions) {
    super(options, { factor: options.factor });
    this.turns = this.range('factor', options.factor);
  }

  protected movement(pictures: tf.Tensor4D): Movement {
    const angle = tf.mul(numbersFor(pictures, this.turns), 2 * Math.PI);
    const [cosine, sine] = [tf.cos(angle), tf.sin(angle)];
    return { x: [cosine, tf.neg(sine)], y: [sine, cosine] };
  }
}

class RandomTranslation extends MovingLayer<{
  heightFactor: RandomFactor;
  widthFactor: RandomFactor;
}> {
  static readonly className = 'RandomTranslation';
  private readonly heights: Range;
  private readonly widths: Range;

  constructor(options: RandomTranslationOptions) {
    const { heightFactor, widthFactor } = options;
    super(options, { heightFactor, widthFactor });
    this.heights = this.range('heightFactor', heightFactor);
    this.widths = this.range('widthFactor', widthFactor);
  }

  protected movement(pictures: tf.Tensor4D): Movement {
    const [, height, width] = pictures.shape;
    // What goes to the right comes from the left.
    const x = tf.mul(numbersFor(pictures, this.widths), -width);
    const y = tf.mul(numbersFor(pictures, this.heights), -height);
    return { x: [1, 0], y: [0, 1], shift: [x, y] };
  }
}

class RandomZoom extends MovingLayer<{
  heightFactor: RandomFactor;
  widthFactor: RandomFactor | null;
}> {
  static readonly className = 'RandomZoom';
  private readonly heights: Range;
  private readonly widths: Range | null;

  constructor(options: RandomZoomOptions) {
    const { heightFactor, widthFactor = null } = options;
    super(options, { heightFactor, widthFactor });
    this.heights = this.zooms('heightFactor', heightFactor);
    this.widths = widthFactor === null ? null : this.zooms('widthFactor', widthFactor);
  }

  protected movement(pictures: tf.Tensor4D): Movement {
    const height = tf.add(numbersFor(pictures, this.heights), 1);
    const width = this.widths ? tf.add(numbersFor(pictures, this.widths), 1) : height;
    return { x: [width, 0], y: [0, height] };
  }

  private zooms(option: string, factor: RandomFactor): Range {
    const range = this.range(option, factor);
    return range[0] > -1 ? range : refuseOption(this, option, factor, 'above -1');
  }
}

abstract class ColorLayer<Factor extends RandomFactor> extends Augmentation<{
  factor: Factor;
  valueRange: Range;
}> {
  constructor({ valueRange = [0, 255], ...given }: RandomBrightnessOptions, factor: Factor) {
    super(given, { factor, valueRange });
    const [least, greatest, ...others] = [valueRange].flat();
    const areNumbers = Number.isFinite(least) && Number.isFinite(greatest);
    if (!areNumbers || Number(least) >= Number(greatest) || others.length > 0) {
      refuseOption(this, 'valueRange', valueRange, 'a list of two numbers, the lesser one first');
    }
  }

  protected changed(pictures: tf.Tensor4D): tf.Tensor {
    return tf.clipByValue(this.colored(pictures), ...this.options.valueRange);
  }

  protected abstract colored(pictures: tf.Tensor4D): tf.Tensor;
}

class RandomContrast extends ColorLayer<Range> {
  static readonly className = 'RandomContrast';

  constructor({ factor, ...options }: RandomContrastOptions) {
    super({ ...options, factor }, typeof factor === 'number' ? [factor, factor] : factor);
    const [lesser] = this.range('factor', this.options.factor, 0);
    if (lesser !== this.options.factor[0]) {
      refuseOption(this, 'factor', factor, 'a list with the lesser one first');
    }
  }

  protected colored(pictures: tf.Tensor4D): tf.Tensor {
    const [less, more] = this.options.factor;
    const contrast = tf.reshape(numbersFor(pictures, [1 - less, 1 + more]), [-1, 1, 1, 1]);
    const average = tf.mean(pictures, [1, 2], true);
    return tf.add(tf.mul(tf.sub(pictures, average), contrast), average);
  }
}

class RandomBrightness extends ColorLayer<RandomFactor> {
  static readonly className = 'RandomBrightness';
  private readonly shares: Range;

  constructor(options: RandomBrightnessOptions) {
    super(options, options.factor);
    this.shares = this.range('factor', options.factor);
  }

  protected colored(pictures: tf.Tensor4D): tf.Tensor {
    const [least, greatest] = this.options.valueRange;
    const brightness = tf.mul(numbersFor(pictures, this.shares), greatest - least);
    return tf.add(pictures, tf.reshape(brightness, [-1, 1, 1, 1]));
  }
}

/** A random number for each picture, `[batch, 1]`. */
function numbersFor(pictures: tf.Tensor4D, [from, to]: Range): tf.Tensor {
  return tf.randomUniform([pictures.shape[0], 1], from, to);
}

for (const layerClass of [
  RandomFlip,
  RandomRotation,
  RandomTranslation,
  RandomZoom,
  RandomContrast,
  RandomBrightness,
]) {
  registerLayer(layerClass);
}

/**
 * Mirrors pictures, `[batch, height, width, channels]`, at random in training.
 *
 * @param options In which direction.
 * @throws Error if there is no such mode.
 * @see https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_flip/
 */
export function randomFlip(options?: RandomFlipOptions): tf.layers.Layer {
  return new RandomFlip(options);
}

/**
 * Turns pictures, `[batch, height, width, channels]`, around their centre at random in training.
 *
 * @param options How far.
 * @throws Error if an option has a value that is not allowed.
 * @see https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_rotation/
 */
export function randomRotation(options: RandomRotationOptions): tf.layers.Layer {
  return new RandomRotation(options);
}

/**
 * Shifts pictures, `[batch, height, width, channels]`, at random in training.
 *
 * @param options How far.
 * @throws Error if an option has a value that is not allowed.
 * @see https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_translation/
 */
export function randomTranslation(options: RandomTranslationOptions): tf.layers.Layer {
  return new RandomTranslation(options);
}

/**
 * Enlarges pictures, `[batch, height, width, channels]`, or makes them smaller, at random in training.
 *
 * @param options How much.
 * @throws Error if an option has a value that is not allowed.
 * @see https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_zoom/
 */
export function randomZoom(options: RandomZoomOptions): tf.layers.Layer {
  return new RandomZoom(options);
}

/**
 * Changes the contrast of pictures, `[batch, height, width, channels]`, at random in training.
 *
 * @param options How much, and the range of the values, which must be right: the result is cut off at
 * its ends.
 * @throws Error if an option has a value that is not allowed.
 * @see https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_contrast/
 */
export function randomContrast(options: RandomContrastOptions): tf.layers.Layer {
  return new RandomContrast(options);
}

/**
 * Makes pictures, `[batch, height, width, channels]`, brighter or darker at random in training.
 *
 * @param options How much, and the range of the values, which must be right: the result is cut off at
 * its ends.
 * @throws Error if an option has a value that is not allowed.
 * @see https://keras.io/api/layers/preprocessing_layers/image_augmentation/random_brightness/
 */
export function randomBrightness(options: RandomBrightnessOptions): tf.layers.Layer {
  return new RandomBrightness(options);
}
