/** The parts of the page that need no browser; its input pictures are those of lib. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { createCanvas } from '@napi-rs/canvas';
import { type Answer, answerOf, percent, pictureOf } from '../../lib/drawing/page/networks';
import { inkOf, moved, type Pen, paint, type Stroke } from '../../lib/drawing/page/strokes';
import { toDigit } from '../../lib/images/index';
import type { Ink } from '../../lib/images/ink';
import { toMnistForm } from '../../lib/images/mnistForm';
import { cnn, lenet5, mlp } from '../../lib/models/index';
import * as tf from '../../lib/tensorflow';
import { assertClose } from '../saving/assertClose';

const project = resolve(__dirname, '../../..');
const side = 224;

const three: Stroke[] = [
  [
    { x: 0.3, y: 0.25 },
    { x: 0.5, y: 0.15 },
    { x: 0.66, y: 0.28 },
    { x: 0.45, y: 0.48 },
    { x: 0.7, y: 0.66 },
    { x: 0.5, y: 0.86 },
    { x: 0.28, y: 0.77 },
  ],
];
const drawings: Record<string, Stroke[]> = {
  three,
  small: three.map((stroke) => stroke.map(({ x, y }) => ({ x: 0.6 + x / 4, y: y / 4 }))),
  large: three.map((stroke) => stroke.map(({ x, y }) => ({ x: 1.8 * x - 0.4, y: 1.3 * y - 0.15 }))),
  dot: [[{ x: 0.2, y: 0.9 }]],
  four: [
    [
      { x: 0.5, y: 0.1 },
      { x: 0.2, y: 0.6 },
      { x: 0.8, y: 0.6 },
    ],
    [
      { x: 0.65, y: 0.35 },
      { x: 0.65, y: 0.9 },
    ],
  ],
};

function drawn(strokes: Stroke[]): Ink {
  const context = createCanvas(side, side).getContext('2d');
  paint(context as unknown as Pen, strokes, side, '#ffffff');
  return inkOf(context.getImageData(0, 0, side, side).data, side);
}

/** The page's own networks.ts, bundled as for the page: with the browser's TensorFlow.js. */
async function bundledNetworks(): Promise<string> {
  const { build } = await import('esbuild');
  const plugin = pathToFileURL(join(project, 'scripts/setup/browserTensorFlow.mjs')).href;
  const { browserTensorFlow } = await import(plugin);
  const { outputFiles, metafile } = await build({
    entryPoints: [join(project, 'lib/drawing/page/networks.ts')],
    bundle: true,
    write: false,
    metafile: true,
    format: 'cjs',
    platform: 'browser',
    plugins: [browserTensorFlow],
  });
  const inputs = Object.keys(metafile.inputs);
  assert.ok(inputs.some((file) => file.includes('tfjs-backend-cpu')));
  assert.ok(!inputs.some((file) => file.includes('tfjs-node')));
  return outputFiles[0]?.text as string;
}

/** Runs the bundle without another TensorFlow.js, and without anything of Node.js. */
const browserProgram = `
  const { bundle, inks } = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
  const module_ = { exports: {} };
  const window = { document: {}, addEventListener() {} };
  new Function('module', 'window', 'process', bundle)(module_, window, undefined);
  const pictures = inks.map(({ width, height, values }) =>
    Array.from(module_.exports.pictureOf({ width, height, values: Float32Array.from(values) })));
  console.log(JSON.stringify(pictures));
`;

async function picturesInPage(inks: Ink[]): Promise<number[][]> {
  const bundle = await bundledNetworks();
  const plainInks = inks.map((ink) => ({ ...ink, values: Array.from(ink.values) }));
  const input = JSON.stringify({ bundle, inks: plainInks });
  const program = ['-e', browserProgram];
  const { stdout, stderr } = spawnSync(process.execPath, program, { input, encoding: 'utf8' });
  assert.notEqual(stdout, '', stderr);
  return JSON.parse(stdout);
}

test('page and lib make the same 28×28 picture of a drawing', async () => {
  const inks = Object.values(drawings).map(drawn);
  const inPage = await picturesInPage(inks);
  for (const [index, name] of Object.keys(drawings).entries()) {
    const inLib = toMnistForm(inks[index] as Ink);
    const picture = inPage[index] as number[];
    assert.ok(Math.max(...picture) > 0.99, name);
    assertClose(picture, Array.from(inLib.dataSync()), 1e-4);
    inLib.dispose();
  }
});

test('a picture file of the drawing gives nearly the same through images.toDigit', () => {
  for (const name of ['three', 'four', 'small']) {
    const ink = drawn(drawings[name] as Stroke[]);
    const pixels = Uint8Array.from(ink.values, (value) => Math.round(255 * value));
    const digit = toDigit({ name, width: side, height: side, pixels });
    const [file, page] = [digit.dataSync<'float32'>(), pictureOf(ink) as Float32Array];
    digit.dispose();
    const difference = file.reduce(
      (sum, value, i) => sum + Math.abs(value - (page[i] as number)),
      0,
    );
    const inkInAll = page.reduce((sum, value) => sum + value, 0);
    assert.ok(difference / inkInAll < 0.05, `${name}: ${difference / inkInAll}`);
  }
});

test('without ink there is no picture, and nothing is left behind', () => {
  const tensors = tf.memory().numTensors;
  assert.equal(pictureOf(drawn([])), undefined);
  assert.equal(pictureOf(drawn([[]])), undefined);
  assert.ok(pictureOf(drawn(three)));
  assert.equal(tf.memory().numTensors, tensors);
});

test('each network gets the picture in the shape it takes', () => {
  const picture = pictureOf(drawn(three)) as Float32Array;
  for (const model of [mlp({ seed: 0 }), cnn({ seed: 0 }), lenet5({ seed: 0 })]) {
    const tensors = tf.memory().numTensors;
    const answer: Answer = answerOf(model, picture);
    assert.equal(tf.memory().numTensors, tensors);
    assert.equal(answer.probabilities.length, 10);
    assert.equal(answer.probability, Math.max(...answer.probabilities));
    assert.equal(answer.probabilities[answer.digit], answer.probability);
    assert.ok(Math.abs(answer.probabilities.reduce((sum, one) => sum + one, 0) - 1) < 1e-5);
    model.dispose();
  }
});

test('a probability is never rounded up to certain, nor down to impossible', () => {
  const texts = [0, 0.001, 0.004, 0.126, 0.5, 0.99, 0.996, 0.9994, 0.9996, 1].map(percent);
  assert.deepEqual(texts, [
    ...['0 %', '< 1 %', '< 1 %', '13 %', '50 %', '99 %', '> 99 %', '> 99 %', '> 99 %', '100 %'],
  ]);
});

test('the pen of the keyboard stays on the pad', () => {
  assert.deepEqual(moved({ x: 0.5, y: 0.5 }, 0.25, -0.25), { x: 0.75, y: 0.25 });
  assert.deepEqual(moved({ x: 0.9, y: 0.1 }, 0.25, -0.25), { x: 1, y: 0 });
});
