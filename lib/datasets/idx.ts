import { readFileSync } from 'node:fs';

/** The contents of an IDX file of unsigned bytes. */
export interface IdxArray {
  /** The size of each dimension, e.g. `[60000, 28, 28]` for MNIST's training images. */
  readonly shape: readonly number[];
  /** The values in row-major order, 0 to 255; a view on the bytes read, not a copy. */
  readonly values: Uint8Array;
}

const unsignedByte = 0x08;

const typeNames: Readonly<Record<number, string>> = {
  8: 'unsigned byte',
  9: 'signed byte',
  11: 'short',
  12: 'int',
  13: 'float',
  14: 'double',
};

/**
 * Reads an IDX file, the format that MNIST and its relatives are published in: a magic number
 * (two zero bytes, the type of the values, the number of dimensions), the size of each dimension
 * as a big-endian 32-bit number, then the values. Needs no TensorFlow.
 *
 * The format is described on the MNIST page, http://yann.lecun.com/exdb/mnist/.
 *
 * @param source the bytes, or the path of a file that is not compressed.
 * @param dimensions how many dimensions the file must have (3 for images, 1 for labels); any
 *   number when left out.
 * @throws when the magic number, the type (only unsigned bytes are read), the dimensions or the
 *   length is wrong; the message gives the value found and the value expected.
 *
 * @example
 * const { shape, values } = readIdx('data/cache/mnist/t10k-labels-idx1-ubyte'); // shape [10000]
 */
export function readIdx(source: Uint8Array | string, dimensions?: number): IdxArray {
  const fileName = typeof source === 'string' ? source : 'IDX data';
  const bytes = typeof source === 'string' ? readFileSync(source) : source;
  const fail = (problem: string): never => {
    throw new Error(`${fileName}: ${problem}.`);
  };

  if (bytes.length < 4) {
    fail(`the length is ${bytes.length} bytes, expected at least the 4 of the magic number`);
  }
  const [first, second, type, dimensionCount] = bytes as unknown as [
    number,
    number,
    number,
    number,
  ];
  if (first !== 0 || second !== 0) {
    const seen = `the magic number starts with ${hexadecimal(first)} ${hexadecimal(second)}`;
    const isGzip = first === 0x1f && second === 0x8b;
    fail(`${seen}, expected 0x00 0x00${isGzip ? ' (this is gzip: unpack it first)' : ''}`);
  }
  if (type !== unsignedByte) {
    const name = typeNames[type] ?? 'unknown';
    fail(`the type of the values is ${hexadecimal(type)} (${name}), expected 0x08 (unsigned byte)`);
  }
  if (dimensionCount === 0 || (dimensions !== undefined && dimensionCount !== dimensions)) {
    fail(`the number of dimensions is ${dimensionCount}, expected ${dimensions ?? 'at least 1'}`);
  }

  const headerLength = 4 + 4 * dimensionCount;
  if (bytes.length < headerLength) {
    fail(
      `the length is ${bytes.length} bytes, expected at least the ${headerLength} of the header`,
    );
  }
  const header = new DataView(bytes.buffer, bytes.byteOffset, headerLength);
  const shape = Array.from({ length: dimensionCount }, (_, i) => header.getUint32(4 + 4 * i));
  const expectedLength = headerLength + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== expectedLength) {
    const layout = `a header of ${headerLength} and ${shape.join(' x ')} values`;
    fail(`the length is ${bytes.length} bytes, expected ${expectedLength} (${layout})`);
  }
  return { shape, values: bytes.subarray(headerLength) };
}

function hexadecimal(byte: number): string {
  return `0x${byte.toString(16).padStart(2, '0')}`;
}
