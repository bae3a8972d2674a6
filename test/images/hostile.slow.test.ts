import assert from 'node:assert/strict';
import { test } from 'node:test';
import sharp from 'sharp';
import { read } from '../../lib/images';
import { assertCheap } from './decoderProcesses';
import { jpegOfScans } from './hostilePictures';

test('a JPEG with 5,000 scans is given up after nine seconds', async () => {
  const message = /^picture takes more than 9 seconds to decode$/;
  await assertCheap(assert.rejects(read(jpegOfScans(5000)), { message }));
});

test('pictures of 48 megapixels are within the limits', async () => {
  const [width, height] = [8000, 6000];
  const raw = { width, height, channels: 3 } as const;
  const noise = Buffer.from(Array.from({ length: 3 * width }, (_, index) => (index * 89) % 251));
  const picture = sharp(Buffer.concat(new Array<Buffer>(height).fill(noise)), { raw });
  for (const format of ['jpeg', 'png', 'tiff'] as const) {
    const { width: read, height: down } = await readPicture(picture.clone().toFormat(format));
    assert.deepEqual([read, down], [width, height], format);
  }
});

async function readPicture(picture: sharp.Sharp) {
  return read(await picture.toBuffer());
}
