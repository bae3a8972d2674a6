import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { explain } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

// Class 1 if the pixel in the second row and third column is bright, else class 0.
let model: tf.Sequential;
let picture: tf.Tensor4D;

before(() => {
  const kernel = tf.tensor4d([1], [1, 1, 1, 1]);
  const weights = Array.from({ length: 16 }, (_, pixel) => (pixel === 6 ? [-10, 10] : [0, 0]));
  model = tf.sequential({
    layers: [
      tf.layers.conv2d({ filters: 1, kernelSize: 1, inputShape: [4, 4, 1], name: 'copy' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
  model.setWeights([kernel, tf.zeros([1]), tf.tensor2d(weights), tf.tensor1d([5, -5])]);
  picture = tf.ones([1, 4, 4, 1]);
});

after(() => tf.disposeVariables());

/** Runs a function and fails if it leaves tensors behind, except its result. */
function tidily<Result>(action: () => Result, handed: number): Result {
  const tensors = tf.memory().numTensors;
  const result = action();
  assert.equal(tf.memory().numTensors - tensors, handed);
  return result;
}

describe('explain.occlusionMap', () => {
  it('falls where the square covers what the answer rests on', () => {
    const map = tidily(() => explain.occlusionMap(model, picture, { size: 1 }), 1);
    assert.deepEqual(map.shape, [4, 4]);
    const values = Array.from(map.dataSync());
    values.forEach((value, place) => {
      assert.ok(place === 6 ? value > 0.99 : Math.abs(value) < 1e-6, `${place}: ${value}`);
    });
    map.dispose();
  });

  it('has one value for each place of a larger square', () => {
    const map = explain.occlusionMap(model, picture, { size: 2, stride: 2 });
    assert.deepEqual(map.shape, [2, 2]);
    map.dispose();
  });

  it('refuses squares, classes and pictures that do not fit', () => {
    assert.throws(
      () => explain.occlusionMap(model, picture, { size: 5 }),
      /size must be .* 1 to 4, not 5/,
    );
    assert.throws(
      () => explain.occlusionMap(model, picture, { size: 1, target: 2 }),
      /no class 2; .* 0 to 1/,
    );
    assert.throws(
      () => explain.occlusionMap(model, tf.ones([1, 5, 4, 1])),
      /shape \[1,5,4,1\]; the model takes \[1, 4, 4, 1\]/,
    );
  });
});

describe('explain.gradCam', () => {
  it('is strongest where the maps speak for the class', () => {
    const only = tf
      .oneHot(tf.tensor1d([6], 'int32'), 16)
      .reshape<tf.Tensor4D>([1, 4, 4, 1])
      .toFloat();
    const map = tidily(() => explain.gradCam(model, only as tf.Tensor4D, { layer: 'copy' }), 1);
    assert.deepEqual(map.shape, [4, 4]);
    assert.equal(map.argMax(0).dataSync()[2], 1);
    assert.equal(map.max().dataSync()[0], 1);
    map.dispose();
  });

  it('is 0 everywhere when nothing speaks for the class', () => {
    const map = explain.gradCam(model, picture, { layer: 'copy', target: 0 });
    assert.deepEqual(new Set(map.dataSync()), new Set([0]));
    map.dispose();
  });

  it('names the layers that it can look at', () => {
    assert.throws(() => explain.gradCam(model, picture, { layer: 'dense' }), /there are copy\./);
  });
});

describe('explain.adversarial', () => {
  it('changes the pixel that matters, no more than needed', () => {
    const found = tidily(() => explain.adversarial(model, picture, { target: 0, step: 0.05 }), 1);
    assert.ok(found.distance >= 0.5 && found.distance < 0.56, String(found.distance));
    const changed = found.picture.sub(picture).abs().dataSync();
    assert.ok(changed.every((value, place) => place === 6 || value < 1e-6));
    found.picture.dispose();
  });

  it('runs the model once for each picture that it looks at', () => {
    const { apply } = model;
    let runs = 0;
    model.apply = (...inputs) => {
      runs++;
      return apply.apply(model, inputs);
    };
    try {
      const found = explain.adversarial(model, picture, { target: 0, step: 0.05 });
      assert.equal(runs, found.steps + 1);
      found.picture.dispose();
    } finally {
      model.apply = apply;
    }
  });

  it('says when its limit is reached', () => {
    const options = { target: 0, step: 0.01, limit: 3 };
    const failing = () => explain.adversarial(model, picture, options);
    tidily(() => assert.throws(failing, /after 3 steps of 0\.01 .* does not answer 0/), 0);
  });
});
