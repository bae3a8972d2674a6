import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type DigitOptions, type Picture, toDigit, toTensor } from '../../lib/images';
import * as tf from '../../lib/tensorflow';

/** A white picture with dark bars like an L, `size` high, its corner at (left, top). */
function letter(width: number, height: number, left: number, top: number, size: number): Picture {
  const pixels = new Uint8Array(width * height).fill(255);
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size / 2; x++) {
      if (x < size / 8 || y >= size - size / 8) {
        pixels[(top + y) * width + left + x] = 0;
      }
    }
  }
  return { name: 'letter', width, height, pixels };
}

function inverted(picture: Picture): Picture {
  return { ...picture, pixels: picture.pixels.map((value) => 255 - value) };
}

/** The digit's 28 rows; no tensors may remain. */
function rows(picture: Picture, options?: DigitOptions): number[][] {
  const before = tf.memory().numTensors;
  const digit = toDigit(picture, options);
  assert.equal(tf.memory().numTensors, before + 1);
  assert.deepEqual([digit.shape, digit.dtype], [[1, 28, 28, 1], 'float32']);
  const values = tf.tidy(() => digit.reshape<tf.Tensor2D>([28, 28]).arraySync());
  digit.dispose();
  return values;
}

function largestDifference(one: number[][], other: number[][]): number {
  const others = other.flat();
  return Math.max(...one.flat().map((value, pixel) => Math.abs(value - (others[pixel] ?? 0))));
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);

/** The extent and the centre of mass of the ink along the rows, or along the columns. */
function extent(lines: readonly number[][]): { length: number; centre: number } {
  const ink = lines.map(sum);
  const used = ink.flatMap((value, line) => (value > 0.5 ? [line] : []));
  const centre = sum(ink.map((value, line) => value * (line + 0.5))) / sum(ink);
  return { length: (used.at(-1) ?? 0) - (used[0] ?? 0) + 1, centre };
}

const transposed = (lines: readonly number[][]) =>
  lines.map((_, x) => lines.map((row) => row[x] ?? 0));

test('the digit is 20 pixels high, keeps its shape, and its mass is centred as in MNIST', () => {
  const digit = rows(letter(300, 200, 30, 20, 80));
  const [vertical, horizontal] = [extent(digit), extent(transposed(digit))];
  assert.ok(Math.abs(vertical.length - 20) <= 1, `height ${vertical.length}`);
  assert.ok(Math.abs(horizontal.length - 10) <= 1, `width ${horizontal.length}`);
  assert.ok(Math.abs(vertical.centre - 14.5) < 0.05, `centre ${vertical.centre}`);
  assert.ok(Math.abs(horizontal.centre - 14.5) < 0.05, `centre ${horizontal.centre}`);
  assert.deepEqual([Math.min(...digit.flat()), Math.max(...digit.flat())], [0, 1]);
});

test('place, size and colours make no difference', () => {
  const digit = rows(letter(300, 200, 30, 20, 80));
  const others = {
    moved: letter(300, 200, 201, 99, 80),
    larger: letter(900, 1100, 300, 100, 800),
    inverted: inverted(letter(300, 200, 30, 20, 80)),
  };
  for (const [name, picture] of Object.entries(others)) {
    const difference = largestDifference(digit, rows(picture));
    assert.ok(difference < 0.15, `${name}: ${difference}`);
  }
});

/** A picture with straight strokes; the corners are in parts of `size`, from its middle. */
function drawn(strokes: readonly [Point, Point][], size: number, pen: number): Picture {
  const side = 300;
  const pixels = Uint8Array.from({ length: side * side }, (_, pixel) => {
    const [x, y] = [pixel % side, Math.floor(pixel / side)].map((at) => (at - side / 2) / size);
    const isInk = strokes.some((stroke) => distance([x as number, y as number], stroke) < pen / 2);
    return isInk ? 60 : 230;
  });
  return { name: 'drawn', width: side, height: side, pixels };
}
type Point = readonly [x: number, y: number];

function distance([x, y]: Point, [[fromX, fromY], [toX, toY]]: [Point, Point]): number {
  const [right, down] = [toX - fromX, toY - fromY];
  const along = ((x - fromX) * right + (y - fromY) * down) / (right ** 2 + down ** 2);
  const nearest = Math.max(0, Math.min(1, along));
  return Math.hypot(x - fromX - nearest * right, y - fromY - nearest * down);
}

const four: [Point, Point][] = [
  [
    [0.1, -0.5],
    [-0.4, 0.15],
  ],
  [
    [-0.4, 0.15],
    [0.45, 0.15],
  ],
  [
    [0.1, -0.5],
    [0.1, 0.5],
  ],
];

test('of broad strokes nothing is lost, and the gap in a four is not taken for the digit', () => {
  for (const pen of [0.16, 0.2, 0.25]) {
    const small = rows(drawn(four, 70, pen));
    for (const size of [120, 160, 200, 240]) {
      const difference = largestDifference(small, rows(drawn(four, size, pen)));
      assert.ok(difference < 0.25, `pen ${pen}, size ${size}: ${difference}`);
    }
  }
});

test('broad strokes along the edge of the picture, taken for the edge, are not left out', () => {
  const seven: [Point, Point][] = [
    [
      [-0.3, -0.5],
      [0.3, -0.5],
    ],
    [
      [0.3, -0.5],
      [-0.1, 0.5],
    ],
  ];
  assert.throws(() => toDigit(drawn(seven, 240, 0.25)), /not clearly told from edges/);
});

