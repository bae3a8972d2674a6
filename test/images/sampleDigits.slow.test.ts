/** The sample pictures in data/digits, and MNIST's own digits as if photographed, are recognised. */
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { before, test } from 'node:test';
import seedrandom from 'seedrandom';
import * as datasets from '../../lib/datasets';
import { type DigitOptions, type Picture, readDigit, toDigit } from '../../lib/images';
import { cnn } from '../../lib/models';
import * as tf from '../../lib/tensorflow';
import { fit } from '../../lib/training';

const folder = resolve(__dirname, '../../../data/digits');
const looks = [
  'dark-on-light-28x28',
  'large-off-centre',
  'photo',
  'thick-marker',
  'thin-pen',
  'transparent',
  'white-on-black',
];

let model: tf.Sequential;
let mnist: Awaited<ReturnType<typeof datasets.mnist>>;

/** A short training: article 002's network on a fifth of MNIST. */
before(async () => {
  mnist = await datasets.mnist();
  model = cnn({ seed: 0 });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const [x, y] = tf.tidy(() => {
    const images = mnist.train.images.slice(0, 12_000);
    return [images.div(255).expandDims(-1), mnist.train.labels.slice(0, 12_000)];
  });
  await fit(model, x, y, { epochs: 1, batchSize: 64, shuffle: false, verbose: 0 });
  tf.dispose([x, y]);
});

function classify(digit: tf.Tensor4D): number {
  const classes = tf.tidy(() => tf.argMax(model.predict(digit) as tf.Tensor, -1).dataSync());
  digit.dispose();
  return classes[0] as number;
}

/** The share of a style's pictures that are recognised, and the mistakes. */
async function recognised(look: string, options: DigitOptions) {
  const files = readdirSync(join(folder, look));
  assert.deepEqual(files.map(Number.parseFloat).sort(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const wrong: string[] = [];
  for (const file of files) {
    const found = classify(await readDigit(join(folder, look, file), options));
    if (found !== Number.parseFloat(file)) {
      wrong.push(`${look}/${file} taken for ${found}`);
    }
  }
  return { part: 1 - wrong.length / files.length, wrong };
}

test('at least 9 in 10 of the sample pictures are recognised through the robust path', async () => {
  const tensors = tf.memory().numTensors;
  const results = [];
  for (const look of looks) {
    results.push(await recognised(look, {}));
  }
  const part = results.reduce((sum, result) => sum + result.part, 0) / results.length;
  assert.ok(part >= 0.9, `${part}: ${results.flatMap((result) => result.wrong).join(', ')}`);
  assert.equal(tf.memory().numTensors, tensors);
});

test('only resizing would not do: most looks need the robust path', async () => {
  for (const look of ['photo', 'large-off-centre', 'thin-pen']) {
    const { part } = await recognised(look, { method: 'plain', polarity: 'dark-on-light' });
    assert.ok(part <= 0.6, `${look}: ${part}`);
  }
});

test("the articles' own way reads the articles' kind of pictures", async () => {
  const options: DigitOptions = { method: 'plain', polarity: 'dark-on-light' };
  for (const digit of [0, 1, 4]) {
    const path = join(folder, 'dark-on-light-28x28', `${digit}.png`);
    assert.equal(classify(await readDigit(path, options)), digit);
  }
  assert.equal(classify(await readDigit(join(folder, '3.png'), { method: 'plain' })), 3);
});

test("MNIST's test digits, as if drawn dark on unevenly lit paper, are recognised as before", () => {
  const count = 60;
  const labels = mnist.test.labels.dataSync();
  const pixels = mnist.test.images.slice(0, count).dataSync();
  const right = { asTheyAre: 0, photographed: 0 };
  for (let index = 0; index < count; index++) {
    const ink = pixels.slice(784 * index, 784 * (index + 1));
    const asItIs = tf.tidy(() => tf.tensor4d(ink, [1, 28, 28, 1]).div<tf.Tensor4D>(255));
    right.asTheyAre += Number(classify(asItIs) === labels[index]);
    right.photographed += Number(classify(toDigit(photograph(ink, index))) === labels[index]);
  }
  assert.ok(right.photographed >= right.asTheyAre - 3, JSON.stringify(right));
});

/** Five times larger, somewhere on 240×200 pixels of paper with light from one side, and noise. */
function photograph(ink: ArrayLike<number>, index: number): Picture {
  const random = seedrandom(`paper ${index}`);
  const [width, height, zoom] = [240, 200, 5];
  const [left, top] = [Math.floor(random() * 100), Math.floor(random() * 60)];
  const pixels = Uint8Array.from({ length: width * height }, (_, pixel) => {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    const [column, row] = [Math.floor((x - left) / zoom), Math.floor((y - top) / zoom)];
    const inside = column >= 0 && column < 28 && row >= 0 && row < 28;
    const dark = inside ? (ink[28 * row + column] as number) / 255 : 0;
    return (210 - 0.4 * x - 0.1 * y) * (1 - 0.7 * dark) + 16 * (random() - 0.5);
  });
  return { name: `paper ${index}`, width, height, pixels };
}
