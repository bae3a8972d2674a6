import type { RgbaPixels } from './grey';
import { PictureError } from './pictureError';

const extension = 0x21;

/** Where the first frame is, and its compressed pixels (GIF89a specification, sections 20 to 22). */
interface Frame {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
  readonly codeBits: number;
  readonly data: Buffer;
}

/**
 * Corrects what libvips does silently with a GIF's first frame: it paints black what the frame
 * leaves free, which is made transparent here, in place, as browsers do; and it invents pixels that
 * are missing at the end.
 *
 * @throws PictureError where pixels are missing.
 */
export function checkFirstFrame(content: Buffer, { width, height, pixels }: RgbaPixels): void {
  const frame = firstFrame(content);
  const { left, top, right, bottom } = frame;
  const [expected, found] = [(right - left) * (bottom - top), countPixels(frame)];
  if (found < expected) {
    throw new PictureError(
      `is damaged or cut short: it has ${found} of the first frame's ${expected} pixels`,
    );
  }
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

function firstFrame(content: Buffer): Frame {
  let at = 13 + colourTableBytes(content.readUInt8(10));
  while (content.readUInt8(at) === extension) {
    at = blocks(content, at + 2).end;
  }
  const [left, top] = [content.readUInt16LE(at + 1), content.readUInt16LE(at + 3)];
  const right = left + content.readUInt16LE(at + 5);
  const bottom = top + content.readUInt16LE(at + 7);
  const dataAt = at + 10 + colourTableBytes(content.readUInt8(at + 9));
  const { data } = blocks(content, dataAt + 1);
  return { left, top, right, bottom, codeBits: content.readUInt8(dataAt), data };
}

/** What is in the blocks up to an empty one, and where that ends. */
function blocks(content: Buffer, start: number): { data: Buffer; end: number } {
  const parts: Buffer[] = [];
  let at = start;
  while (content.readUInt8(at) !== 0) {
    const next = at + 1 + content.readUInt8(at);
    parts.push(content.subarray(at + 1, next));
    at = next;
  }
  return { data: Buffer.concat(parts), end: at + 1 };
}

function colourTableBytes(packedFields: number): number {
  return packedFields & 0x80 ? 3 << ((packedFields & 7) + 1) : 0;
}

/** How many pixels LZW codes stand for; the colours do not matter (appendix F). */
function countPixels({ codeBits, data }: Frame): number {
  const clear = 1 << codeBits;
  const lengths = new Uint32Array(4096).fill(1);
  let [next, bits, previous, pixels] = [clear + 2, codeBits + 1, -1, 0];
  for (let position = 0; position + bits <= 8 * data.length; ) {
    const code = bitsAt(data, position, bits);
    position += bits;
    if (code === clear) {
      [next, bits, previous] = [clear + 2, codeBits + 1, -1];
      continue;
    }
    if (code === clear + 1) {
      break;
    }
    if (previous >= 0 && next < 4096) {
      lengths[next] = (lengths[previous] as number) + 1;
      next += 1;
      if (next === 1 << bits && bits < 12) {
        bits += 1;
      }
    }
    pixels += lengths[code] as number;
    previous = code;
  }
  return pixels;
}

/** Up to 12 bits, the lowest first. */
function bitsAt(data: Buffer, position: number, bits: number): number {
  const at = position >> 3;
  const word = (data[at] as number) | ((data[at + 1] ?? 0) << 8) | ((data[at + 2] ?? 0) << 16);
  return (word >> (position & 7)) & ((1 << bits) - 1);
}