test('uneven light and specks make no difference', () => {
  const clean = letter(200, 200, 60, 50, 100);
  const pixels = clean.pixels.map((value, pixel) => {
    const [x, y] = [pixel % 200, Math.floor(pixel / 200)];
    const speck = x > 180 && x < 184 && y > 20 && y < 24;
    // The ink in the light is brighter than the paper in the dark.
    return (speck ? 0.4 : 1) * (80 + 0.45 * value) * (0.2 + (0.8 * x) / 200);
  });
  const difference = largestDifference(rows(clean), rows({ ...clean, pixels }));
  assert.ok(difference < 0.15, `${difference}`);
});

test('ruled lines and a frame make no difference', () => {
  const clean = letter(240, 200, 60, 50, 100);
  const marked = (isLine: (x: number, y: number) => boolean): Picture => ({
    ...clean,
    pixels: clean.pixels.map((value, pixel) =>
      isLine(pixel % 240, Math.floor(pixel / 240)) ? Math.min(value, 60) : value,
    ),
  });
  const others = {
    lined: marked((_, y) => y % 23 < 2),
    graph: marked((x, y) => y % 19 < 2 || x % 19 < 2),
    framed: marked((x, y) => Math.min(x, y, 239 - x, 199 - y) < 7),
  };
  for (const [name, picture] of Object.entries(others)) {
    const difference = largestDifference(rows(clean), rows(picture));
    assert.ok(difference < 0.3, `${name}: ${difference}`);
  }
});

test('white strokes on nothing are seen on black', () => {
  const black = inverted(letter(200, 200, 60, 50, 100));
  const onWhite = { ...black, pixels: black.pixels.map(() => 255) };
  assert.deepEqual(rows({ ...onWhite, opacity: black.pixels }), rows(black));
  assert.throws(() => toDigit(onWhite), /all pixels have the same brightness/);
});

test('what is in the way of a digit is said', () => {
  const [width, height] = [200, 160];
  const isIn = (value: number, from: number, to: number) => value >= from && value < to;
  const picture = (name: string, value: (x: number, y: number) => number): Picture => ({
    name,
    width,
    height,
    pixels: Uint8Array.from({ length: width * height }, (_, pixel) =>
      value(pixel % width, Math.floor(pixel / width)),
    ),
  });
  const shadow = picture('shadow.png', (x, y) => (x + y / 3 < 90 ? 90 : 230));
  assert.throws(
    () => toDigit(shadow),
    /no digit found in shadow\.png: only edges, lines and shadows/,
  );
  const spots = picture('spots.png', (x, y) =>
    isIn(x % 50, 10, 16) && isIn(y % 80, 20, 50) ? 20 : 230,
  );
  assert.throws(() => toDigit(spots), /8 separate things stand out: cut the picture to the digit/);
  const speck = picture('speck.png', (x, y) => (isIn(x, 100, 102) && isIn(y, 80, 85) ? 20 : 230));
  assert.throws(() => toDigit(speck), /too small for a digit/);
});

test('a polarity that is stated is believed', () => {
  const picture = letter(60, 60, 20, 10, 40);
  const right = rows(picture, { polarity: 'dark-on-light' });
  assert.deepEqual(rows(picture), right);
  assert.throws(() => toDigit(picture, { polarity: 'light-on-dark' }), /no digit found/);
});

test('plain only resizes and scales, and inverts when told', () => {
  const picture = letter(28, 28, 5, 4, 20);
  const asItIs = Array.from(picture.pixels, (value) => Math.fround(value / 255));
  assert.deepEqual(rows(picture, { method: 'plain' }).flat(), asItIs);
  const oneMinus = asItIs.map((value) => 1 - value);
  assert.deepEqual(rows(picture, { method: 'plain', polarity: 'dark-on-light' }).flat(), oneMinus);
  assert.deepEqual(rows(picture, { method: 'plain', polarity: 'auto' }).flat(), oneMinus);
});

test('a picture as a tensor holds 0 to 255', () => {
  const tensor = toTensor(letter(30, 20, 5, 4, 10));
  assert.deepEqual([tensor.shape, tensor.dtype], [[20, 30], 'float32']);
  assert.deepEqual([tensor.min().arraySync(), tensor.max().arraySync()], [0, 255]);
});

test('pictures without a digit are refused, and leave no tensors', () => {
  const white = {
    name: 'white.png',
    width: 50,
    height: 40,
    pixels: new Uint8Array(2000).fill(255),
  };
  const before = tf.memory().numTensors;
  assert.throws(
    () => toDigit(white),
    /no digit found in white\.png: all pixels have the same brightness \(255 of 255\)/,
  );
  const faint = { ...white, pixels: white.pixels.map((_, pixel) => 200 + (pixel % 7)) };
  assert.throws(() => toDigit(faint), /nothing stands out.*brightness 200 to 206/);
  assert.throws(() => toDigit(letter(7, 40, 0, 0, 8)), /letter has 7×40 pixels: too small/);
  assert.equal(tf.memory().numTensors, before);
});

test('options that do not exist are named', () => {
  const picture = letter(60, 60, 20, 10, 40);
  const wrong = (options: object) => () => toDigit(picture, options);
  assert.throws(wrong({ method: 'best' }), /method is 'best'; it can be 'robust' or 'plain'/);
  assert.throws(wrong({ polarity: 'dark' }), /polarity is 'dark'; it can be auto, dark-on-light/);
});
