import * as tf from '../tensorflow';

/**
 * Pictures as numbers: a tensor, or arrays nested in the same way. Grey pictures have one value
 * per pixel, coloured ones three (red, green, blue) in a last dimension of their own.
 */
export type Pixels = tf.Tensor | tf.TensorLike;

/** Which pixel values are black and which are white; values beyond are clipped. */
export interface PixelRange {
  /** The value shown as black; default 0. */
  minimum?: number;
  /** The value shown as white; default 255 if any of the shown values is above 1, else 1. */
  maximum?: number;
}

/** Pictures of one size, one after the other, with values from 0 to 255. */
export interface Pictures {
  count: number;
  height: number;
  width: number;
  channels: 1 | 3;
  values: Uint8Array;
}

/** Which of the pictures to read, and how many of their pixels. */
export interface ReadingOptions extends PixelRange {
  /** Whether the tensor is a single picture, without the first dimension. */
  single: boolean;
  /** How many pictures to take, from the first. */
  limit: number;
  /** Longer sides are averaged down to this, to keep notebooks small. */
  longestSide: number;
}

/**
 * Takes pictures out of a batch of shape `[count, height, width]` or
 * `[count, height, width, channels]` with 1 or 3 channels.
 */
export function readPictures(images: Pixels, options: ReadingOptions): Pictures {
  const drawn = tf.tidy(() => {
    const tensor = tf.cast<tf.Tensor>(images, 'float32');
    const alone = options.single && !isBatchOfOne(tensor);
    const batch = toBatch(alone ? tensor.expandDims(0) : tensor);
    const [count, height, width] = batch.shape;
    const taken = batch.slice(0, Math.min(count, options.limit));
    const factor = Math.ceil(Math.max(height, width) / options.longestSide);
    return factor > 1 ? tf.avgPool(taken, factor, factor, 'same') : taken;
  });
  const [count, height, width, channels] = drawn.shape;
  const values = drawn.dataSync();
  drawn.dispose();
  return { count, height, width, channels: channels as 1 | 3, values: toBytes(values, options) };
}

function isBatchOfOne({ rank, shape }: tf.Tensor): boolean {
  return shape[0] === 1 && (rank === 4 || (rank === 3 && shape[2] !== 1 && shape[2] !== 3));
}

function toBatch(images: tf.Tensor): tf.Tensor4D {
  const [count = 0, height = 0, width = 0, channels = 1] = images.shape;
  const isBatch = images.rank === 3 || (images.rank === 4 && (channels === 1 || channels === 3));
  if (!isBatch || images.size === 0) {
    throw new Error(
      `Cannot draw pictures of shape [${images.shape}]; expected [count, height, width] or ` +
        '[count, height, width, channels] with 1 or 3 channels, none of them 0.',
    );
  }
  return images.reshape([count, height, width, channels]);
}

function toBytes(values: ArrayLike<number>, range: PixelRange): Uint8Array {
  const { lowest, highest } = extremes(values);
  const { minimum = 0, maximum = highest > 1 ? 255 : 1 } = range;
  if (!(minimum < maximum)) {
    throw new Error(
      `The pixels' minimum (${minimum}) must be less than their maximum (${maximum}).`,
    );
  }
  const unexpected =
    (range.minimum === undefined && lowest < minimum) ||
    (range.maximum === undefined && highest > maximum);
  if (unexpected) {
    throw new Error(
      `The pixels go from ${lowest} to ${highest}, which is neither 0 to 1 nor 0 to 255; ` +
        'set minimum and maximum to the values of black and white.',
    );
  }
  return Uint8Array.from(values, (value) => {
    const share = (value - minimum) / (maximum - minimum);
    return Math.round(255 * Math.min(1, Math.max(0, share)));
  });
}

function extremes(values: ArrayLike<number>): { lowest: number; highest: number } {
  let [lowest, highest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) {
      throw new Error(`Cannot draw pictures with a pixel of ${value}.`);
    }
    lowest = Math.min(lowest, value);
    highest = Math.max(highest, value);
  }
  return { lowest, highest };
}
