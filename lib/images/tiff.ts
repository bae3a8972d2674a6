import { PictureError } from './pictureError';

/** Tags of the TIFF 6.0 specification, section 8. */
const tag = { compression: 259, photometricInterpretation: 262, extraSamples: 338 };

const rgb = 2;
const yCbCr = 6;
/** WhiteIsZero, BlackIsZero, RGB, palette, CMYK. */
const readablePhotometrics = [0, 1, rgb, 3, 5];
const jpegCompression = 7;

/**
 * Refuses the colour spaces that libvips would take for others, and finds out whether a fourth
 * channel is transparency or something else (`ExtraSamples` 0), which libvips does not tell.
 *
 * @throws PictureError that says what is wrong.
 */
export function checkTiff(content: Buffer): { hasUnknownChannel: boolean } {
  const values = firstDirectory(content);
  const photometric = values.get(tag.photometricInterpretation) ?? -1;
  const isJpeg = values.get(tag.compression) === jpegCompression;
  if (!readablePhotometrics.includes(photometric) && !(isJpeg && photometric === yCbCr)) {
    throw new PictureError(
      `has a colour space that cannot be read (photometric interpretation ${photometric})`,
    );
  }
  return { hasUnknownChannel: photometric === rgb && values.get(tag.extraSamples) === 0 };
}

/** The first page's tags with a 16-bit value that stands in the directory itself. */
function firstDirectory(content: Buffer): Map<number, number> {
  const isLittle = content[0] === 0x49;
  const view = new DataView(content.buffer, content.byteOffset, content.length);
  const number16 = (at: number) => view.getUint16(at, isLittle);
  const offset64 = (at: number) => Number(view.getBigUint64(at, isLittle));
  // BigTIFF has the same fields, wider.
  const isBig = number16(2) === 43;
  const values = new Map<number, number>();
  try {
    const start = isBig ? offset64(8) : view.getUint32(4, isLittle);
    const count = isBig ? offset64(start) : number16(start);
    const [first, entryBytes, valueAt] = isBig ? [start + 8, 20, 12] : [start + 2, 12, 8];
    for (let entry = 0; entry < count; entry++) {
      const at = first + entry * entryBytes;
      if (!values.has(number16(at))) {
        values.set(number16(at), number16(at + valueAt));
      }
    }
  } catch (error) {
    throw new PictureError('is damaged or cut short: it ends within its directory', {
      cause: error,
    });
  }
  return values;
}
