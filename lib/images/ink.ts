import * as tf from '../tensorflow';
import { otsuThreshold } from './otsu';
import type { Picture } from './picture';

/** Which is brighter, the paper (`dark-on-light`) or the digit (`light-on-dark`). */
export type Polarity = 'dark-on-light' | 'light-on-dark';

/** How much ink there is where: 0 is paper, 1 the digit's full colour. */
export interface Ink {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

/** Larger pictures are averaged down to this first; a digit ends up 20 pixels high anyway. */
const longestSide = 512;
/** Paper changes slowly: its brightness is estimated on a picture of this size. */
const longestCoarseSide = 128;
/** Less contrast than this (of 1 between black and white) is not told from paper. */
const leastContrast = 0.05;
/** Specks with less ink than this share of the largest piece are not part of the digit. */
const leastShareOfInk = 0.1;

/** Brightness 0..1 as [height, width], averaged over squares where the picture is large. */
export function shrink({ width, height, pixels }: Picture): tf.Tensor2D {
  const side = Math.ceil(Math.max(width, height) / longestSide);
  const columns = Math.max(1, Math.floor(width / side));
  const rows = Math.max(1, Math.floor(height / side));
  const means = new Float32Array(rows * columns);
  const [squareHeight, squareWidth] = [Math.min(side, height), Math.min(side, width)];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let y = row * side; y < row * side + squareHeight; y++) {
        for (let x = column * side; x < column * side + squareWidth; x++) {
          sum += pixels[y * width + x] as number;
        }
      }
      means[row * columns + column] = sum / (255 * squareHeight * squareWidth);
    }
  }
  return tf.tensor2d(means, [rows, columns]);
}

/**
 * Tells pen from paper: the pen covers the smaller part, and so lies further from the local
 * average than the paper does. The sign of the third moment (skewness) says on which side.
 */
export function detectPolarity(grey: tf.Tensor2D): Polarity {
  const thirdMoment = tf.tidy(() => {
    const small = coarse(grey);
    const fromAverage = tf.sub(small, slide(small, windowSize(small, 2), 'avg'));
    return tf.mean(tf.pow(fromAverage, 3));
  });
  const skewness = thirdMoment.dataSync()[0] as number;
  thirdMoment.dispose();
  return skewness < 0 ? 'dark-on-light' : 'light-on-dark';
}

/**
 * Finds the digit: what is darker than the paper around it (or lighter, by polarity).
 *
 * Noise, specks and shadows are left out; the rest is stretched to 0..1.
 *
 * @returns the ink, or `undefined` where nothing stands out.
 */
export function findInk(grey: tf.Tensor2D, polarity: Polarity): Ink | undefined {
  const [height, width] = grey.shape;
  const darkness = tf.tidy(() => {
    const light = polarity === 'dark-on-light' ? grey : tf.sub<tf.Tensor2D>(1, grey);
    return tf.sub(paperUnder(light), light);
  });
  const values = darkness.dataSync<'float32'>();
  darkness.dispose();
  return digitOnly({ width, height, values });
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
function coarse(grey: tf.Tensor2D): tf.Tensor2D {
  const square = Math.ceil(Math.max(...grey.shape) / longestCoarseSide);
  const small = tf.avgPool(asImage(grey), square, square, 'same');
  return small.reshape([small.shape[1] as number, small.shape[2] as number]);
}

function asImage(grey: tf.Tensor2D): tf.Tensor4D {
  return grey.reshape([1, ...grey.shape, 1]);
}

/** An odd number of pixels, about one `part`-th of the picture's longer side. */
function windowSize(grey: tf.Tensor2D, part: number): number {
  return 2 * Math.floor(Math.max(...grey.shape) / (2 * part)) + 1;
}

/** Average or maximum over a square window around each pixel (rows first, then columns). */
export function slide(grey: tf.Tensor2D, window: number, kind: 'avg' | 'max'): tf.Tensor2D {
  return tf.tidy(() => {
    const overRows = tf.pool(asImage(grey), [1, window], kind, 'same', undefined, 1);
    return tf.pool(overRows, [window, 1], kind, 'same', undefined, 1).reshape(grey.shape);
  });
}

function digitOnly({ width, height, values }: Ink): Ink | undefined {
  const level = median(values);
  const spread = median(values.map((value) => Math.abs(value - level)));
  // 1.4826 medians of the absolute deviation are one standard deviation of Gaussian noise.
  const aboveNoise = level + Math.max(leastContrast, 5 * 1.4826 * spread);
  const candidates = values.filter((value) => value > aboveNoise);
  if (candidates.length === 0) {
    return undefined;
  }
  const strong = otsuThreshold(candidates);
  const weak = Math.max(aboveNoise, (strong + level) / 2);
  const pieces = connectedPieces({ width, height, values }, weak, strong);
  const most = Math.max(...pieces.map((piece) => piece.ink));
  const kept = pieces.filter((piece) => piece.ink >= leastShareOfInk * most);
  const digit = new Float32Array(values.length);
  const full = meanAbove(values, strong) - level;
  for (const pixel of kept.flatMap((piece) => piece.pixels)) {
    digit[pixel] = Math.min(1, ((values[pixel] as number) - level) / full);
  }
  return { width, height, values: digit };
}

function median(values: Float32Array): number {
  return values.slice().sort()[values.length >> 1] as number;
}

function meanAbove(values: Float32Array, threshold: number): number {
  const above = values.filter((value) => value >= threshold);
  return above.reduce((sum, value) => sum + value, 0) / above.length;
}

interface Piece {
  pixels: number[];
  /** Sum of the pixels' values. */
  ink: number;
}

/**
 * Pieces of pixels above `weak` that touch each other (also at corners) and of which at least
 * one reaches `strong`: the hysteresis of Canny's edge detector.
 */
function connectedPieces(ink: Ink, weak: number, strong: number): Piece[] {
  const seen = new Uint8Array(ink.values.length);
  const pieces: Piece[] = [];
  ink.values.forEach((value, start) => {
    if (value >= strong && !seen[start]) {
      pieces.push(pieceFrom(start, ink, weak, seen));
    }
  });
  return pieces;
}

function pieceFrom(start: number, { width, height, values }: Ink, weak: number, seen: Uint8Array) {
  const piece: Piece = { pixels: [start], ink: 0 };
  seen[start] = 1;
  // The list grows while it is walked, until no pixel has a neighbour that is not in it.
  for (const pixel of piece.pixels) {
    piece.ink += values[pixel] as number;
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (let near = Math.max(0, y - 1); near <= Math.min(height - 1, y + 1); near++) {
      for (let beside = Math.max(0, x - 1); beside <= Math.min(width - 1, x + 1); beside++) {
        const neighbour = near * width + beside;
        if (!seen[neighbour] && (values[neighbour] as number) > weak) {
          seen[neighbour] = 1;
          piece.pixels.push(neighbour);
        }
      }
    }
  }
  return piece;
}
