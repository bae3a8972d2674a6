import { decode, type IFD } from 'utif2';

/** Tags of the TIFF 6.0 specification, section 8. */
const tag = {
  width: 't256',
  height: 't257',
  bitsPerSample: 't258',
  compression: 't259',
  photometricInterpretation: 't262',
  stripOffsets: 't273',
  orientation: 't274',
  stripByteCounts: 't279',
  tileOffsets: 't324',
  tileByteCounts: 't325',
  sampleFormat: 't339',
} as const;

const jpegCompression = 7;
/** WhiteIsZero, BlackIsZero, RGB, palette. */
const readablePhotometrics = [0, 1, 2, 3];
const yCbCr = 6;

/**
 * Refuses what the TIFF decoder would turn into a wrong picture without saying so: pixel data
 * cut short, numbers that are not 1-16 bit integers, colour spaces it does not know, and pages
 * that are too large together (it decodes all of them).
 *
 * @throws Error that says what is wrong.
 */
export function checkTiff(content: Buffer, maxPixels: number): void {
  const pages = decode(content);
  const page = pages[0];
  if (!page) {
    throw new Error('it has no page');
  }
  const pixels = pages.reduce((sum, one) => sum + number(one, 'width') * number(one, 'height'), 0);
  if (pixels > maxPixels) {
    throw new Error(`its ${pages.length} pages have ${pixels} pixels together`);
  }
  checkKind(page);
  checkEnd(page, content.length);
}

function checkKind(page: IFD): void {
  const bits = number(page, 'bitsPerSample', 1);
  if (bits > 16 || number(page, 'sampleFormat', 1) !== 1) {
    throw new Error(`its samples are not integers of 1 to 16 bits (bits per sample: ${bits})`);
  }
  const photometric = number(page, 'photometricInterpretation');
  const isJpeg = number(page, 'compression', 1) === jpegCompression;
  const readable = isJpeg
    ? photometric === yCbCr || photometric === 2
    : readablePhotometrics.includes(photometric);
  if (!readable) {
    throw new Error(
      `its colour space is not one that can be read (photometric interpretation ${photometric}${isJpeg ? ', JPEG compression' : ''})`,
    );
  }
  const orientation = number(page, 'orientation', 1);
  if (orientation !== 1) {
    throw new Error(`it is stored turned or mirrored (orientation ${orientation})`);
  }
}

function checkEnd(page: IFD, length: number): void {
  const offsets = [...numbers(page, 'stripOffsets'), ...numbers(page, 'tileOffsets')];
  const sizes = [...numbers(page, 'stripByteCounts'), ...numbers(page, 'tileByteCounts')];
  const end = Math.max(...offsets.map((offset, strip) => offset + (sizes[strip] ?? 0)));
  if (end > length) {
    throw new Error(`its pixels should end at byte ${end}, but it has ${length} bytes`);
  }
}

function numbers(page: IFD, name: keyof typeof tag): number[] {
  const value = page[tag[name]];
  return value === undefined ? [] : Array.from(value as ArrayLike<number>, Number);
}

function number(page: IFD, name: keyof typeof tag, otherwise = 0): number {
  return numbers(page, name)[0] ?? otherwise;
}
