/** What the JPEG decoder must be told about one file. */
export interface JpegOptions {
  /** `false` when the three channels are R, G, B as they stand. */
  colorTransform?: boolean;
  /** By the decoder's own count; 50 megapixels with three channels need about 1,100. */
  maxMemoryUsageInMB: number;
}

const startOfScan = 0xda;
const adobeSegment = 0xee;

/**
 * Reads the segments before the pixels for what the decoder itself overlooks: Adobe's mark for
 * three channels stored as plain RGB (ITU-T T.872, 6.5.3).
 */
export function jpegOptions(content: Buffer): JpegOptions {
  const options: JpegOptions = { maxMemoryUsageInMB: 1280 };
  let at = 2;
  while (at + 16 <= content.length && content[at] === 0xff && content[at + 1] !== startOfScan) {
    const isAdobe =
      content[at + 1] === adobeSegment && content.toString('latin1', at + 4, at + 9) === 'Adobe';
    if (isAdobe && content[at + 15] === 0) {
      options.colorTransform = false;
    }
    at += 2 + content.readUInt16BE(at + 2);
  }
  return options;
}
