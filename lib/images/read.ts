import { readFile, stat } from 'node:fs/promises';
import imageSize from 'image-size';
import { jpegOptions } from './jpeg';
import type { Picture } from './picture';
import { checkTiff } from './tiff';

/** Larger pictures are refused: decoding 50 megapixels takes up to 1.9 GB (measured). */
const maxMegapixels = 50;
/** What 50 megapixels take at their largest: uncompressed, 16 bits each for R, G, B and A. */
const maxFileBytes = maxMegapixels * 1e6 * 8;

const readableFormats: readonly string[] = ['png', 'jpg', 'bmp', 'gif', 'tiff'];
const formatNames = 'PNG, JPEG, BMP, GIF, TIFF';

/**
 * Reads a picture as greyscale, like `cv2.imread(path, 0)` or PIL's `convert('L')`.
 *
 * Colours become `0.299 R + 0.587 G + 0.114 B` (ITU-R BT.601). Transparent parts count as white
 * paper. A photo's EXIF rotation is applied; of an animation or a multi-page TIFF the first
 * picture is taken.
 *
 * @param source a file's path, or the file's content.
 * @returns width, height and one brightness per pixel, 0 (black) to 255 (white).
 * @throws Error when the file is missing, a folder, empty, truncated, larger than 50 megapixels,
 *   or not a PNG, JPEG, BMP, GIF or TIFF.
 */
export async function read(source: string | Uint8Array): Promise<Picture> {
  const name = typeof source === 'string' ? source : 'picture';
  const content = typeof source === 'string' ? await readPictureFile(source) : asBuffer(source);
  if (content.length === 0) {
    throw new Error(`${name} is empty (0 bytes)`);
  }
  const type = checkHeader(name, content);
  const image = await decode(content, type).catch((error: unknown) => {
    throw new Error(
      `${name} cannot be decoded; it may be damaged, cut short or of an unusual kind: ${reason(error)}`,
      { cause: error },
    );
  });
  const { width, height, data } = image.bitmap;
  return { name, width, height, pixels: greyOnWhite(data, width * height) };
}

async function readPictureFile(path: string): Promise<Buffer> {
  const file = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw error.code === 'ENOENT' || error.code === 'ENOTDIR'
      ? new Error(`there is no picture at ${path}`, { cause: error })
      : error;
  });
  if (!file.isFile()) {
    throw new Error(`${path} is ${file.isDirectory() ? 'a folder' : 'not a file'}, not a picture`);
  }
  if (file.size > maxFileBytes) {
    throw new Error(
      `${path} has ${Math.round(file.size / 1e6)} MB: no picture of at most ${maxMegapixels} megapixels is that large`,
    );
  }
  return readFile(path);
}

async function decode(content: Buffer, type: string) {
  if (type === 'tiff') {
    checkTiff(content, maxMegapixels * 1e6);
  }
  // Loaded here and not above: jimp takes a good part of a second, and few programs read pictures.
  const { Jimp } = await import('jimp');
  const options = type === 'jpg' ? jpegOptions(content) : undefined;
  return Jimp.fromBuffer(content, { 'image/jpeg': options ?? {} });
}

/**
 * Looks at type and dimensions before anything is decoded, so that memory stays bounded.
 *
 * @returns the type.
 */
function checkHeader(name: string, content: Buffer): string {
  const { width, height, type } = sizeFromHeader(name, content);
  if (!type || !readableFormats.includes(type)) {
    throw new Error(`${name} is a ${type} picture; jimp reads ${formatNames}`);
  }
  if (!(width > 0 && height > 0)) {
    throw new Error(`${name} is damaged: its header says ${width}×${height} pixels`);
  }
  if (width * height > maxMegapixels * 1e6) {
    throw new Error(
      `${name} has ${width}×${height} pixels, more than ${maxMegapixels} megapixels: make it smaller first`,
    );
  }
  return type;
}

function sizeFromHeader(name: string, content: Buffer): ReturnType<typeof imageSize> {
  try {
    return imageSize(content);
  } catch (error) {
    const isUnknown = reason(error).startsWith('unsupported file type');
    throw new Error(
      isUnknown
        ? `${name} is not an image jimp can read (${formatNames})`
        : `${name} is damaged or cut short: ${reason(error)}`,
      { cause: error },
    );
  }
}

/** RGBA pixels laid on white paper, as brightness (weights in 1/65536, as PIL has them). */
function greyOnWhite(rgba: Uint8Array, count: number): Uint8Array {
  const pixels = new Uint8Array(count);
  for (let pixel = 0, at = 0; pixel < count; pixel++, at += 4) {
    const [red, green, blue, alpha] = [rgba[at], rgba[at + 1], rgba[at + 2], rgba[at + 3]] as Rgba;
    const grey = (19595 * red + 38470 * green + 7471 * blue) / 65536;
    pixels[pixel] = Math.round((grey * alpha + 255 * (255 - alpha)) / 255);
  }
  return pixels;
}
type Rgba = [number, number, number, number];

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function reason(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
