import { readFile } from 'node:fs/promises';
import imageSize from 'image-size';
import sharp, { type Metadata, type Sharp } from 'sharp';
import { decodeBmp } from './bmp';
import { checkFirstFrame } from './gif';
import { type GreyPixels, greyOfInks, greyOnWhite, opacityOf, type RgbaPixels } from './grey';
import { decodeJpeg } from './jpeg';
import { checkSize, maxMegapixels } from './limits';
import { PictureError } from './pictureError';
import { checkTiff } from './tiff';

/** How files begin, as hexadecimal digits; TIFF's and BigTIFF's in both byte orders. */
const signatures: [beginning: string, format: 'png' | 'jpeg' | 'bmp' | 'gif' | 'tiff'][] = [
  ['89504e470d0a1a0a', 'png'],
  ['ffd8ff', 'jpeg'],
  ['424d', 'bmp'],
  ['474946383761', 'gif'],
  ['474946383961', 'gif'],
  ['49492a00', 'tiff'],
  ['4d4d002a', 'tiff'],
  ['49492b00', 'tiff'],
  ['4d4d002b', 'tiff'],
];
/** Colour spaces of libvips: grey, RGB, inks; with 8 or 16 bits. */
const readableSpaces = ['b-w', 'grey16', 'srgb', 'rgb16', 'cmyk'];
const readableDepths = ['uchar', 'ushort'];

// Nothing is read twice, and one picture at a time is enough.
sharp.cache(false);
sharp.concurrency(1);

/**
 * Decodes a picture to brightness. Runs in a process of its own (`decoderProcess.ts`): what a
 * damaged or hostile file does to a decoder happens there.
 *
 * @param source a file's path, or the file's content.
 * @throws PictureError that says what is wrong, as the rest of a sentence that begins with the name.
 */
export async function decode(source: string | Uint8Array): Promise<GreyPixels> {
  const content = typeof source === 'string' ? await readFile(source) : asBuffer(source);
  const format = formatOf(content);
  if (format === 'bmp') {
    return decodeBmp(content);
  }
  const hasUnknownChannel = format === 'tiff' && checkTiff(content).hasUnknownChannel;
  const { space, isProgressive = false } = await checkedHeader(content);
  const toChannels = space === 'cmyk' ? toInks : hasUnknownChannel ? toOpaqueColours : toColours;
  const picture =
    format === 'jpeg'
      ? await decodeJpeg(content, isProgressive, toChannels)
      : await toChannels(content);
  if (format === 'gif') {
    checkFirstFrame(content, picture);
  }
  const { width, height, pixels } = picture;
  return space === 'cmyk'
    ? { width, height, pixels: greyOfInks(pixels) }
    : { width, height, pixels: greyOnWhite(pixels), ...opacityOf(pixels) };
}

function formatOf(content: Buffer) {
  if (content.length === 0) {
    throw new PictureError('is empty (0 bytes)');
  }
  const beginning = content.toString('hex', 0, 8);
  const known = signatures.find(([signature]) => beginning.startsWith(signature));
  if (!known) {
    throw new PictureError(`${otherFormat(content)}; PNG, JPEG, BMP, GIF and TIFF can`);
  }
  return known[1];
}

function otherFormat(content: Buffer): string {
  try {
    return `has the format ${imageSize(content).type?.toUpperCase()}, which cannot be read`;
  } catch {
    return 'is not a picture that can be read';
  }
}

/** Looks at size, colour space and kind of numbers, before any pixel is decoded. */
async function checkedHeader(content: Buffer): Promise<Metadata> {
  const header = await sharp(content, { limitInputPixels: false }).metadata().catch(refuse);
  checkSize(header.width, header.height);
  if (!readableDepths.includes(header.depth)) {
    throw new PictureError(
      `has samples that are not integers of 1 to 16 bits, but ${header.depth}`,
    );
  }
  if (!readableSpaces.includes(header.space)) {
    throw new PictureError(`has a colour space that cannot be read (${header.space})`);
  }
  return header;
}

function toColours(content: Buffer): Promise<RgbaPixels> {
  return fourChannels(libvips(content).toColourspace('srgb').ensureAlpha());
}

function toOpaqueColours(content: Buffer): Promise<RgbaPixels> {
  return fourChannels(libvips(content).toColourspace('srgb').removeAlpha().ensureAlpha());
}

function toInks(content: Buffer): Promise<RgbaPixels> {
  return fourChannels(libvips(content).pipelineColourspace('cmyk').toColourspace('cmyk'));
}

/** Turned as its orientation says; colour profiles are ignored, as Pillow does. */
function libvips(content: Buffer): Sharp {
  return sharp(content, {
    limitInputPixels: maxMegapixels * 1e6,
    // What is cut short or damaged is an error, not a picture with black or grey parts.
    failOn: 'warning',
    ignoreIcc: true,
    // A TIFF may hold all of its pixels in one piece of more than 50 MB.
    unlimited: true,
  }).autoOrient();
}

async function fourChannels(picture: Sharp): Promise<RgbaPixels> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true }).catch(refuse);
  if (info.channels !== 4) {
    throw new PictureError(`has ${info.channels} channels: neither grey, colours nor inks`);
  }
  return { width: info.width, height: info.height, pixels: data };
}

/** libvips' messages are several lines, the same one often many times. */
function refuse(error: Error): never {
  const lines = new Set(error.message.split('\n').map((line) => line.trim().replace(/:$/, '')));
  lines.delete('');
  lines.delete('Warning treated as error due to failOn setting');
  throw new PictureError(
    `cannot be decoded; it may be damaged, cut short or of an unusual kind: ${[...lines].slice(0, 3).join('; ')}`,
    { cause: error },
  );
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
