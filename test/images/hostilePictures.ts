/** Files of a few bytes that ask a decoder for gigabytes of memory, or minutes. */
import { readFileSync } from 'node:fs';
import { deflateSync } from 'node:zlib';
import { fixture } from './fixtures';

const [side, megabyte] = [7000, 1e6];

export interface HostilePicture {
  readonly name: string;
  readonly content: Buffer;
  /** The expected message. */
  readonly message: RegExp;
}

export function hostilePictures(): HostilePicture[] {
  const damaged = /cannot be decoded; it may be damaged/;
  return [
    ['PNG with two headers', twoPngHeaders(), damaged],
    ['PNG of 1×50,000,000', pngOf(1, 50_000_000), /has 1×50000000 pixels, more than 65535 in/],
    ['GIF with a frame of 65,535×65,535', gifWithLargeFrame(), /has 65535×65535 pixels, more than/],
    ['BMP without its pixels', bmp(0), /pixels should end at byte 147000054, but it has 54 bytes/],
    ['BMP of run lengths without any', bmp(1), /cannot be decoded: Unsupported image type/],
    ['TIFF without its pixels', tiff({}), damaged],
    ['TIFF of pages in a circle', tiff({ nextPageAt: 8 }), damaged],
    ['TIFF tag of 4 billion entries', tiff({ tags: { 700: 9 }, count: 0xffffffff }), damaged],
    ['TIFF tiles of 0 pixels', tiffOfTiles(0), damaged],
    ['TIFF tiles of 1 pixel', tiffOfTiles(1), damaged],
    ['TIFF tiles of 4,294,967,280 pixels', tiffOfTiles(4_294_967_280), damaged],
    ['TIFF with 60,000 channels', tiff({ tags: { 277: 60_000 } }), damaged],
    ['TIFF with 65,535 bits', tiff({ tags: { 258: 65_535 } }), damaged],
    ['TIFF of LZW garbage', tiff({ tags: { 259: 5 }, pixels: Buffer.alloc(64, 0xa7) }), damaged],
  ].map(([name, content, message]) => ({ name, content, message }) as HostilePicture);
}

/** Progressive, 49 megapixels, with its last scan repeated many times. */
export function jpegOfScans(count: number): Buffer {
  const content = readFileSync(fixture('progressive.jpg'));
  const frame = content.indexOf(Buffer.from([0xff, 0xc2]));
  content.writeUInt16BE(side, frame + 5);
  content.writeUInt16BE(side, frame + 7);
  const lastScan = content.subarray(content.lastIndexOf(Buffer.from([0xff, 0xda])), -2);
  return Buffer.concat([
    content.subarray(0, -2),
    ...new Array<Buffer>(count).fill(lastScan),
    content.subarray(-2),
  ]);
}

function pngOf(width: number, height: number): Buffer {
  const content = readFileSync(fixture('rgb.png'));
  content.writeUInt32BE(width, 16);
  content.writeUInt32BE(height, 20);
  return content;
}

function twoPngHeaders(): Buffer {
  const [small, large] = [readFileSync(fixture('rgb.png')), pngOf(40_000, 40_000)];
  const headerEnd = 33;
  return Buffer.concat([small.subarray(0, headerEnd), large.subarray(8)]);
}

function gifWithLargeFrame(): Buffer {
  const content = readFileSync(fixture('palette-transparent.gif'));
  const frame = content.indexOf(Buffer.from([0x2c, 0, 0, 0, 0]));
  content.writeUInt16LE(65_535, frame + 5);
  content.writeUInt16LE(65_535, frame + 7);
  return content;
}

function bmp(compression: number): Buffer {
  const content = Buffer.alloc(54);
  content.write('BM');
  content.writeUInt32LE(54, 10);
  content.writeUInt32LE(40, 14);
  content.writeInt32LE(side, 18);
  content.writeInt32LE(side, 22);
  content.writeUInt16LE(1, 26);
  content.writeUInt16LE(compression === 0 ? 24 : 8, 28);
  content.writeUInt32LE(compression, 30);
  return content;
}

interface TiffFields {
  /** Values by tag, beside size, 8 bits of grey, and one strip. */
  tags?: Record<number, number>;
  /** How many values each of `tags` claims to have. */
  count?: number;
  nextPageAt?: number;
  pixels?: Buffer;
}

function tiff({ tags = {}, count = 1, nextPageAt = 0, pixels = Buffer.alloc(9) }: TiffFields) {
  const plain = { 256: side, 257: side, 258: 8, 259: 1, 262: 1, 277: 1, 278: side };
  const strip = { 273: 0, 279: pixels.length };
  const entries = Object.entries({ ...plain, ...strip, ...tags });
  const content = Buffer.alloc(8 + 2 + 12 * entries.length + 4);
  content.write('II*\0', 'latin1');
  content.writeUInt32LE(8, 4);
  content.writeUInt16LE(entries.length, 8);
  for (const [index, [tag, value]] of entries.entries()) {
    const at = 10 + 12 * index;
    content.writeUInt16LE(Number(tag), at);
    content.writeUInt16LE(4, at + 2); // 32-bit numbers
    content.writeUInt32LE(tag in tags ? count : 1, at + 4);
    content.writeUInt32LE(tag === '273' ? content.length : value, at + 8);
  }
  content.writeUInt32LE(nextPageAt, content.length - 4);
  return Buffer.concat([content, pixels]);
}

function tiffOfTiles(size: number): Buffer {
  return tiff({ tags: { 322: size, 323: size, 324: 8, 325: 64 } });
}

/** A TIFF of 8×8 pixels whose only strip holds 1 GB of zeros. */
export function deflateBomb(): Buffer {
  const pixels = deflateSync(Buffer.alloc(1000 * megabyte));
  return tiff({ tags: { 256: 8, 257: 8, 259: 8, 278: 8 }, pixels });
}
