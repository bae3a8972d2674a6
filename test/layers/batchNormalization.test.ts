import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graph } from '../../lib/index';
import { normalizeBatch } from '../../lib/native/batchNormalization';
import * as tf from '../../lib/tensorflow';

for (const options of [{ scale: false }, { center: false }, { scale: false, center: false }]) {
  test(`batch normalisation trains with ${JSON.stringify(options)}, compiled too`, async () => {
    const model = () =>
      tf.sequential({
        layers: [
          tf.layers.dense({
            units: 3,
            inputShape: [4],
            kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
          }),
          tf.layers.batchNormalization(options),
        ],
      });
    const [x, y] = [tf.randomNormal([8, 4], 0, 1, 'float32', 1), tf.ones([8, 3])];
    const models = [model(), model()] as const;
    for (const one of models) {
      one.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    }
    const { numTensors } = tf.memory();
    const eager: number[] = [];
    for (let step = 0; step < 3; step++) {
      eager.push((await models[0].trainOnBatch(x, y)) as number);
    }
    assert.equal(tf.memory().numTensors, numTensors);
    // Normalised, the mean square of the difference from 1 is 1 + 1 at the start.
    assert.ok(Math.abs((eager[0] as number) - 2) < 0.05, String(eager[0]));
    const runner = graph.compileModel(models[1], { immediately: true });
    const compiled = [1, 2, 3].map(() => runner.trainOnBatch([x], [y])[0] as number);
    for (const [i, loss] of compiled.entries()) {
      assert.ok(Math.abs(loss - (eager[i] as number)) < 1e-5, `${compiled} instead of ${eager}`);
    }
    tf.dispose([x, y]);
  });
}

for (const axis of [-1, 1, 3]) {
  test(`normalises volumes along axis ${axis} as it does rows, in training and afterwards`, () => {
    tf.tidy(() => {
      const volumes = tf.randomNormal([4, 3, 2, 3, 3], 3, 2, 'float32', 1);
      const order = axis === -1 ? [0, 1, 2, 3, 4] : axis === 1 ? [0, 4, 2, 3, 1] : [0, 1, 2, 4, 3];
      const rows = tf.reshape(tf.transpose(volumes, order), [-1, 3]);
      const ofVolumes = tf.layers.batchNormalization({ axis });
      const ofRows = tf.layers.batchNormalization({});
      for (const options of [{ training: true }, {}]) {
        const actual = ofVolumes.apply(volumes, options) as tf.Tensor;
        const expected = ofRows.apply(rows, options) as tf.Tensor;
        assertClose(tf.reshape(tf.transpose(actual, order), [-1, 3]), expected);
      }
      for (const [index, weight] of ofVolumes.getWeights().entries()) {
        assertClose(weight, ofRows.getWeights()[index] as tf.Tensor);
      }
      tf.dispose([...ofVolumes.getWeights(), ...ofRows.getWeights()]);
    });
  });
}

/** What tfjs composes from other operations. */
function byParts(x: tf.Tensor, gamma: tf.Tensor, beta: tf.Tensor, epsilon: number) {
  const axes = x.shape.slice(1).map((_, axis) => axis);
  const { mean, variance } = tf.moments(x, axes);
  const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
  return { normalized: tf.add(tf.mul(tf.sub(x, mean), scale), beta), mean, variance };
}

const inputs = (shape: number[]): [tf.Tensor, tf.Tensor, tf.Tensor] => [
  tf.randomNormal(shape, 3, 2, 'float32', 1),
  tf.tensor1d([0.5, 1, -2]),
  tf.tensor1d([1, 0, 4]),
];

for (const shape of [
  [5, 3],
  [4, 2, 3],
  [2, 3, 4, 3],
  [2, 2, 3, 2, 3],
  [1, 3],
]) {
  test(`normalises a batch of ${shape.join(' × ')} as tfjs does, with its gradients`, () => {
    tf.tidy(() => {
      const [x, gamma, beta] = inputs(shape);
      const actual = normalizeBatch(x, gamma, beta, 0.01);
      const expected = byParts(x, gamma, beta, 0.01);
      assertClose(actual.normalized, expected.normalized);
      assertClose(actual.mean, expected.mean);
      assertClose(actual.variance, expected.variance);
      const slopes = tf.randomNormal(shape, 0, 1, 'float32', 2);
      const gradients = (normalize: typeof byParts) =>
        tf.grads((x, gamma, beta) => normalize(x, gamma, beta, 0.01).normalized)(
          [x, gamma, beta],
          slopes,
        );
      const ofTfjs = gradients(byParts);
      for (const [i, gradient] of gradients(normalizeBatch).entries()) {
        assertClose(gradient, ofTfjs[i] as tf.Tensor);
      }
    });
  });
}

