import type { RgbaPixels } from './grey';

/**
 * Makes transparent what the first frame of a GIF leaves free, as browsers have it; libvips paints
 * it black. Changes the pixels in place.
 */
export function clearOutsideFirstFrame(
  content: Buffer,
  { width, height, pixels }: RgbaPixels,
): void {
  const [left, top, right, bottom] = firstFrame(content);
  if (left === 0 && top === 0 && right >= width && bottom >= height) {
    return;
  }
  for (let y = 0, at = 3; y < height; y++) {
    for (let x = 0; x < width; x++, at += 4) {
      if (x < left || x >= right || y < top || y >= bottom) {
        pixels[at] = 0;
      }
    }
  }
}

/** The place of the first image, found by its descriptor (GIF89a specification, section 20). */
function firstFrame(content: Buffer): [left: number, top: number, right: number, bottom: number] {
  let at = 13 + colourTableBytes(content.readUInt8(10));
  while (content.readUInt8(at) === 0x21) {
    // An extension: its kind, then blocks up to an empty one.
    at += 2;
    while (content.readUInt8(at) !== 0) {
      at += 1 + content.readUInt8(at);
    }
    at += 1;
  }
  const [left, top] = [content.readUInt16LE(at + 1), content.readUInt16LE(at + 3)];
  return [left, top, left + content.readUInt16LE(at + 5), top + content.readUInt16LE(at + 7)];
}

function colourTableBytes(packedFields: number): number {
  return packedFields & 0x80 ? 3 << ((packedFields & 7) + 1) : 0;
}
