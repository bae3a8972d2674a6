/** Gradients that tfjs or TensorFlow computes wrongly: op by op and in a graph, compared with differences. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { graph, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './graphs';

type Function = (...inputs: tf.Tensor[]) => tf.Tensor;
type Images = tf.Tensor4D;

/** Values that are far enough from one another for differences to meet no kink. */
const values = (shape: number[], first = 0) => {
  const count = tf.util.sizeFromShape(shape);
  const numbers = Array.from({ length: count }, (_, i) => (((i + first) * 37) % 41) / 20 - 1.03);
  return tf.tensor(numbers, shape);
};

const cases: Record<string, [Function, inputs: number[][]]> = {
  'mirrored padding, reflect': [
    (x) => tf.mirrorPad(x, [[1, 2], [2, 0]], 'reflect'), // biome-ignore format: pairs
    [[4, 3]],
  ],
  'mirrored padding, symmetric': [
    (x) => tf.mirrorPad(x, [[2, 1], [0, 3]], 'symmetric'), // biome-ignore format: pairs
    [[4, 3]],
  ],
  'sums along the first of equal axes': [(x) => tf.cumsum(x, 0), [[3, 3]]],
  'sums backwards along an axis in the middle': [(x) => tf.cumsum(x, 1, true, true), [[2, 3, 2]]],
  'product along an axis from the end': [(x) => tf.prod(x, -1), [[2, 3]]],
  'whole part of a quotient': [(x, y) => tf.floorDiv(x, y), [[4], [4]]],
  'nearest pixels, by their centres': [
    (x) => tf.image.resizeNearestNeighbor(x as Images, [3, 6], false, true),
    [[1, 5, 3, 2]],
  ],
  'pixels between, by their centres': [
    (x) => tf.image.resizeBilinear(x as Images, [3, 6], false, true),
    [[1, 5, 3, 2]],
  ],
  'maximum with one value': [(x, y) => tf.maximum(x, y), [[2, 3], [1]]],
  'minimum with a column': [(x, y) => tf.minimum(x, y), [[2, 3], [2, 1]]], // biome-ignore format: pair
  'squared difference from a row': [(x, y) => tf.squaredDifference(x, y), [[3, 2], [2]]],
  'one matrix for all': [(x, y) => tf.matMul(x, y), [[3, 2, 2], [1, 2, 2]]], // biome-ignore format: pair
  'a depthwise convolution by one number, after one that is not depthwise': [
    (x, filter, bias) => {
      const convolved = tf.add(tf.conv2d(x as Images, filter as Images, 1, 'valid'), bias);
      return tf.depthwiseConv2d(convolved as Images, filter as Images, 1, 'valid');
    },
    [[8, 3, 2, 1], [1, 1, 1, 1], [1]], // biome-ignore format: one line
  ],
  'rows that a mask lets count': [
    (x) => tf.mul(x, tf.cast(tf.any(tf.notEqual(x, 0), -1, true), 'float32')),
    [[3, 2]],
  ],
  'values that conditions let count': [
    (x) => {
      const isBetween = tf.logicalAnd(tf.greater(x, -0.5), tf.less(x, 0.5));
      const isWhole = tf.all(tf.equal(x, 0), -1, true);
      return tf.mul(x, tf.cast(tf.logicalNot(tf.logicalOr(isBetween, isWhole)), 'float32'));
    },
    [[4, 2]],
  ],
  copies: [(x) => tf.tile(x, [3, 1, 2]), [[2, 3, 2]]],
  'the only row': [(x) => tf.unstack(x)[0] as tf.Tensor, [[1, 3]]],
  'the only part': [(x) => tf.split(x, 1)[0] as tf.Tensor, [[2, 3]]],
  'batch normalisation that multiplies by nothing': [
    (x, offset) => tf.batchNorm(x, [0.1, 0.2], [1, 2], offset as tf.Tensor1D),
    [[3, 2], [2]],
  ],
  'batch normalisation that adds nothing': [
    (x, scale) => tf.batchNorm(x, [0.1, 0.2], [1, 2], undefined, scale as tf.Tensor1D),
    [[3, 2], [2]],
  ],
};

describe('the gradient of', () => {
  for (const [name, [f, shapes]] of Object.entries(cases)) {
    it(name, () => {
      const { numTensors } = tf.memory();
      const inputs = shapes.map((shape, index) => values(shape, 17 * index));
      const loss = (...tensors: tf.Tensor[]) =>
        tf.tidy(() => {
          const result = f(...tensors);
          return tf.sum(tf.mul(result, values(result.shape))) as tf.Scalar;
        });
      const { difference, gradients } = training.gradientCheck(loss, inputs, 2e-3);
      assert(difference < 5e-3, `differs by ${difference}: ${JSON.stringify(gradients)}`);

      const compiled = graph.compile((...tensors: tf.Tensor[]) => tf.grads(loss)(tensors));
      const results = compiled(...inputs);
      const expected = gradients.map(({ analytic }, index) =>
        tf.tensor(analytic, shapes[index] as number[]),
      );
      assertClose(results, expected, 1e-5);
      compiled.dispose();
      tf.dispose([inputs, results, expected]);
      assert.equal(tf.memory().numTensors, numTensors);
    });
  }
});

