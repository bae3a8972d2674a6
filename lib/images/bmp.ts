import type { Image } from '@napi-rs/canvas';
import { type GreyPixels, greyOnWhite } from './grey';
import { checkSize } from './limits';
import { PictureError } from './pictureError';

const coreHeaderBytes = 12;
const runLengthCompressions = [1, 2];
/** None, or colours by bit masks: every row has its full length. */
const plainCompressions = [0, 3, 6];

interface Header {
  readonly pixelsAt: number;
  readonly width: number;
  readonly height: number;
  readonly bitsPerPixel: number;
  readonly compression: number;
}

/**
 * Windows' and OS/2's bitmaps, by Skia (the decoder of Chrome). It draws files that are cut short
 * as far as they go, so that is checked here.
 *
 * @throws PictureError that says what is wrong.
 */
export async function decodeBmp(content: Buffer): Promise<GreyPixels> {
  const header = readHeader(content);
  const { width, height, compression } = header;
  checkSize(width, height);
  if (plainCompressions.includes(compression)) {
    checkEnd(header, content.length);
  } else if (!runLengthCompressions.includes(compression)) {
    throw new PictureError(
      `is a BMP picture with a compression that cannot be read (${compression})`,
    );
  }
  const canvas = await import('@napi-rs/canvas');
  const image = await canvas.loadImage(content);
  if (image.width !== width || image.height !== height) {
    throw new PictureError(`is damaged: it has ${image.width}×${image.height} pixels`);
  }
  const isRunLength = runLengthCompressions.includes(compression);
  return { width, height, pixels: drawn(canvas, image, isRunLength) };
}

/** The header of 12 bytes (OS/2) or the fields common to all the later ones. */
function readHeader(content: Buffer): Header {
  try {
    const pixelsAt = content.readUInt32LE(10);
    if (content.readUInt32LE(14) === coreHeaderBytes) {
      return {
        pixelsAt,
        width: content.readUInt16LE(18),
        height: content.readUInt16LE(20),
        bitsPerPixel: content.readUInt16LE(24),
        compression: 0,
      };
    }
    return {
      pixelsAt,
      width: content.readInt32LE(18),
      // Negative: the rows begin at the top.
      height: Math.abs(content.readInt32LE(22)),
      bitsPerPixel: content.readUInt16LE(28),
      compression: content.readUInt32LE(30),
    };
  } catch (error) {
    throw new PictureError('is damaged or cut short: it ends within its header', { cause: error });
  }
}

function checkEnd({ pixelsAt, width, height, bitsPerPixel }: Header, length: number): void {
  const bytesPerRow = Math.ceil((width * bitsPerPixel) / 32) * 4;
  const end = pixelsAt + height * bytesPerRow;
  if (end > length) {
    throw new PictureError(
      `is damaged or cut short: its pixels should end at byte ${end}, but it has ${length} bytes`,
    );
  }
}

/** Strip by strip: a canvas of the picture's own size would take its memory twice more. */
function drawn(
  { createCanvas }: typeof import('@napi-rs/canvas'),
  image: Image,
  isRunLength: boolean,
): Uint8Array {
  const { width, height } = image;
  const rowsPerStrip = Math.min(height, 256);
  const context = createCanvas(width, rowsPerStrip).getContext('2d');
  const pixels = new Uint8Array(width * height);
  for (let top = 0; top < height; top += rowsPerStrip) {
    context.clearRect(0, 0, width, rowsPerStrip);
    context.drawImage(image, 0, -top);
    const rows = Math.min(rowsPerStrip, height - top);
    const { data } = context.getImageData(0, 0, width, rows);
    if (isRunLength && hasTransparency(data)) {
      throw new PictureError('is damaged or cut short: its run lengths leave pixels out');
    }
    pixels.set(greyOnWhite(data), width * top);
  }
  return pixels;
}

function hasTransparency(rgba: Uint8ClampedArray): boolean {
  for (let at = 3; at < rgba.length; at += 4) {
    if (rgba[at] === 0) {
      return true;
    }
  }
  return false;
}
