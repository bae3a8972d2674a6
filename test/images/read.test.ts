import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { read, resize } from '../../lib/images';
import { expected, fixture, largestDifference } from './fixtures';

let folder: string;
before(async () => {
  folder = await mkdtemp(join(tmpdir(), 'read-pictures-'));
});
after(() => rm(folder, { recursive: true }));

for (const [name, { width, height, grey }] of Object.entries(expected.pictures)) {
  test(`${name} is read as Pillow reads it`, async () => {
    const picture = await read(fixture(name));
    assert.deepEqual([picture.width, picture.height], [width, height]);
    // JPEG decoders differ in rounding, and Pillow rounds twice where it lays on white.
    const allowed = /jpg|rgba/.test(name) ? 2 : 0;
    assert.ok(largestDifference(picture, grey) <= allowed, `${largestDifference(picture, grey)}`);
  });

  test(`${name} cut short is an error`, async () => {
    const content = await readFile(fixture(name));
    for (const part of [0.1, 0.5, 0.9]) {
      const cut = content.subarray(0, Math.floor(part * content.length));
      await assert.rejects(read(cut), /^Error: picture (is damaged|cannot be decoded)/, `${part}`);
    }
  });
}

test('resize gives what cv2.resize gives', async () => {
  const picture = await read(fixture('rgb.png'));
  assert.ok(largestDifference(resize(picture, 28, 28), expected.resized['28x28']) <= 1);
  assert.ok(largestDifference(resize(picture, 70, 50), expected.resized['70x50']) <= 1);
  assert.throws(() => resize(picture, 0, 28), /cannot have 0×28 pixels/);
});

test('a file and its content give the same picture', async () => {
  const fromFile = await read(fixture('rgb.png'));
  const fromContent = await read(new Uint8Array(await readFile(fixture('rgb.png'))));
  assert.deepEqual({ ...fromFile, name: '' }, { ...fromContent, name: '' });
  assert.equal(fromFile.name, fixture('rgb.png'));
});

test('transparent is white paper', async () => {
  const picture = await read(fixture('rgba.png'));
  assert.equal(picture.pixels[0], 255);
});

const refused: [name: string, message: RegExp][] = [
  ['float32.tiff', /samples are not integers of 1 to 16 bits \(bits per sample: 32\)/],
  ['cmyk.tiff', /colour space.*photometric interpretation 5/],
  ['grey-jpeg.tiff', /colour space.*photometric interpretation 1, JPEG/],
  ['picture.webp', /is a webp picture; jimp reads PNG, JPEG, BMP, GIF, TIFF/],
  [
    'makePictures.py',
    /makePictures\.py is not an image jimp can read \(PNG, JPEG, BMP, GIF, TIFF\)/,
  ],
  ['missing.png', /there is no picture at .*missing\.png/],
  ['rgb.png/3.png', /there is no picture at/],
  ['.', /is a folder, not a picture/],
];
for (const [name, message] of refused) {
  test(`${name} is refused`, () => assert.rejects(read(fixture(name)), message));
}

test('an empty file is refused', async () => {
  const path = join(folder, 'empty.png');
  await writeFile(path, '');
  await assert.rejects(read(path), /empty\.png is empty \(0 bytes\)/);
  await assert.rejects(read(new Uint8Array()), /picture is empty/);
});

test('more than 50 megapixels are refused before they are decoded', async () => {
  const png = await readFile(fixture('rgb.png'));
  png.writeUInt32BE(10_000, 16);
  png.writeUInt32BE(5_001, 20);
  await assert.rejects(read(png), /10000×5001 pixels, more than 50 megapixels/);
  png.writeUInt32BE(0, 16);
  await assert.rejects(read(png), /its header says 0×5001 pixels/);
});

test('a file larger than any such picture is refused unread', async () => {
  const path = join(folder, 'large.bmp');
  await writeFile(path, '');
  await truncate(path, 5e9);
  await assert.rejects(read(path), /large\.bmp has 5000 MB/);
});

test('jimp is loaded with the first picture, not with the library', () => {
  const program = `
    require(${JSON.stringify(resolve(__dirname, '../../lib/images'))});
    console.log(Object.keys(require.cache).filter((path) => path.includes('/jimp/')).length);`;
  assert.equal(execFileSync(process.execPath, ['-e', program], { encoding: 'utf8' }).trim(), '0');
});
