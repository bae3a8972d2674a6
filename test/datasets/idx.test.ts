import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readIdx } from '../../lib/datasets/idx';

/** Two pictures of 1 x 3. */
const pictures = Uint8Array.of(
  0,
  0,
  8,
  3,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  1,
  0,
  0,
  0,
  3,
  1,
  2,
  3,
  253,
  254,
  255,
);

describe('readIdx', () => {
  it('gives shape and values', () => {
    const { shape, values } = readIdx(pictures, 3);
    assert.deepEqual(shape, [2, 1, 3]);
    assert.deepEqual([...values], [1, 2, 3, 253, 254, 255]);
  });

  it('reads bytes that start in the middle of a buffer', () => {
    const longer = Uint8Array.of(9, 9, 9, ...pictures);
    assert.deepEqual(readIdx(longer.subarray(3)), readIdx(pictures));
  });

  it('reads sizes beyond 255 as big-endian numbers', () => {
    const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 1, 2, ...new Uint8Array(258).fill(7));
    assert.deepEqual(readIdx(labels).shape, [258]);
  });

  it('reads a file, and names it in errors', () => {
    const folder = mkdtempSync(join(tmpdir(), 'idx-'));
    try {
      const path = join(folder, 'pictures');
      writeFileSync(path, pictures);
      assert.deepEqual(readIdx(path).shape, [2, 1, 3]);
      writeFileSync(path, 'no IDX file');
      assert.throws(() => readIdx(path), {
        message: `${path}: the magic number starts with 0x6e 0x6f, expected 0x00 0x00.`,
      });
    } finally {
      rmSync(folder, { recursive: true });
    }
  });

  const changed = (index: number, value: number) =>
    Object.assign(pictures.slice(), { [index]: value });
  const faults: [name: string, bytes: Uint8Array, message: RegExp][] = [
    [
      'nothing at all',
      new Uint8Array(0),
      /length is 0 bytes, expected at least the 4 of the magic/,
    ],
    ['a wrong magic number', changed(1, 9), /starts with 0x00 0x09, expected 0x00 0x00/],
    ['a compressed file', gzipSync(pictures), /0x1f 0x8b, .*\(this is gzip: unpack it first\)/],
    [
      'values of another type',
      changed(2, 13),
      /type .* is 0x0d \(float\), expected 0x08 \(unsigned/,
    ],
    ['an unknown type', changed(2, 1), /type of the values is 0x01 \(unknown\), expected 0x08/],
    ['no dimensions', changed(3, 0), /number of dimensions is 0, expected 3/],
    ['labels instead of pictures', changed(3, 1), /number of dimensions is 1, expected 3/],
    ['a header cut short', pictures.subarray(0, 15), /length is 15 bytes, .* 16 of the header/],
    [
      'values cut short',
      pictures.subarray(0, 21),
      /length is 21 bytes, expected 22 \(a header of 16 and 2 x 1 x 3 values\)/,
    ],
    ['something after the values', Uint8Array.of(...pictures, 0), /is 23 bytes, expected 22/],
    ['a size that is too large', changed(4, 255), /is 22 bytes, expected 12834570262/],
  ];
  for (const [name, bytes, message] of faults) {
    it(`refuses ${name}`, () => assert.throws(() => readIdx(bytes, 3), { message }));
  }

  it('does not load TensorFlow', () => {
    const script = `require(${JSON.stringify(require.resolve('../../lib/datasets/idx'))});
      console.log(Object.keys(require.cache).filter((path) => path.includes('tfjs')).length);`;
    assert.equal(execFileSync(process.execPath, ['-e', script], { encoding: 'utf8' }), '0\n');
  });
});
