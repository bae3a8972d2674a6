import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { models } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

describe('LeNet-5 from scratch', () => {
  it("has the article's shapes and parameters, and leaves nothing behind", () => {
    const before = tf.memory().numTensors;
    const weights = models.lenet5Variables({ seed: 0 });
    const count = Object.values(weights).reduce((sum, { size }) => sum + size, 0);
    assert.equal(count, 44_426);
    tf.tidy(() => {
      const layers = models.lenet5Layers(weights, tf.zeros<tf.Rank.R4>([3, 28, 28, 1]));
      const shapes = Object.entries(layers).map(([name, { shape }]) => [name, shape]);
      assert.deepEqual(Object.fromEntries(shapes), {
        relu1: [3, 24, 24, 6],
        pool1: [3, 12, 12, 6],
        relu2: [3, 8, 8, 16],
        pool2: [3, 4, 4, 16],
        flat: [3, 256],
        fc1: [3, 120],
        fc2: [3, 84],
        output: [3, 10],
      });
    });
    tf.dispose(Object.values(weights));
    assert.equal(tf.memory().numTensors, before);
  });

  it('draws weights as large as asked, the same for one seed', () => {
    const deviation = (seed: number) => {
      const weights = models.lenet5Variables({
        seed,
        fc1: 128,
        fc2: 64,
        weightDeviation: (inputs) => Math.sqrt(2 / inputs),
      });
      const { fc1Weights } = weights;
      assert.deepEqual(fc1Weights.shape, [256, 128]);
      const result = tf.tidy(() => tf.moments(fc1Weights).variance.sqrt().dataSync()[0] as number);
      tf.dispose(Object.values(weights));
      return result;
    };
    assert.ok(Math.abs(deviation(1) - Math.sqrt(2 / 256)) < 0.002);
    assert.equal(deviation(1), deviation(1));
    assert.notEqual(deviation(1), deviation(2));
  });
});
