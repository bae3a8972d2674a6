import * as tf from '../tensorflow';
import type { Ink } from './ink';
import { slide } from './paper';

/** MNIST's pictures are 28×28, the digit in them at most 20×20. */
export const fieldSize = 28;
const digitSize = 20;
/** Where MNIST's centres of mass lie: the middle of pixel 14, half a pixel off the middle (measured). */
const massCentre = 14.5;
/** Thinner strokes, in pixels of the 28×28 picture, are thickened to this. */
const leastStrokeWidth = 2;

/** A rectangle, in pixels. */
export interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/**
 * Gives a digit the form of MNIST's: scaled into 20×20 pixels with its aspect ratio kept, grey
 * levels at the edges, and the centre of mass in the centre of
 * 28×28 pixels.
 *
 * Follows "The MNIST database of handwritten digits" by Y. LeCun, C. Cortes and C. Burges,
 * http://yann.lecun.com/exdb/mnist/. New here: strokes much thinner than any in MNIST are thickened.
 *
 * @returns float32 [28, 28], 0 paper to 1 ink.
 */
export function toMnistForm(ink: Ink): tf.Tensor2D {
  return tf.tidy(() => {
    const digit = thicken(ink);
    const values = digit.dataSync<'float32'>();
    const { width, height } = ink;
    const box = boundingBox({ width, height, values });
    const scale = digitSize / Math.max(box.width, box.height);
    const [x, y] = centreOfMass(digit);
    const columns = resampling(width, scale, x);
    const rows = resampling(height, scale, y);
    const small = tf.matMul(tf.matMul(rows, digit), columns, false, true);
    return tf.div<tf.Tensor2D>(small, tf.max(small));
  });
}

/** Spreads thin strokes until they are about `leastStrokeWidth` wide in the final picture. */
function thicken(ink: Ink): tf.Tensor2D {
  const digit = tf.tensor2d(ink.values, [ink.height, ink.width]);
  const box = boundingBox(ink);
  const finalPixel = Math.max(box.width, box.height) / digitSize;
  const missing = leastStrokeWidth * finalPixel - strokeWidth(ink);
  const window = 1 + Math.round(missing);
  return window > 1 ? slide(digit, window, 'max') : digit;
}

/** The mean width of strokes: twice their area by the length of their outline. */
export function strokeWidth({ width, height, values }: Ink): number {
  let [area, edges] = [0, 0];
  const isInk = (x: number, y: number) =>
    x >= 0 && x < width && y >= 0 && y < height && (values[y * width + x] as number) >= 0.5;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (isInk(x, y)) {
        area++;
        const outside = [isInk(x - 1, y), isInk(x + 1, y), isInk(x, y - 1), isInk(x, y + 1)];
        edges += outside.filter((neighbour) => !neighbour).length;
      }
    }
  }
  // Counted along pixel edges, a line of any direction is on average 4 / pi too long.
  return edges === 0 ? 0 : (2 * area) / (edges * (Math.PI / 4));
}

/** The rectangle around the ink. */
export function boundingBox({ width, height, values }: Ink): Box {
  let [left, right, top, bottom] = [width, -1, height, -1];
  values.forEach((value, pixel) => {
    if (value > 0) {
      const [x, y] = [pixel % width, Math.floor(pixel / width)];
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  });
  return { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/** [x, y] in pixels from the left and upper edge. */
function centreOfMass(digit: tf.Tensor2D): [number, number] {
  const centre = (ink: tf.Tensor) => {
    const positions = tf.range(0.5, ink.size, 1);
    return tf.div(tf.sum(tf.mul(ink, positions)), tf.sum(ink)).dataSync()[0] as number;
  };
  return tf.tidy(() => [centre(tf.sum(digit, 0)), centre(tf.sum(digit, 1))]);
}

/**
 * Weights [28, size] of a bilinear resize that averages where it makes smaller, with `centre`
 * falling where MNIST has the centre of mass.
 */
function resampling(size: number, scale: number, centre: number): tf.Tensor2D {
  return tf.tidy(() => {
    const target = tf.add(tf.div(tf.sub(tf.range(0.5, fieldSize, 1), massCentre), scale), centre);
    // Wide enough around the picture that each row of weights is whole and can be made to sum to 1.
    const around = Math.ceil(fieldSize / scale);
    const source = tf.range(0.5 - around, size + around, 1);
    const reach = Math.max(1, 1 / scale);
    const distance = tf.abs(
      tf.sub(target.reshape([fieldSize, 1]), source.reshape([1, source.size])),
    );
    const weights = tf.relu(tf.sub<tf.Tensor2D>(1, tf.div(distance, reach)));
    return tf.div<tf.Tensor2D>(weights, tf.sum(weights, 1, true)).slice([0, around], [-1, size]);
  });
}
