import * as tf from '../tensorflow';
import { closing, type Field } from './closing';
import { everyFifth, quantile } from './quantile';

/** How much darker a picture is than the paper under it. */
export interface Darkness extends Field {
  /** The paper's brightness at each pixel, 0 to 1. */
  readonly paper: Float32Array;
  /** By how much brightness falls per unit of `values`, at each pixel. */
  readonly unit: Float32Array;
  /** Whether ink is as dark in a shadow as in the light. */
  readonly isCorrected: boolean;
}

/** Paper changes slowly: its brightness is estimated on a picture of this size. */
const longestCoarseSide = 128;

/**
 * Where light changes slowly: the difference to the paper, whose brightness is a closing with a
 * third of the picture, done on a picture made small.
 */
export function differenceToPaper(light: tf.Tensor2D): Darkness {
  const [height, width] = light.shape;
  const paper = tf.tidy(() => paperUnder(light));
  const difference = tf.sub(paper, light);
  const unit = new Float32Array(width * height).fill(1);
  const values = difference.dataSync<'float32'>();
  const darkness = {
    width,
    height,
    values,
    paper: paper.dataSync<'float32'>(),
    unit,
    isCorrected: false,
  };
  tf.dispose([paper, difference]);
  return darkness;
}

/**
 * Where light changes suddenly, as at the edge of a shadow or of a sheet: the part of the paper's
 * brightness that is missing (a flat-field correction). The paper's brightness is a closing with
 * one `part`-th of the picture, pixel by pixel.
 */
export function partOfPaperMissing(light: tf.Tensor2D, part: number): Darkness {
  const [height, width] = light.shape;
  const values = light.dataSync<'float32'>();
  const reach = Math.round(Math.max(width, height) / part / 2);
  const { values: paper } = closing({ width, height, values }, reach);
  // In darker places noise would be taken for ink.
  const dimmest = 0.25 * quantile(everyFifth(paper), 0.95);
  const unit = paper.map((value) => Math.max(value, dimmest));
  const missing = (value: number, pixel: number) =>
    (value - (values[pixel] as number)) / (unit[pixel] as number);
  return { width, height, values: paper.map(missing), paper, unit, isCorrected: true };
}

/**
 * The paper's brightness everywhere, uneven as the light on it may be: a morphological closing.
 * Bright areas spread over everything narrower than a third of the picture, then shrink back.
 */
function paperUnder(light: tf.Tensor2D): tf.Tensor {
  const small = coarse(light);
  const window = windowSize(small, 3);
  const spread = slide(small, window, 'max');
  const shrunkBack = tf.neg<tf.Tensor2D>(slide(tf.neg(spread), window, 'max'));
  return tf.image
    .resizeBilinear(asImage(shrunkBack), light.shape, false, true)
    .reshape(light.shape);
}

/** Averaged over squares, so that no side is longer than `longestCoarseSide`. */
export function coarse(grey: tf.Tensor2D): tf.Tensor2D {
  const square = Math.ceil(Math.max(...grey.shape) / longestCoarseSide);
  const small = tf.avgPool(asImage(grey), square, square, 'same');
  return small.reshape([small.shape[1] as number, small.shape[2] as number]);
}

function asImage(grey: tf.Tensor2D): tf.Tensor4D {
  return grey.reshape([1, ...grey.shape, 1]);
}

/** An odd number of pixels, about one `part`-th of the picture's longer side. */
export function windowSize(grey: tf.Tensor2D, part: number): number {
  return 2 * Math.floor(Math.max(...grey.shape) / (2 * part)) + 1;
}

/** Average or maximum over a square window around each pixel (rows first, then columns). */
export function slide(grey: tf.Tensor2D, window: number, kind: 'avg' | 'max'): tf.Tensor2D {
  return tf.tidy(() => {
    const overRows = tf.pool(asImage(grey), [1, window], kind, 'same', undefined, 1);
    return tf.pool(overRows, [window, 1], kind, 'same', undefined, 1).reshape(grey.shape);
  });
}
