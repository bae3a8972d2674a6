import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { models } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

// Output shapes without the batch, and parameters, of each layer: the articles' tables.
const architectures: Record<string, { create: typeof models.mlp; layers: [number[], number][] }> = {
  mlp: {
    create: models.mlp,
    layers: [
      [[784], 0],
      [[1000], 785_000],
      [[10], 10_010],
    ],
  },
  lenet5: {
    create: models.lenet5,
    layers: [
      [[28, 28, 6], 156],
      [[14, 14, 6], 0],
      [[10, 10, 16], 2_416],
      [[5, 5, 16], 0],
      [[1, 1, 120], 48_120],
      [[120], 0],
      [[84], 10_164],
      [[10], 850],
    ],
  },
  lenet: {
    create: models.lenet,
    layers: [
      [[24, 24, 6], 156],
      [[12, 12, 6], 0],
      [[8, 8, 16], 2_416],
      [[4, 4, 16], 0],
      [[256], 0],
      [[120], 30_840],
      [[84], 10_164],
      [[10], 850],
    ],
  },
  cnn: {
    create: models.cnn,
    layers: [
      [[26, 26, 32], 320],
      [[13, 13, 32], 0],
      [[11, 11, 64], 18_496],
      [[5, 5, 64], 0],
      [[3, 3, 64], 36_928],
      [[576], 0],
      [[64], 36_928],
      [[10], 650],
    ],
  },
};

const activations: Record<string, string[]> = {
  mlp: ['relu', 'softmax'],
  lenet5: ['sigmoid', 'sigmoid', 'sigmoid', 'sigmoid', 'softmax'],
  lenet: ['sigmoid', 'sigmoid', 'sigmoid', 'sigmoid', 'sigmoid'],
  cnn: ['relu', 'relu', 'relu', 'relu', 'softmax'],
};

for (const [name, { create, layers }] of Object.entries(architectures)) {
  describe(name, () => {
    test('has the layers of its article', () => {
      const model = create();
      assert.deepEqual(
        model.layers.map((layer) => [layer.outputShape, layer.countParams()]),
        layers.map(([shape, parameters]) => [[null, ...shape], parameters]),
      );
      const named = model.layers.map((layer) => layer.getConfig().activation);
      assert.deepEqual(
        named.filter((activation) => activation !== undefined),
        activations[name],
      );
      model.dispose();
    });

    test('starts with Keras’s initial weights', () => {
      const model = create({ seed: 5 });
      for (const weight of model.getWeights()) {
        if (weight.rank === 1) {
          assert.ok(weight.dataSync().every((value) => value === 0));
        } else {
          checkGlorotUniform(weight);
        }
      }
      model.dispose();
    });

    test('one seed gives the same weights, another seed or none different ones', () => {
      const kernels = (seed?: number) => {
        const model = create({ seed });
        const values = model.getWeights().map((weight) => Array.from(weight.dataSync()));
        model.dispose();
        return values;
      };
      assert.deepEqual(kernels(7), kernels(7));
      assert.notDeepEqual(kernels(7), kernels(8));
      assert.notDeepEqual(kernels(), kernels());
    });
  });
}

/** Uniform in ±limit has the mean 0 and the standard deviation limit/√3. */
function checkGlorotUniform(kernel: tf.Tensor): void {
  const [fanIn, fanOut] = kernel.shape.slice(-2) as [number, number];
  const receptiveField = kernel.size / (fanIn * fanOut);
  const limit = Math.sqrt(6 / (receptiveField * (fanIn + fanOut)));
  const values = Array.from(kernel.dataSync());
  const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  assert.ok(largest <= limit && largest > 0.95 * limit, `${largest} of ${limit}`);
  const { mean, variance } = tf.tidy(() => {
    const moments = tf.moments(kernel);
    return { mean: moments.mean.dataSync()[0] ?? 1, variance: moments.variance.dataSync()[0] ?? 0 };
  });
  // Five standard errors.
  const tolerance = (5 * limit) / Math.sqrt(3 * kernel.size);
  assert.ok(Math.abs(mean) < tolerance, `mean ${mean}`);
  assert.ok(
    Math.abs(Math.sqrt(variance) - limit / Math.sqrt(3)) < tolerance,
    `variance ${variance}`,
  );
}

test('the layers of one model do not share their random numbers', () => {
  const model = models.lenet({ seed: 1 });
  // Scaled to -1..1, the same random numbers would give the same values.
  const starts = model
    .getWeights()
    .filter((weight) => weight.rank > 1)
    .map((kernel) => {
      const values = kernel.dataSync();
      return (values[0] ?? 0) / (values[1] ?? 1);
    });
  assert.equal(new Set(starts).size, starts.length);
  model.dispose();
});

test('a seed that is not a whole number is refused', () => {
  assert.throws(
    () => models.cnn({ seed: 1.5 }),
    /seed of a model must be an integer, but it is 1.5/,
  );
});
