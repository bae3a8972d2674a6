/**
 * Digits on all kinds of paper are read, and pictures without a digit are refused.
 *
 * `npm test` takes the first pictures of each scene, `npm run test:all` some more;
 * `PICTURES_PER_SCENE=100 npm test -- scenes` takes a hundred, and prints a line for each scene.
 */
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import * as datasets from '../../lib/datasets';
import { type Picture, read, toDigit } from '../../lib/images';
import { cnn } from '../../lib/models';
import * as tf from '../../lib/tensorflow';
import { fit } from '../../lib/training';
import { drawScene, type Sample, type Scene, whiteOnTransparent } from './page';
import { emptyScenes, scenes } from './scenes';

const picturesPerScene = Number(process.env.PICTURES_PER_SCENE ?? 2);
/** For a few pictures, a network of a few seconds reads well enough. */
const trainingImages = picturesPerScene > 2 ? 60_000 : 20_000;
/** Of a hundred; of two pictures, both. */
const leastRight = 0.95;

let model: tf.Sequential;
/** MNIST's test digits, which the network was not trained on. */
let samples: { digit: number; sample: Sample }[];

before(async () => {
  const { train, test } = await datasets.mnist({ limit: trainingImages });
  model = cnn({ seed: 0 });
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' });
  const images = tf.tidy(() => train.images.div(255).expandDims(-1));
  const options = { epochs: 1, batchSize: 64, shuffle: false, seed: 0, verbose: 0 } as const;
  await fit(model, images, train.labels, options);
  const [pixels, labels] = [test.images.dataSync(), test.labels.dataSync()];
  samples = Array.from({ length: picturesPerScene }, (_, index) => ({
    digit: labels[index] as number,
    sample: pixels.slice(784 * index, 784 * (index + 1)),
  }));
  tf.dispose([images, train, test]);
});

/** Every second picture shows a digit of MNIST, the others are drawn by the program. */
function handwriting(index: number): { digit: number; sample?: Sample } {
  return index % 2 === 0 ? { digit: (index / 2) % 10 } : (samples[index] as { digit: number });
}

interface Answers {
  right: number;
  wrong: string[];
  refused: string[];
  /** The network's confidence in each wrong answer. */
  certainty: number[];
}

/** The digit of each picture, or the reason why it is not read. */
async function answers(draw: (index: number) => Picture | Promise<Picture>): Promise<Answers> {
  const found: Answers = { right: 0, wrong: [], refused: [], certainty: [] };
  for (let index = 0; index < picturesPerScene; index++) {
    const picture = await draw(index);
    const tensors = tf.memory().numTensors;
    const answer = answerTo(picture);
    assert.equal(tf.memory().numTensors, tensors);
    const { digit } = handwriting(index);
    if (typeof answer === 'string') {
      found.refused.push(answer);
    } else if (answer.digit === digit) {
      found.right++;
    } else {
      found.wrong.push(`${picture.name}: ${digit} taken for ${answer.digit}`);
      found.certainty.push(answer.certainty);
    }
  }
  return found;
}

function answerTo(picture: Picture): { digit: number; certainty: number } | string {
  let input: tf.Tensor4D;
  try {
    input = toDigit(picture);
  } catch (error) {
    assert.match((error as Error).message, /^no digit found in .+: .{15,}/);
    return (error as Error).message;
  }
  const output = model.predict(input) as tf.Tensor;
  const probabilities = output.dataSync();
  tf.dispose([input, output]);
  const certainty = Math.max(...probabilities);
  return { digit: probabilities.indexOf(certainty), certainty };
}

const allCertainty: number[] = [];

function report(name: string, { right, wrong, refused, certainty }: Answers): void {
  allCertainty.push(...certainty);
  if (process.env.PICTURES_PER_SCENE) {
    const sure = certainty.map((value) => value.toFixed(2)).join(' ');
    const counts = `right ${right}, refused ${refused.length}, wrong ${wrong.length}`;
    console.log(`${name}: ${counts}${sure && ` (certainty ${sure})`}`);
  }
}

function drawn(name: string, scene: Scene) {
  return (index: number) => {
    const { digit, sample } = handwriting(index);
    return drawScene(name, scene, index, digit, sample);
  };
}

function assertRead(name: string, found: Answers): void {
  report(name, found);
  const least = Math.ceil(leastRight * picturesPerScene);
  assert.ok(found.right >= least, `${[...found.wrong, ...found.refused].join('\n')}`);
}

for (const [name, scene] of Object.entries(scenes)) {
  test(`read: ${name}`, async () => {
    assertRead(name, await answers(drawn(name, scene)));
  });
}

test('read: white strokes on nothing', async () => {
  const draw = async (index: number) => {
    const { digit, sample } = handwriting(index);
    return read(whiteOnTransparent(index, digit, sample));
  };
  assertRead('white strokes on nothing', await answers(draw));
});

for (const [name, scene] of Object.entries(emptyScenes)) {
  test(`refused: ${name}`, async () => {
    const picturesOf = (index: number) => drawScene(name, scene, index, 0);
    const found = await answers(picturesOf);
    report(name, found);
    const least = Math.ceil(leastRight * picturesPerScene);
    assert.ok(found.refused.length >= least, `${found.refused.length} refused`);
  });
}

test('no answer is wrong and sure', () => {
  assert.deepEqual(
    allCertainty.filter((value) => value > 0.9),
    [],
  );
});
