import seedrandom from 'seedrandom';
import * as tf from '../tensorflow';

/** How {@link randomShifts} moves pictures. */
export interface RandomShiftsOptions {
  /** The farthest that a picture moves in each direction, in pixels: a whole number from 0. */
  pixels: number;
  /** Determines which picture moves where; a whole number. */
  seed: number;
}

/**
 * Moves all pictures of a batch by the same number of pixels. Pixels that leave the picture are
 * lost; black (0) comes in.
 *
 * @param images shape `[count, height, width, channels]`; stays the caller's.
 * @param down how far down, in pixels; up if negative.
 * @param right how far to the right, in pixels; to the left if negative.
 * @returns a new tensor of the same shape, the caller's to dispose.
 * @throws Error when a distance is not a whole number smaller than the picture.
 */
export function shift(images: tf.Tensor4D, down: number, right: number): tf.Tensor4D {
  const [, height, width] = images.shape;
  requireDistance('shift', 'down', down, height);
  requireDistance('shift', 'right', right, width);
  return tf.tidy(() => {
    const kept = tf.slice(
      images,
      [0, Math.max(0, -down), Math.max(0, -right), 0],
      [-1, height - Math.abs(down), width - Math.abs(right), -1],
    );
    const rows: [number, number] = [Math.max(0, down), Math.max(0, -down)];
    const columns: [number, number] = [Math.max(0, right), Math.max(0, -right)];
    return tf.pad4d(kept, [[0, 0], rows, columns, [0, 0]]);
  });
}

/**
 * Moves every picture of a batch by its own random distance, down or up and right or left: more
 * pictures for training, and a network that does not rely on position (“data augmentation”, as
 * Keras's layer `RandomTranslation` does it, https://keras.io/api/layers/preprocessing_layers/).
 *
 * @param images shape `[count, height, width, channels]`; stays the caller's.
 * @param options how far, and the seed.
 * @returns a new tensor of the same shape, pictures in the same order; the caller's to dispose.
 * @throws Error when `pixels` is not a whole number smaller than the pictures.
 */
export function randomShifts(images: tf.Tensor4D, options: RandomShiftsOptions): tf.Tensor4D {
  const [count, height, width] = images.shape;
  requireDistance('randomShifts', 'pixels', options.pixels, Math.min(height, width));
  if (options.pixels < 0) {
    throw new Error(`randomShifts: pixels must be 0 or more, not ${options.pixels}.`);
  }
  const random = seedrandom(String(options.seed));
  const distances = 2 * options.pixels + 1;
  const choices = Array.from({ length: count }, () => Math.floor(random() * distances ** 2));
  return tf.tidy(() => {
    const positions = Array.from({ length: distances ** 2 }, (): number[] => []);
    choices.forEach((choice, index) => {
      positions[choice]?.push(index);
    });
    const moved = positions.map((places, choice) => {
      const [down, right] = [Math.floor(choice / distances), choice % distances];
      const chosen = tf.gather(images, tf.tensor1d(places, 'int32'));
      return shift(chosen, down - options.pixels, right - options.pixels);
    });
    // They are ordered by distance; restore the order of the pictures.
    const order = new Int32Array(count);
    positions.flat().forEach((index, place) => {
      order[index] = place;
    });
    return tf.gather(tf.concat(moved), tf.tensor1d(order, 'int32'));
  });
}

function requireDistance(where: string, name: string, distance: number, size: number): void {
  if (!Number.isInteger(distance) || Math.abs(distance) >= size) {
    throw new Error(
      `${where}: ${name} must be a whole number smaller than the picture's ${size} pixels, ` +
        `not ${distance}.`,
    );
  }
}
