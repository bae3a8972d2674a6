/** Freezing and thawing, as Keras 3 does it: https://keras.io/guides/transfer_learning/. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { layers, saving, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const folder = mkdtempSync(path.join(tmpdir(), 'trainable-'));
after(() => rmSync(folder, { recursive: true }));

const { dense, batchNormalization, lstm, bidirectional, timeDistributed } = tf.layers;

/** Two dense layers with batch normalisation between them: six weights that are trained, two averages. */
function base(): tf.Sequential {
  return tf.sequential({
    layers: [dense({ units: 3, inputShape: [3] }), batchNormalization(), dense({ units: 2 })],
  });
}

function around(...inner: tf.layers.Layer[]): tf.Sequential {
  const model = tf.sequential({ layers: [...inner, dense({ units: 1 })] });
  model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
  return model;
}

/** Takes vectors for sequences of one channel. */
function lstmBlock(): tf.Sequential {
  return tf.sequential({
    layers: [
      tf.layers.reshape({ targetShape: [2, 1], inputShape: [2] }),
      lstm({ units: 2, recurrentActivation: 'sigmoid' }),
    ],
  });
}

const x = tf.randomNormal([8, 3], 1, 1, 'float32', 1);
const y = tf.ones([8, 1]);
const options = { epochs: 2, batchSize: 4, verbose: 0 } as const;

function valuesOf(layer: tf.layers.Layer): number[] {
  return layer.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
}

test('a model hands it on to its layers, and these to theirs', () => {
  const inner = base();
  const recurrent = lstm({ units: 2, inputShape: [4, 3] }) as tf.RNN;
  const both = bidirectional({ layer: lstm({ units: 2 }) as tf.RNN, inputShape: [4, 3] });
  const each = timeDistributed({ layer: base(), inputShape: [4, 3] });
  for (const outer of [
    tf.sequential({ layers: [inner] }),
    tf.sequential({ layers: [tf.sequential({ layers: [base()] })] }),
    tf.sequential({ layers: [recurrent] }),
    tf.sequential({ layers: [both] }),
    tf.sequential({ layers: [each] }),
    tf.sequential({ layers: [layers.gru({ units: 2, inputShape: [4, 3] })] }),
  ]) {
    const count = outer.trainableWeights.length;
    const all = outer.weights.length;
    assert.ok(count > 0);
    outer.trainable = false;
    assert.equal(outer.trainableWeights.length, 0);
    assert.equal(outer.weights.length, all);
    const weights = outer.layers.flatMap((layer) => layer.trainableWeights);
    assert.equal(weights.length, 0);
    outer.trainable = true;
    assert.equal(outer.trainableWeights.length, count);
  }
  inner.trainable = false;
  assert.deepEqual(
    inner.layers.map(({ trainable }) => trainable),
    [false, false, false],
  );
  (inner.layers[2] as tf.layers.Layer).trainable = true;
  assert.equal(inner.trainable, false);
  assert.equal(inner.trainableWeights.length, 2);
  inner.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  assert.equal(inner.trainableWeights.length, 2, 'after compile');
});

test('the order of the weights does not depend on what is frozen', () => {
  const model = tf.sequential({
    layers: [base(), batchNormalization(), lstmBlock(), dense({ units: 1 })],
  });
  const names = () => model.weights.map(({ originalName, id }) => `${originalName} ${id}`);
  const [thawed, weights] = [names(), model.getWeights().map((weight) => weight.clone())];
  for (const frozen of [...model.layers, ...(model.layers[0] as tf.Sequential).layers, model]) {
    frozen.trainable = false;
    assert.deepEqual(names(), thawed);
    model.setWeights(weights);
    for (const [i, weight] of model.getWeights().entries()) {
      assert.deepEqual(weight.dataSync(), weights[i]?.dataSync());
    }
    frozen.trainable = true;
  }
  tf.dispose(weights);
  model.dispose();
});

for (const compiled of [false, true]) {
  const how = compiled ? 'compiled' : 'op by op';

  test(`a frozen model in a model stays as it is, averages included, ${how}`, async () => {
    const inner = base();
    const model = around(tf.sequential({ layers: [inner] }));
    (model.layers[0] as tf.layers.Layer).trainable = false;
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const [before, last] = [valuesOf(inner), valuesOf(model.layers[1] as tf.layers.Layer)];
    await training.fit(model, x, y, { ...options, compiled });
    assert.deepEqual(valuesOf(inner), before);
    assert.notDeepEqual(valuesOf(model.layers[1] as tf.layers.Layer), last);
    (inner.layers[2] as tf.layers.Layer).trainable = true;
    model.compile({ optimizer: tf.train.sgd(0.1), loss: 'meanSquaredError' });
    const [first, thawed] = [0, 2].map((i) => inner.layers[i] as tf.layers.Layer);
    const [frozen, free] = [
      valuesOf(first as tf.layers.Layer),
      valuesOf(thawed as tf.layers.Layer),
    ];
    await training.fit(model, x, y, { ...options, compiled });
    assert.deepEqual(valuesOf(first as tf.layers.Layer), frozen);
    assert.notDeepEqual(valuesOf(thawed as tf.layers.Layer), free);
    model.dispose();
  });

  test(`a recurrent layer that is frozen after model.compile stays as it is, ${how}`, async () => {
    const sequences = tf.randomNormal([8, 4, 3], 0, 1, 'float32', 2);
    const model = around(lstm({ units: 2, inputShape: [4, 3] }));
    const recurrent = model.layers[0] as tf.layers.Layer;
    recurrent.trainable = false;
    const before = valuesOf(recurrent);
    await training.fit(model, sequences, y, { ...options, compiled });
    assert.deepEqual(valuesOf(recurrent), before);
    model.dispose();
    sequences.dispose();
  });
}

test('what is frozen with the layers in it is frozen in its files', async () => {
  const sequences = tf.randomNormal([8, 4, 3], 0, 1, 'float32', 2);
  const gates = { units: 2, recurrentActivation: 'sigmoid' } as const;
  for (const [layer, inputs] of [
    [base(), x],
    [bidirectional({ layer: lstm(gates) as tf.RNN, inputShape: [4, 3] }), sequences],
    [lstm({ ...gates, inputShape: [4, 3] }), sequences],
  ] as const) {
    const model = around(layer);
    layer.trainable = false;
    await training.fit(model, inputs, y, options);
    for (const name of ['frozen.keras', 'frozen.h5']) {
      const file = path.join(folder, name);
      await saving.saveModel(model, file);
      const loaded = await saving.loadModel(file);
      assert.equal(loaded.trainableWeights.length, 2, name);
      const inner = loaded.layers[0] as tf.layers.Layer;
      const before = valuesOf(inner);
      await training.fit(loaded, inputs, y, options);
      assert.deepEqual(valuesOf(inner), before);
      loaded.dispose();
    }
    model.dispose();
  }
  sequences.dispose();
});
