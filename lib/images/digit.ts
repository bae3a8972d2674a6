import * as tf from '../tensorflow';
import { detectPolarity, findInk, type Polarity, shrink } from './findInk';
import { fieldSize, toMnistForm } from './mnistForm';
import type { Picture } from './picture';
import { read } from './read';

/** How a picture becomes what a network trained on MNIST expects. */
export interface DigitOptions {
  /**
   * `robust` (default): the digit is found, cut out, scaled and centred as MNIST's were.
   * `plain`: only resized to 28×28, as the articles do.
   */
  method?: 'robust' | 'plain';
  /**
   * What is brighter: the paper (`dark-on-light`) or the digit (`light-on-dark`, as in MNIST).
   * `auto` finds out. Default: `auto` for `robust`, `light-on-dark` (nothing is inverted) for
   * `plain`.
   */
  polarity?: 'auto' | Polarity;
}

const smallestSide = 8;

/**
 * Reads a picture of one digit and prepares it for a network trained on MNIST:
 * `toDigit(await read(path), options)`.
 *
 * @param source the path of the file, or its content.
 * @param options how the picture is prepared.
 * @returns float32 [1, 28, 28, 1], 0 (paper) to 1 (ink). The caller disposes it.
 * @throws Error when the file cannot be read (see `read`) or no digit is found in it.
 */
export async function readDigit(
  source: string | Uint8Array,
  options: DigitOptions = {},
): Promise<tf.Tensor4D> {
  return toDigit(await read(source), options);
}

/**
 * Prepares a picture of one digit for a network trained on MNIST.
 *
 * `plain` resizes the whole picture as `cv2.resize(img, (28, 28)) / 255` does; with polarity
 * `dark-on-light` it then takes `1 - img`.
 *
 * `robust` takes pictures of any size, with the digit anywhere on paper of any colour: blank, lined
 * or graph paper, in uneven light or a shadow, on a table, in a frame, or with the dark edges of a
 * scan. It works in these steps:
 *
 * 1. A picture longer than 512 pixels is made smaller by averaging.
 * 2. What is brighter, pen or paper, is told by the skewness of the differences to the local
 *    average. (If no digit is found in this way, the other is tried.)
 * 3. The paper's brightness is estimated at each pixel by a morphological closing with a third of
 *    the picture; what is darker than that may be ink.
 * 4. Ruled lines and frames are found by a Hough transform, followed where they are bent, and
 *    erased, with the pen's strokes joined where they cross.
 * 5. Otsu's method and hysteresis give connected pieces. Ink has paper on all sides and is no
 *    thicker than 0.4 of its size. What is not so, such as the edge of a table or a shadow, is blanked
 *    out. Paper between broad strokes is not taken for ink: beyond the strokes there is paper again.
 * 6. Steps 3 to 5 are done again with closings of a sixth and a twelfth of the picture, and with
 *    darkness as a part of the paper's brightness (flat-field correction). Ink is the same in each,
 *    edges and shadows are not: a digit is what two of them agree on. (Strokes too broad for the
 *    smaller closings count without that, where nothing else stands out.)
 * 7. The digit gets MNIST's form: 20 pixels in its longer side, its centre of mass in the middle,
 *    strokes at least 2 pixels wide.
 *
 * Strokes of a transparent picture that do not show on white are laid on black.
 *
 * @param picture what {@link read} gave.
 * @param options how the picture is prepared.
 * @returns float32 [1, 28, 28, 1], 0 (paper) to 1 (ink). The caller disposes it.
 * @throws Error when the picture is smaller than 8×8 pixels, or no digit is found: nothing stands
 *   out, or only lines, edges and shadows do, or many things do, or what does is too small, or each
 *   estimate of the paper shows something else.
 */
export function toDigit(picture: Picture, options: DigitOptions = {}): tf.Tensor4D {
  const { method = 'robust' } = options;
  const { polarity = method === 'robust' ? 'auto' : 'light-on-dark' } = options;
  const prepare = methods[method];
  if (!prepare) {
    throw new Error(`method is '${method}'; it can be 'robust' or 'plain'`);
  }
  if (!polarities.includes(polarity)) {
    throw new Error(`polarity is '${polarity}'; it can be ${polarities.join(', ')}`);
  }
  checkSize(picture);
  return tf.tidy(() => prepare(picture, polarity).reshape([1, fieldSize, fieldSize, 1]));
}

const polarities: readonly string[] = ['auto', 'dark-on-light', 'light-on-dark'];
const methods = { robust, plain };

function robust(picture: Picture, polarity: 'auto' | Polarity): tf.Tensor2D {
  const onWhite = findInk(shrink(picture), polarity);
  const found =
    'problem' in onWhite && picture.opacity ? findInk(shrink(onBlack(picture)), polarity) : onWhite;
  if ('problem' in found) {
    throw new Error(`no digit found in ${picture.name}: ${found.problem || brightness(picture)}`);
  }
  return toMnistForm(found.ink);
}

/** White strokes without a background are seen on black only. */
function onBlack({ opacity, ...picture }: Picture): Picture {
  const pixels = picture.pixels.map((value, pixel) => value + (opacity?.[pixel] ?? 255) - 255);
  return { ...picture, pixels };
}

function plain(picture: Picture, polarity: 'auto' | Polarity): tf.Tensor2D {
  const resized = toTensor(resize(picture, fieldSize, fieldSize)).div<tf.Tensor2D>(255);
  const found = polarity === 'auto' ? detectPolarity(resized) : polarity;
  return found === 'dark-on-light' ? tf.sub(1, resized) : resized;
}

/**
 * Resizes as `cv2.resize(img, (width, height))` does: bilinear between the centres of the nearest
 * four pixels, also where it makes smaller, without averaging.
 *
 * @param picture what {@link read} gave; left as it is.
 * @param width the new width in pixels, a whole number from 1.
 * @param height the new height in pixels, a whole number from 1.
 * @returns a new picture of that size, brightness 0 to 255, rounded to whole numbers.
 * @throws Error when a size is not such a number.
 */
export function resize(picture: Picture, width: number, height: number): Picture {
  if (!(Number.isInteger(width) && width > 0 && Number.isInteger(height) && height > 0)) {
    throw new Error(`a picture cannot have ${width}×${height} pixels`);
  }
  const resized = tf.tidy(() => {
    const image = toTensor(picture).reshape<tf.Tensor3D>([picture.height, picture.width, 1]);
    return tf.image.resizeBilinear(image, [height, width], false, true).round();
  });
  const pixels = Uint8Array.from(resized.dataSync());
  resized.dispose();
  return { name: picture.name, width, height, pixels };
}

/**
 * Brightness as a tensor: float32 [height, width], 0 to 255. The caller disposes it.
 *
 * @param picture what {@link read} or {@link resize} gave.
 */
export function toTensor({ width, height, pixels }: Picture): tf.Tensor2D {
  return tf.tensor2d(Float32Array.from(pixels), [height, width]);
}

function checkSize({ name, width, height }: Picture): void {
  if (Math.min(width, height) < smallestSide) {
    throw new Error(
      `${name} has ${width}×${height} pixels: too small to hold a digit (at least ${smallestSide}×${smallestSide})`,
    );
  }
}

function brightness({ pixels }: Picture): string {
  let [least, most] = [255, 0];
  for (const value of pixels) {
    [least, most] = [Math.min(least, value), Math.max(most, value)];
  }
  return least === most
    ? `all pixels have the same brightness (${least} of 255)`
    : `nothing stands out from the background (brightness ${least} to ${most} of 255)`;
}
