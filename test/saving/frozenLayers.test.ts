/** Layers that are frozen after a part of the training: whose slots of the optimiser are whose. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { saving, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './assertClose';

const folder = mkdtempSync(path.join(tmpdir(), 'frozen-layers-'));
after(() => rmSync(folder, { recursive: true }));

const x = tf.randomNormal([20, 3], 0, 1, 'float32', 1);
const y = tf.randomNormal([20, 3], 0, 1, 'float32', 2);
const options = { batchSize: 5, epochs: 2, shuffle: false, verbose: 0 } as const;

/** The layers have weights of the same shapes, so that slots could be mixed up without an error. */
function twoLayers(): tf.Sequential {
  const dense = (seed: number) =>
    tf.layers.dense({
      units: 3,
      inputShape: [3],
      kernelInitializer: tf.initializers.glorotUniform({ seed }),
    });
  return tf.sequential({ layers: [dense(1), dense(2)] });
}

function freezeFirst(model: tf.LayersModel): void {
  (model.layers[0] as tf.layers.Layer).trainable = false;
}

function weightsOf(model: tf.LayersModel): number[] {
  return model.getWeights().flatMap((weight) => Array.from(weight.dataSync()));
}

const optimizers: Record<string, () => tf.Optimizer> = {
  Adam: () => tf.train.adam(0.1),
  Momentum: () => tf.train.momentum(0.1, 0.9),
  RMSProp: () => tf.train.rmsprop(0.1),
  Adamax: () => tf.train.adamax(0.1),
  Nadam: () => training.optimizers.nadam({ learningRate: 0.1 }),
};

for (const [name, make] of Object.entries(optimizers)) {
  test(`${name}: with the same optimiser again, each weight goes on with its own slots`, async () => {
    const trained = async (compiled: boolean, compilesAgain: boolean) => {
      const model = twoLayers();
      const optimizer = make();
      const compile = () => model.compile({ optimizer, loss: 'meanSquaredError' });
      compile();
      await training.fit(model, x, y, { ...options, compiled });
      freezeFirst(model);
      if (compilesAgain) {
        compile();
      }
      await training.fit(model, x, y, { ...options, compiled });
      (model.layers[0] as tf.layers.Layer).trainable = true;
      if (compilesAgain) {
        compile();
      }
      await training.fit(model, x, y, { ...options, compiled });
      const weights = weightsOf(model);
      model.dispose();
      optimizer.dispose();
      return weights;
    };
    const expected = await trained(false, false);
    assertClose(await trained(false, true), expected, 1e-5);
    assertClose(await trained(true, true), expected, 1e-4);
  });

  test(`${name}: a model is saved that was thawed, and has not been trained since`, async () => {
    const model = twoLayers();
    const optimizer = make();
    freezeFirst(model);
    model.compile({ optimizer, loss: 'meanSquaredError' });
    await training.fit(model, x, y, options);
    (model.layers[0] as tf.layers.Layer).trainable = true;
    model.compile({ optimizer, loss: 'meanSquaredError' });
    const weights = path.join(folder, 'thawed.weights.h5');
    const file = path.join(folder, 'thawed.keras');
    await saving.saveWeights(model, weights);
    await saving.saveModel(model, file);
    const loaded = await saving.loadModel(file);
    await training.fit(model, x, y, options);
    const expected = weightsOf(model);
    await saving.loadWeights(model, weights);
    for (const one of [model, loaded]) {
      await training.fit(one, x, y, options);
      assertClose(weightsOf(one), expected, 1e-4);
      one.optimizer.dispose();
      one.dispose();
    }
  });

  test(`${name}: a model frozen since it was compiled is saved, and goes on`, async () => {
    const model = twoLayers();
    model.compile({ optimizer: make(), loss: 'meanSquaredError' });
    await training.fit(model, x, y, options);
    freezeFirst(model);
    const files = ['frozen.keras', 'frozen.h5'].map((file) => path.join(folder, file));
    for (const file of files) {
      await saving.saveModel(model, file);
    }
    const checkpoint = path.join(folder, 'frozen');
    await saving.saveWeights(model, checkpoint);
    const before = weightsOf(model);
    await training.fit(model, x, y, options);
    const expected = weightsOf(model);
    const fromCheckpoint = twoLayers();
    fromCheckpoint.compile({ optimizer: make(), loss: 'meanSquaredError' });
    freezeFirst(fromCheckpoint);
    await saving.loadWeights(fromCheckpoint, checkpoint);
    const loaded = await Promise.all(files.map((file) => saving.loadModel(file)));
    for (const one of [...loaded, fromCheckpoint]) {
      assert.deepEqual(weightsOf(one), before);
      await training.fit(one, x, y, options);
      assertClose(weightsOf(one), expected, 1e-4);
    }
    for (const one of [model, ...loaded, fromCheckpoint]) {
      one.optimizer.dispose();
      one.dispose();
    }
  });
}
