import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
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
    // Pillow rounds twice when it blends with white, and expands 5 and 6 bits per colour
    // differently.
    const allowed = /rgba|alpha|premultiplied|16bit/.test(name) ? 1 : 0;
    assert.ok(largestDifference(picture, grey) <= allowed, `${largestDifference(picture, grey)}`);
  });

  test(`${name} cut short is an error, if anything of the picture is lost`, async () => {
    const content = await readFile(fixture(name));
    for (let length = 0; length < content.length; length += 61) {
      const picture = await read(content.subarray(0, length)).catch((error: Error) => error);
      if (picture instanceof Error) {
        assert.match(picture.message, /^picture (is|has|cannot be) /, `${length} bytes`);
      } else {
        assert.ok(largestDifference(picture, grey) <= 1, `${length} bytes`);
      }
    }
  });
}

test('a JPEG that ends anywhere in its last rows is read only where nothing is lost', async () => {
  for (const name of ['grey.jpg', 'cmyk.jpg', 'progressive.jpg']) {
    const content = await readFile(fixture(name));
    const whole = await read(content);
    for (let length = content.length - 60; length < content.length; length++) {
      const picture = await read(content.subarray(0, length)).catch(() => undefined);
      assert.deepEqual(picture ?? whole, whole, `${name}, ${length} bytes`);
    }
  }
});

test('a GIF whose pixels end early is an error, although its blocks are whole', async () => {
  const content = await readFile(fixture('palette-transparent.gif'));
  const descriptor = content.indexOf(Buffer.from([0x2c, 0, 0, 0, 0]));
  const firstBlock = content.indexOf(255, descriptor + 10);
  const early = Buffer.concat([
    content.subarray(0, firstBlock),
    Buffer.from([100]),
    content.subarray(firstBlock + 1, firstBlock + 101),
    Buffer.from([0, 0x3b]),
  ]);
  await assert.rejects(
    read(early),
    /picture is damaged or cut short: it has \d+ of .* 1485 pixels/,
  );
});

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
  ['float32.tiff', /samples that are not integers of 1 to 16 bits, but float/],
  ['ycbcr.tiff', /colour space that cannot be read \(photometric interpretation 6\)/],
  ['group3-no-ends-of-lines.tiff', /cannot be decoded; .*Group 3 data without EOL/],
  ['picture.webp', /has the format WEBP, which cannot be read; PNG, JPEG, BMP, GIF and TIFF can/],
  ['makePictures.py', /makePictures\.py is not a picture that can be read; PNG, JPEG, BMP, GIF/],
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
  await assert.rejects(read(png), /cannot be decoded.* corrupt header/);
});

test('a file larger than any such picture is refused unread', async () => {
  const path = join(folder, 'large.bmp');
  await writeFile(path, '');
  await truncate(path, 5e9);
  await assert.rejects(read(path), /large\.bmp has 5000 MB/);
});

/** What a program prints that has the library's modules, by name, and the fixtures' paths. */
function printed(module: string, names: readonly string[], program: string): string[] {
  const path = resolve(__dirname, '../../lib/images', module);
  const source = `
    const { decode, read } = require(${JSON.stringify(path)});
    const paths = ${JSON.stringify(names.map(fixture))};
    (async () => {${program}})();`;
  const { stdout, stderr, status } = spawnSync(process.execPath, ['-e', source], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return [stdout.trim(), stderr];
}

test('no decoder is loaded into the program that reads', () => {
  const program = `
    const { width } = await read(paths[0]);
    const decoders = /node_modules.(jimp|sharp|@img|@napi-rs)/;
    console.log(width, Object.keys(require.cache).filter((path) => decoders.test(path)));`;
  assert.deepEqual(printed('index.js', ['rgb.png'], program), ['45 []', '']);
});

test('no decoder prints anything about a Group 3 TIFF', async () => {
  const names = (await readdir(fixture('.'))).filter((name) => /group3|huffman/.test(name));
  assert.equal(names.length, 7);
  for (const [module, decoder] of [
    ['index.js', 'read'],
    ['decode.js', 'decode'],
  ] as const) {
    const program = `
      const answers = await Promise.allSettled(paths.map((path) => ${decoder}(path)));
      console.log(answers.filter(({ status }) => status === 'fulfilled').length);`;
    assert.deepEqual(printed(module, names, program), ['6', '']);
  }
});
