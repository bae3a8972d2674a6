import assert from 'node:assert/strict';
import { test } from 'node:test';
import { read } from '../../lib/images';
import { assertCheap } from './decoderProcesses';
import { jpegOfScans } from './hostilePictures';

test('a JPEG with 5,000 scans is given up after nine seconds', async () => {
  const message = /^picture takes more than 9 seconds to decode$/;
  await assertCheap(assert.rejects(read(jpegOfScans(5000)), { message }));
});
