import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

type Options = NonNullable<Parameters<typeof tf.layers.layerNormalization>[0]>;

const random = (shape: number[], seed: number) => tf.randomNormal(shape, 1, 2, 'float32', seed);

/** https://keras.io/api/layers/normalization_layers/layer_normalization/, number by number. */
function normalized(row: number[], gamma: number[], beta: number[], epsilon: number): number[] {
  const mean = row.reduce((sum, value) => sum + value, 0) / row.length;
  const variance = row.reduce((sum, value) => sum + (value - mean) ** 2, 0) / row.length;
  return row.map(
    (value, i) =>
      ((value - mean) / Math.sqrt(variance + epsilon)) * (gamma[i] ?? 1) + (beta[i] ?? 0),
  );
}

describe('layer normalisation', () => {
  const cases: Options[] = [
    {},
    { scale: false },
    { center: false },
    { scale: false, center: false },
    { axis: [1, 2], epsilon: 0.1 },
  ];
  for (const options of cases) {
    it(`computes and trains with ${JSON.stringify(options)}`, () => {
      const x = random([4, 3, 5], 1);
      const layer = tf.layers.layerNormalization(options);
      const before = tf.memory().numTensors;
      tf.dispose(layer.apply(x) as tf.Tensor);
      const shapes = layer.getWeights().map(({ shape }) => shape);
      const weights = shapes.map((shape, i) => random(shape, i + 2));
      layer.setWeights(weights);
      const [scale = [], offset = []] = layer.getWeights().map((w) => [...w.dataSync()]);
      const [gamma, beta] = options.scale === false ? [[], scale] : [scale, offset];
      const size = options.axis ? 15 : 5;
      const numbers = [...x.dataSync()];
      const expected = Array.from({ length: 60 / size }, (_, i) =>
        normalized(numbers.slice(i * size, (i + 1) * size), gamma, beta, options.epsilon ?? 1e-3),
      ).flat();
      const actual = tf.tidy(() => (layer.apply(x) as tf.Tensor).dataSync());
      for (const [i, value] of expected.entries()) {
        assert.ok(Math.abs((actual[i] as number) - value) < 1e-4, `${i}: ${actual[i]}, ${value}`);
      }
      const loss = (input: tf.Tensor) =>
        tf.tidy(() => tf.sum(tf.mul(layer.apply(input) as tf.Tensor, random(x.shape, 9))));
      const { difference } = training.gradientCheck(
        loss as (input: tf.Tensor) => tf.Scalar,
        [x],
        1e-2,
      );
      assert.ok(difference < 1e-2, `the gradient differs by ${difference}`);
      layer.dispose();
      tf.dispose(weights);
      assert.equal(tf.memory().numTensors, before);
      x.dispose();
    });
  }

  it('trains sequences in few operations, however long they are', async () => {
    const layer = tf.layers.layerNormalization({ inputShape: [64, 8] });
    const model = tf.sequential({ layers: [layer] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const newest = () => tf.tidy(() => tf.scalar(0).id);
    const before = newest();
    const [x, y] = [random([32, 64, 8], 1), random([32, 64, 8], 2)];
    await model.trainOnBatch(x, y);
    assert.ok(newest() - before < 500, String(newest() - before));
    tf.dispose([x, y]);
    model.dispose();
  });
});