it('the gradient of equal largest and smallest values is divided among them', () => {
  tf.tidy(() => {
    const x = tf.tensor2d([[3, 1, 3], [2, 2, 2]]); // biome-ignore format: rows
    const slopes = tf.tensor1d([1, 6]);
    const cases: [Function, number[][]][] = [
      [(values) => tf.max(values, 1), [[0.5, 0, 0.5], [2, 2, 2]]], // biome-ignore format: pair
      [(values) => tf.min(values, -1), [[0, 1, 0], [2, 2, 2]]], // biome-ignore format: pair
    ];
    for (const [f, expected] of cases) {
      const gradient = tf.grad(f);
      const compiled = graph.compile((values: tf.Tensor) => gradient(values, slopes));
      assertClose(
        [gradient(x, slopes), compiled(x)],
        [tf.tensor(expected), tf.tensor(expected)],
        1e-6,
      );
      compiled.dispose();
    }
  });
});

// As TensorFlow 2.21 gives it.
const kinks: [name: string, f: Function, x: number, slope: number][] = [
  ['relu', (x) => tf.relu(x), 0, 0],
  ['relu6', (x) => tf.relu6(x as tf.Tensor1D), 0, 0],
  ['relu6', (x) => tf.relu6(x as tf.Tensor1D), 6, 0],
  ['elu', (x) => tf.elu(x as tf.Tensor1D), 0, 1],
  ['selu', (x) => tf.selu(x as tf.Tensor1D), 0, 1.0507009873554805],
  ['leakyRelu', (x) => tf.leakyRelu(x as tf.Tensor1D, 0.25), 0, 0.25],
  ['maximum', (x) => tf.maximum(x, 2), 2, 1],
  ['minimum', (x) => tf.minimum(x, 2), 2, 1],
  ['clipByValue', (x) => tf.clipByValue(x as tf.Tensor1D, -1, 2), 2, 1],
];

describe('the gradient at a kink is that of TensorFlow:', () => {
  for (const [name, f, x, slope] of kinks) {
    it(`${name} at ${x}`, () => {
      tf.tidy(() => {
        const compiled = graph.compile((at: tf.Tensor) => tf.grad(f)(at));
        for (const step of [1, -1]) {
          const inputs = tf.tensor1d([x, x + step, x]);
          const [, beside] = tf.grad(f)(inputs).dataSync();
          const expected = tf.tensor1d([slope, beside as number, slope]);
          assertClose([tf.grad(f)(inputs), compiled(inputs)], [expected, expected], 1e-6);
        }
        compiled.dispose();
      });
    });
  }
});

describe('a kernel of one pixel with strides', () => {
  // oneDNN writes past its memory: the program crashes with AVX-512, the numbers are wrong with AVX2.
  const cases: [rows: number, channels: number, isDepthwise?: boolean][] = [
    [33, 2],
    [32, 4],
    [31, 9],
    [1, 15],
    [3, 16],
    [7, 1, true],
    [33, 20, true],
  ];

  for (const [rows, channels, isDepthwise = false] of cases) {
    it(`has the right gradient for ${rows} rows of ${channels} channels${isDepthwise ? ' by themselves' : ''}`, () => {
      const { numTensors } = tf.memory();
      const random = (...shape: [number, number, number, number]) =>
        tf.randomUniform(shape, -1, 1, 'float32', 1) as Images;
      const x = random(rows, 28, 28, channels);
      const kernel = random(1, 1, channels, 5);
      const dy = random(rows, 14, 14, isDepthwise ? 5 * channels : 5);
      const convolve = isDepthwise ? tf.depthwiseConv2d : tf.conv2d;
      const gradient = (images: Images, weights: Images, slopes: Images) =>
        tf.grad((w) => convolve(images, w as Images, 2, 'valid'))(weights, slopes);
      const expected = tf.tidy(() => {
        const pixels = tf.stridedSlice(x, [0, 0, 0, 0], x.shape, [1, 2, 2, 1]);
        const slopes = isDepthwise ? dy.reshape([-1, channels, 5]) : dy.reshape([-1, 1, 5]);
        return tf.sum(tf.mul(pixels.reshape([-1, channels, 1]), slopes), 0).reshape(kernel.shape);
      });
      const compiled = graph.compile(gradient);
      for (let time = 0; time < 20; time++) {
        const results = [gradient(x, kernel, dy), compiled(x, kernel, dy)];
        assertClose(results, [expected, expected], 1e-4);
        tf.dispose(results);
      }
      compiled.dispose();
      tf.dispose([x, kernel, dy, expected]);
      assert.equal(tf.memory().numTensors, numTensors);
    });
  }
});

it('the gradient of each bias is its own where the outputs of convolutions are put together', () => {
  const { numTensors } = tf.memory();
  const random = (shape: number[], seed: number) =>
    tf.randomNormal(shape as [number], 0, 1, 'float32', seed) as tf.Tensor;
  const x = random([4, 8, 8, 3], 1) as Images;
  const dy = random([4, 6, 6, 9], 2) as Images;
  const kernels = [3, 4, 5].map((seed) => random([3, 3, 3, 3], seed));
  const biases = [6, 7, 8].map((seed) => random([3], seed));
  const gradients = (images: Images, slopes: Images, ...weights: tf.Tensor[]) =>
    tf.grads((...given) => {
      const branches = [0, 1, 2].map((index) =>
        tf.add(
          tf.conv2d(images, given[index] as Images, 1, 'valid'),
          given[index + 3] as tf.Tensor,
        ),
      );
      return tf.mul(tf.concat(branches, -1), slopes);
    })(weights);
  const inputs: [Images, Images, ...tf.Tensor[]] = [x, dy, ...kernels, ...biases];
  const compiled = graph.compile(gradients);
  const [expected, actual] = [gradients(...inputs), compiled(...inputs)];
  assertClose(actual, expected, 1e-5);
  compiled.dispose();
  tf.dispose([...inputs, expected, actual]);
  assert.equal(tf.memory().numTensors, numTensors);
});
