import type { RgbaPixels } from './grey';

const endMark = Buffer.from([0xff, 0xd9]);
const otherBits = Buffer.alloc(64, 0x55);

/**
 * Decodes a JPEG picture whose end mark may be missing, as programs often leave it.
 *
 * With the mark put there, the decoder takes missing pixels of the last rows for zeros and says
 * nothing. So it is put there twice, once after other bits: where pixels are missing, these make
 * another picture.
 *
 * @param decode what decodes it, and throws where the file ends too early.
 */
export async function decodeJpeg(
  content: Buffer,
  isProgressive: boolean,
  decode: (content: Buffer) => Promise<RgbaPixels>,
): Promise<RgbaPixels> {
  try {
    return await decode(content);
  } catch (error) {
    // Of a progressive picture that ends too early everything is there, only coarser.
    if (isProgressive) {
      throw error;
    }
    const start = content.at(-1) === 0xff ? content.subarray(0, -1) : content;
    const picture = await decode(Buffer.concat([start, endMark]));
    const other = await decode(Buffer.concat([start, otherBits, endMark]));
    if (Buffer.compare(picture.pixels, other.pixels) !== 0) {
      throw error;
    }
    return picture;
  }
}
