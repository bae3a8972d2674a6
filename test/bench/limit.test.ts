import assert from 'node:assert/strict';
import { test } from 'node:test';
import { captureStable } from '../../lib/graph/capture/capture';
import { SessionVariables } from '../../lib/graph/sessionVariables';
import * as tf from '../../lib/tensorflow';
import { machineRates, workOf, workOfNetwork } from '../../scripts/bench/limit';
import { limitSections } from '../../scripts/bench/limitReport';
import type { Measurement } from '../../scripts/bench/measurement';

function workOfFunction(inputs: tf.Tensor[], compute: (inputs: tf.Tensor[]) => tf.Tensor) {
  const { graph } = captureStable((given) => [compute(given)], {
    name: 'counted',
    inputs,
    feed: 'inputs',
    scope: new SessionVariables(),
  });
  return workOf(graph);
}

test('a matrix product: a multiplication and an addition each; all three matrices are moved', () => {
  const inputs = [tf.zeros([3, 5]), tf.zeros([5, 7])];
  assert.deepEqual(
    workOfFunction(inputs, ([a, b]) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D)),
    { arithmetic: 2 * 3 * 5 * 7, traffic: 4 * (3 * 5 + 5 * 7 + 3 * 7) },
  );
  const turned = [tf.zeros([5, 3]), tf.zeros([5, 7])];
  assert.deepEqual(
    workOfFunction(turned, ([a, b]) => tf.matMul(a as tf.Tensor2D, b as tf.Tensor2D, true)),
    { arithmetic: 2 * 3 * 5 * 7, traffic: 4 * (3 * 5 + 5 * 7 + 3 * 7) },
  );
});

test('a convolution and its gradients have the same arithmetic', () => {
  const [x, filter] = [tf.zeros<tf.Rank.R4>([2, 6, 6, 3]), tf.zeros<tf.Rank.R4>([3, 3, 3, 4])];
  const forward = (given: tf.Tensor[]) =>
    tf.conv2d(given[0] as tf.Tensor4D, given[1] as tf.Tensor4D, 1, 'valid');
  const once = 2 * (2 * 4 * 4 * 4) * (3 * 3 * 3);
  assert.equal(workOfFunction([x, filter], forward).arithmetic, once);
  const { arithmetic } = workOfFunction([x, filter], (given) => {
    const gradients = tf.grads((a, b) => tf.sum(forward([a, b])))(given);
    return tf.add(tf.sum(gradients[0] as tf.Tensor), tf.sum(gradients[1] as tf.Tensor));
  });
  // The rest is elementwise: one operation for each value.
  assert.ok(arithmetic >= 2 * once && arithmetic < 3 * once + 1000, `${arithmetic} of ${once}`);
});

test('the MLP: three matrix products for each layer, but no gradient of the pictures', () => {
  const { arithmetic } = workOfNetwork('mlp', 32);
  const products = 2 * 32 * (3 * (1000 * 10) + 2 * (784 * 1000));
  assert.ok(arithmetic > products && arithmetic < 1.2 * products, `${arithmetic}, ${products}`);
});

test('in a second, the machine does more operations than it moves bytes', () => {
  const tensors = tf.memory().numTensors;
  const { arithmetic, traffic } = machineRates(512);
  assert.ok(arithmetic > traffic && traffic > 1e7, `${arithmetic}, ${traffic}`);
  assert.equal(tf.memory().numTensors, tensors);
});

test('the share is the time for the arithmetic divided by the time of a step', () => {
  const rates = { arithmetic: 1e9, traffic: 1e9 };
  const work = { arithmetic: 2e6, traffic: 1e6 };
  const measurement = {
    network: 'mlp',
    side: 'compiled',
    pictures: 3200,
    secondEpoch: 0.8,
  } as Measurement;
  const text = limitSections([measurement], [{ rates, work: { mlp: work } }], 32).join('\n');
  // 100 steps in 0.8 s take 8 ms each; the limit would be 2 ms.
  assert.match(text, /\| compiled +\| 25% +\|/);
  assert.match(text, /\| mlp \| 2\.0 \| 1\.0 \| 2\.00 \| 1\.00 \|/);
});
