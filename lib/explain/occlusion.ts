import * as tf from '../tensorflow';
import { apply, classOf, requireOnePicture } from './picture';

/** How {@link occlusionMap} covers the picture. */
export interface OcclusionOptions {
  /** The class whose probability is measured; by default the predicted one. */
  target?: number;
  /** The side of the square that covers a part of the picture, in pixels; default 7. */
  size?: number;
  /** How far the square moves from one place to the next, in pixels; default 1. */
  stride?: number;
  /** The value of the covering pixels, in the picture's range; default 0. */
  fill?: number;
}

/**
 * Which parts of a picture does a prediction depend on? Covers the picture with a square, place by
 * place, and records how much the probability of a class falls: M. Zeiler and R. Fergus,
 * “Visualizing and Understanding Convolutional Networks”, 2014.
 *
 * @param model a model with one input and one output of probabilities.
 * @param picture shape `[1, height, width, channels]`; stays the caller's.
 * @param options the class, and the square that covers.
 * @returns shape `[rows, columns]`, one value for each place of the square: the decrease of the
 * probability, at most 1; negative where it rises. The caller disposes it.
 * @throws Error for a wrong shape, an unknown class, or a square that does not fit.
 */
export function occlusionMap(
  model: tf.LayersModel,
  picture: tf.Tensor4D,
  options: OcclusionOptions = {},
): tf.Tensor2D {
  const { size = 7, stride = 1, fill = 0 } = options;
  requireOnePicture('occlusionMap', model, picture);
  const [, height, width] = picture.shape;
  for (const [name, value] of Object.entries({ size, stride })) {
    if (!Number.isInteger(value) || value < 1 || value > Math.min(height, width)) {
      throw new Error(
        `occlusionMap: ${name} must be a whole number from 1 to ${Math.min(height, width)}, not ${value}.`,
      );
    }
  }
  const target = classOf('occlusionMap', model, picture, options.target);
  const rows = Math.floor((height - size) / stride) + 1;
  const columns = Math.floor((width - size) / stride) + 1;
  return tf.tidy(() => {
    const covered: tf.Tensor4D[] = [];
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const square = squareAt(row * stride, column * stride, size, height, width);
        covered.push(picture.mul(tf.sub(1, square)).add(square.mul(fill)));
      }
    }
    const probability = (pictures: tf.Tensor) => apply(model, pictures).slice([0, target], [-1, 1]);
    const falls = probability(picture).sub(probability(tf.concat(covered)));
    return falls.reshape<tf.Tensor2D>([rows, columns]);
  });
}

/** 1 within the square, 0 elsewhere. */
function squareAt(top: number, left: number, size: number, height: number, width: number) {
  return tf.pad4d(tf.ones<tf.Rank.R4>([1, size, size, 1]), [
    [0, 0],
    [top, height - top - size],
    [left, width - left - size],
    [0, 0],
  ]);
}
