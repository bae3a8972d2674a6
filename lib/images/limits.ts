import { PictureError } from './pictureError';

/** Larger pictures are refused. */
export const maxMegapixels = 50;
/** What 50 megapixels take at their largest: uncompressed, 16 bits each for R, G, B and A. */
export const maxFileBytes = maxMegapixels * 1e6 * 8;
/** More than any camera's or scanner's, and JPEG's and GIF's own limit. */
const longestSide = 65_535;

/** Refuses sizes that a header says, before memory is taken for the pixels. */
export function checkSize(width: number, height: number): void {
  if (!(width > 0 && height > 0)) {
    throw new PictureError(`is damaged: its header says ${width}×${height} pixels`);
  }
  if (width * height > maxMegapixels * 1e6) {
    throw new PictureError(
      `has ${width}×${height} pixels, more than ${maxMegapixels} megapixels: make it smaller first`,
    );
  }
  if (Math.max(width, height) > longestSide) {
    throw new PictureError(
      `has ${width}×${height} pixels, more than ${longestSide} in a row or column`,
    );
  }
}
