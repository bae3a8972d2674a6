import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../../lib/index';
import * as tf from '../../lib/tensorflow';

// fan-in 200, fan-out 300; as Keras draws them.
const deviations: Record<string, number> = {
  glorotNormal: Math.sqrt(2 / 500),
  glorotUniform: Math.sqrt(2 / 500),
  heNormal: Math.sqrt(2 / 200),
  heUniform: Math.sqrt(2 / 200),
  leCunNormal: Math.sqrt(1 / 200),
  leCunUniform: Math.sqrt(1 / 200),
};

for (const [name, deviation] of Object.entries(deviations)) {
  test(`weights by ${name} have the deviation that Keras gives them`, () => {
    const { numTensors } = tf.memory();
    const make = tf.initializers[name as 'heNormal'];
    const weights = make({ seed: 1 }).apply([200, 300]);
    const actual = tf.tidy(() => tf.moments(weights).variance.sqrt().dataSync()[0] ?? 0);
    // Of 60,000 numbers it is right to half a percent or so.
    assert.ok(Math.abs(actual / deviation - 1) < 0.02, `${actual}, not ${deviation}`);
    weights.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  });
}
