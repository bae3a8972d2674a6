/**
 * Predictions with fused kernels, and of single rows without oneDNN's kernels, are those of eager tfjs,
 * whether TensorFlow uses oneDNN or not.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { it } from 'node:test';

const lib = join(__dirname, '../../lib');

/** Layers with a bias and each activation that a kernel takes along; one and several pictures. */
const program = `
  const { training } = require(${JSON.stringify(join(lib, 'index'))});
  const tf = require(${JSON.stringify(join(lib, 'tensorflow'))});
  const kernel = (seed) => tf.initializers.glorotNormal({ seed });
  const biasInitializer = tf.initializers.randomNormal({ seed: 9 });
  const convolution = { kernelSize: 3, biasInitializer };
  const model = tf.sequential({
    layers: [
      tf.layers.conv2d({ ...convolution, inputShape: [12, 12, 3], filters: 8, kernelInitializer: kernel(1), activation: 'relu' }),
      tf.layers.maxPooling2d({ poolSize: 2, strides: 1 }),
      tf.layers.depthwiseConv2d({ ...convolution, depthwiseInitializer: kernel(2), activation: 'relu6' }),
      tf.layers.conv2d({ ...convolution, filters: 6, kernelInitializer: kernel(3), activation: 'elu' }),
      tf.layers.conv2d({ kernelSize: 1, filters: 7, kernelInitializer: kernel(6), useBias: false }),
      tf.layers.maxPooling2d({ poolSize: [2, 3], strides: 2, padding: 'same' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 5, biasInitializer, kernelInitializer: kernel(4), activation: 'relu' }),
      tf.layers.dense({ units: 6, biasInitializer, kernelInitializer: kernel(7), activation: 'sigmoid' }),
      tf.layers.dense({ units: 4, biasInitializer, kernelInitializer: kernel(8), activation: 'tanh' }),
      tf.layers.dense({ units: 3, biasInitializer, kernelInitializer: kernel(5), activation: 'softmax' }),
    ],
  });
  async function main() {
    for (const rows of [1, 20]) {
      const x = tf.randomNormal([rows, 12, 12, 3], 0, 1, 'float32', 6);
      const expected = model.predict(x).dataSync();
      const actual = (await training.predict(model, x, { compiled: true })).dataSync();
      console.log(Math.max(...actual.map((value, index) => Math.abs(value - expected[index]))) < 1e-5);
    }
  }
  main();`;

for (const oneDnn of ['0', '1']) {
  it(`TF_ENABLE_ONEDNN_OPTS=${oneDnn}`, () => {
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', program], {
      encoding: 'utf8',
      env: { ...process.env, TF_ENABLE_ONEDNN_OPTS: oneDnn },
    });
    assert.equal(stderr, '');
    assert.equal(stdout, 'true\ntrue\n');
  });
}
