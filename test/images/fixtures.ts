/** The pictures in `test/images/fixtures` and what Pillow and OpenCV read from them. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Picture } from '../../lib/images';

const folder = resolve(__dirname, '../../../test/images/fixtures');

export function fixture(name: string): string {
  return resolve(folder, name);
}

interface Expected {
  pictures: Record<string, { width: number; height: number; grey: string }>;
  /** The results of `cv2.resize` for `rgb.png`, by size. */
  resized: Record<'28x28' | '70x50', string>;
}

export const expected: Expected = JSON.parse(readFileSync(fixture('expected.json'), 'utf8'));

/** The largest difference between a picture's pixels and bytes in Base64. */
export function largestDifference(picture: Picture, base64: string): number {
  const reference = Buffer.from(base64, 'base64');
  if (reference.length !== picture.pixels.length) {
    return Number.POSITIVE_INFINITY;
  }
  return Math.max(
    ...reference.map((value, pixel) => Math.abs(value - (picture.pixels[pixel] ?? 0))),
  );
}
