import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fuzzPictures } from '../soak/pictures';

test('forty damaged pictures of every format are read or refused with a sentence', async () => {
  const results = await fuzzPictures({ inputs: 40, seed: 'test' });
  assert.deepEqual(
    results.map(({ format }) => format),
    ['.png', '.jpg', '.bmp', '.gif', '.tiff'],
  );
  for (const { format, inputs, read, refused } of results) {
    assert.equal(inputs, 40);
    assert.ok(refused > 5, `${format}: ${read} read, ${refused} refused`);
  }
});
