import { writeFile } from 'node:fs/promises';
import { replaceFile } from '../files/replaceFile';
import type * as tf from '../tensorflow';

/** How numbers become pixels. */
export interface PngOptions {
  /** Every value becomes a square of this many pixels (a whole number). Default 1. */
  scale?: number;
  /**
   * The values for black and white (or no and full red, green, blue). Default: [0, 255] for int32,
   * [0, 1] for float32 and bool.
   */
  valueRange?: readonly [least: number, most: number];
}

/**
 * Turns a tensor into a PNG file's content.
 *
 * @param tensor [height, width] or [height, width, 1] for grey, [height, width, 3] for RGB. It is
 *   not disposed.
 * @param options size and range of the values.
 * @throws Error when the shape is another, or a value lies outside the range or is not a number.
 */
export async function toPng(tensor: tf.Tensor, options: PngOptions = {}): Promise<Buffer> {
  const { scale = 1, valueRange = tensor.dtype === 'int32' ? [0, 255] : [0, 1] } = options;
  const [height, width, channels = 1] = tensor.shape;
  const isPicture = tensor.rank === 3 ? channels === 1 || channels === 3 : tensor.rank === 2;
  if (!isPicture || !height || !width) {
    throw new Error(
      `a tensor of shape [${tensor.shape}] is not a picture: expected [height, width], [height, width, 1] or [height, width, 3]`,
    );
  }
  if (!(Number.isInteger(scale) && scale >= 1)) {
    throw new Error(`scale is ${scale}; it must be a whole number, 1 or more`);
  }
  const bytes = Array.from(await tensor.data(), (value) => toByte(value, valueRange));
  const data = Buffer.alloc(4 * height * width, 255);
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let channel = 0; channel < 3; channel++) {
      data[4 * pixel + channel] = bytes[pixel * channels + (channel % channels)] as number;
    }
  }
  const { Jimp, ResizeStrategy } = await import('jimp');
  const image = Jimp.fromBitmap({ width, height, data });
  if (scale > 1) {
    const mode = ResizeStrategy.NEAREST_NEIGHBOR;
    image.resize({ w: width * scale, h: height * scale, mode });
  }
  return image.getBuffer('image/png');
}

/**
 * Writes a tensor as a PNG file (see {@link toPng}). The file is complete or not there at all: it is
 * written under a temporary name in the same folder and then renamed.
 *
 * @param path the file to write; one that is there is replaced.
 * @param tensor as for {@link toPng}; not disposed.
 * @param options size and range of the values.
 * @throws Error as `toPng` does, and when the file cannot be written.
 */
export async function writePng(
  path: string,
  tensor: tf.Tensor,
  options: PngOptions = {},
): Promise<void> {
  const content = await toPng(tensor, options);
  await replaceFile(path, (temporaryPath) => writeFile(temporaryPath, content)).catch(
    (error: Error) => {
      throw new Error(`${path} cannot be written: ${error.message}`, { cause: error });
    },
  );
}

function toByte(value: number, [least, most]: readonly [number, number]): number {
  // Rounding errors of float32 are forgiven, wrong ranges are not.
  const part = (value - least) / (most - least);
  if (!(part >= -1e-6 && part <= 1 + 1e-6)) {
    throw new Error(
      `the tensor has the value ${value}, outside ${least} to ${most}: scale it, or give valueRange`,
    );
  }
  return Math.round(255 * part);
}