test('batch normalisation trains on the steps that count', () => {
  tf.tidy(() => {
    const make = () => tf.layers.batchNormalization({ inputShape: [3, 2], momentum: 0.5 });
    const [masked, plain] = [make(), make()];
    const x = tf.tensor([1, 2, 3, -4, 5, 9, 7, 8, 2, 2, 1, 0], [2, 3, 2]);
    const mask = tf.tensor([0, 1, 1, 1, 0, 0], [2, 3], 'bool');
    const output = masked.apply(x, { training: true, mask }) as tf.Tensor;
    const counted = tf.tensor([3, -4, 5, 9, 7, 8], [1, 3, 2]);
    const expected = plain.apply(counted, { training: true }) as tf.Tensor;
    assertClose(tf.slice(tf.reshape(output, [6, 2]), 1, 3), tf.reshape(expected, [3, 2]));
    for (const [index, weight] of masked.getWeights().entries()) {
      assertClose(weight, plain.getWeights()[index] as tf.Tensor);
    }
  });
});

test('a prediction normalises images of any size by the averages, and leaves nothing in memory', () => {
  for (const shape of [
    [2, 6, 8, 3],
    [1, 3, 2, 3],
    [3, 1, 5, 3],
  ]) {
    const x = tf.randomNormal<tf.Rank.R4>(shape as [number, number, number, number], 1, 2);
    const [mean, scale, offset] = [1, 2, 3].map((seed) =>
      tf.randomNormal<tf.Rank.R1>([3], 0, 1, 'float32', seed),
    ) as [tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];
    const variance = tf.tensor1d([0.5, 2, 3]);
    const { numTensors } = tf.memory();
    tf.tidy(() => {
      const actual = tf.batchNorm4d(x, mean, variance, offset, scale, 0.01);
      const deviation = tf.sqrt(tf.add(variance, 0.01));
      const normal = tf.div(tf.sub(x, mean), deviation);
      assertClose(actual, tf.add(tf.mul(normal, scale), offset));
    });
    assert.equal(tf.memory().numTensors, numTensors);
    tf.dispose([x, mean, scale, offset, variance]);
  }
});

test('the gradient of a normalised batch can be differentiated again', () => {
  tf.tidy(() => {
    const [x, gamma, beta] = inputs([2, 3, 3]);
    const penalty = (normalize: typeof byParts) =>
      tf.grad((x: tf.Tensor) => {
        const cubes = (x: tf.Tensor) =>
          tf.sum(tf.pow(normalize(x, gamma, beta, 0.01).normalized, 3));
        return tf.sum(tf.square(tf.grad(cubes)(x)));
      })(x);
    assertClose(penalty(normalizeBatch), penalty(byParts), 1e-3);
  });
});

test('moving averages take the variance that tfjs takes, and nothing is left in memory', () => {
  const layer = tf.layers.batchNormalization({ momentum: 0.75 });
  const x = tf.tensor2d([[1], [3]]);
  layer.build([null, 1]);
  const { numTensors } = tf.memory();
  tf.dispose(layer.call(x, { training: true }));
  assert.equal(tf.memory().numTensors, numTensors);
  // From 0 towards the mean, 2, and from 1 towards the variance, 1: not the unbiased 2.
  assert.deepEqual(
    layer.nonTrainableWeights.map((weight) => [...weight.read().dataSync()]),
    [[0.5], [1]],
  );
  tf.dispose(x);
});

function assertClose(actual: tf.Tensor, expected: tf.Tensor, tolerance = 1e-4): void {
  assert.deepEqual(actual.shape, expected.shape);
  const [values, others] = [actual.dataSync(), expected.dataSync()];
  for (const [i, value] of values.entries()) {
    const other = others[i] as number;
    assert.ok(
      Math.abs(value - other) <= tolerance * (1 + Math.abs(other)),
      `${value} instead of ${other} at ${i}`,
    );
  }
}
