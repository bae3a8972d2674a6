import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { layers, saving } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

/** A layer's output for an input. */
function applied(layer: tf.layers.Layer, x: tf.Tensor): number[] {
  return tf.tidy(() => Array.from((layer.apply(x) as tf.Tensor).dataSync()));
}

test('layers that tfjs lacks compute what their pages say, and leave no tensors behind', () => {
  const x = tf.tensor3d([
    [
      [-1, 2],
      [3, -4],
    ],
  ]);
  const cases: [tf.layers.Layer, number[]][] = [
    [layers.relu({ negativeSlope: 0.5, maxValue: 2.5 }), [-0.5, 2, 2.5, -2]],
    [layers.relu({ threshold: 2.5 }), [0, 0, 3, 0]],
    [layers.zeroPadding1d({ padding: [0, 1] }), [-1, 2, 3, -4, 0, 0]],
    [layers.cropping1d({ cropping: [1, 0] }), [3, -4]],
    [layers.upSampling1d({ size: 2 }), [-1, 2, -1, 2, 3, -4, 3, -4]],
    [layers.globalAveragePooling1d({ keepdims: true }), [1, -1]],
    [layers.globalMaxPooling1d(), [3, 2]],
    [layers.depthwiseConv1d({ kernelSize: 2, depthwiseInitializer: 'ones' }), [2, -2]],
    [
      layers.separableConv1d({
        filters: 1,
        kernelSize: 2,
        padding: 'same',
        depthwiseInitializer: 'ones',
        pointwiseInitializer: 'ones',
      }),
      [0, -1],
    ],
    [layers.conv1dTranspose({ filters: 1, kernelSize: 2, kernelInitializer: 'ones' }), [1, 0, -1]],
    [
      layers.conv1dTranspose({
        filters: 1,
        kernelSize: 2,
        strides: 2,
        outputPadding: 1,
        kernelInitializer: 'ones',
      }),
      [1, 1, -1, -1, 0],
    ],
    [layers.activityRegularization({ l1: 1 }), [-1, 2, 3, -4]],
    [layers.normalization({ mean: 1, variance: 4 }), [-1, 0.5, 1, -2.5]],
    [layers.normalization({ mean: [1, 0], variance: [1, 4] }), [-2, 1, 2, -2]],
  ];
  const { numTensors } = tf.memory();
  for (const [layer, expected] of cases) {
    assert.deepEqual(applied(layer, x), expected, layer.getClassName());
    layer.dispose();
  }
  assert.equal(tf.memory().numTensors, numTensors);
  x.dispose();
});

test('a causal convolution sees no step after its own', () => {
  const x = tf.tensor3d([[[1], [2], [3]]]);
  const options = { filters: 1, kernelSize: 2, padding: 'causal', useBias: false } as const;
  const layer = layers.conv1d({ ...options, kernelInitializer: 'ones' });
  assert.deepEqual(applied(layer, x), [1, 3, 5]);
  layer.dispose();
  x.dispose();
});

test('windows with gaps: tfjs’s depthwise layer goes by them, and convolutions have gradients', () => {
  const x = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8, 9], [1, 3, 3, 1]);
  const kernel = tf.ones<tf.Rank.R4>([2, 2, 1, 1]);
  const layer = tf.layers.depthwiseConv2d({
    kernelSize: 2,
    dilationRate: 2,
    depthwiseInitializer: 'ones',
    depthwiseConstraint: 'nonNeg',
  });
  assert.deepEqual(applied(layer, x), [20]);
  assert.deepEqual(layer.getConfig().depthwiseConstraint, { className: 'NonNeg', config: {} });
  layer.dispose();
  for (const convolve of [tf.conv2d, tf.depthwiseConv2d]) {
    const output = (input: tf.Tensor, filter: tf.Tensor) =>
      convolve(input as tf.Tensor4D, filter as tf.Tensor4D, 1, 'valid', 'NHWC', 2);
    const [ofInput, ofKernel] = tf.grads(output)([x, kernel]) as [tf.Tensor, tf.Tensor];
    assert.deepEqual([...ofInput.dataSync()], [1, 0, 1, 0, 0, 0, 1, 0, 1]);
    assert.deepEqual([...ofKernel.dataSync()], [1, 3, 7, 9]);
    tf.dispose([ofInput, ofKernel]);
  }
  tf.dispose([x, kernel]);
});

test('windows with gaps: tfjs’s layers of pictures and volumes have gradients', () => {
  const count = (size: number) => Array.from({ length: size }, (_, i) => i + 1);
  const options = { filters: 1, kernelSize: 2, dilationRate: 2, useBias: false } as const;
  const kernelInitializer = 'ones';
  for (const [layer, x, sum, ofKernel] of [
    [
      tf.layers.conv2d({ ...options, kernelInitializer }),
      tf.tensor4d(count(9), [1, 3, 3, 1]),
      20,
      [1, 3, 7, 9],
    ],
    [
      tf.layers.conv3d({ ...options, kernelInitializer }),
      tf.tensor5d(count(27), [1, 3, 3, 3, 1]),
      112,
      [1, 3, 7, 9, 19, 21, 25, 27],
    ],
  ] as const) {
    assert.deepEqual(applied(layer, x), [sum]);
    const { grads } = tf.variableGrads(() => tf.sum(layer.apply(x) as tf.Tensor));
    const [gradient] = Object.values(grads) as [tf.Tensor];
    assert.deepEqual([...gradient.dataSync()], ofKernel);
    tf.dispose([gradient, x]);
    layer.dispose();
  }
});

test('the pixels between, by the layers of tfjs and of the library', () => {
  const rows = tf.tensor4d([0, 4], [1, 2, 1, 1]);
  const columns = tf.tensor4d([0, 4], [1, 1, 1, 2]);
  const options = { size: [2, 1], interpolation: 'bilinear' as const };
  for (const layer of [tf.layers.upSampling2d(options), layers.upSampling2d(options)]) {
    assert.deepEqual(applied(layer, rows), [0, 1, 3, 4]);
  }
  const channelsFirst = tf.layers.upSampling2d({
    size: [1, 2],
    interpolation: 'bilinear',
    dataFormat: 'channelsFirst',
  });
  assert.deepEqual(applied(channelsFirst, columns), [0, 1, 3, 4]);
  tf.dispose([rows, columns]);
});

test('an output padding that TensorFlow cannot compute is refused', () => {
  assert.throws(
    () => layers.conv2dTranspose({ filters: 1, kernelSize: 3, strides: 2, outputPadding: 2 }),
    /outputPadding must be a whole number from 0 to 1, below the stride 2, not 2/,
  );
});

test('softmax and batch normalisation work along another axis than the last', () => {
  const x = tf.tensor3d([
    [
      [1, 5],
      [1, 5],
    ],
  ]);
  assert.deepEqual(applied(layers.softmax({ axis: 1 }), x), [0.5, 0.5, 0.5, 0.5]);
  const normalization = tf.layers.batchNormalization({ axis: 1, epsilon: 0.25 });
  const [first] = applied(normalization, x);
  assert.ok(Math.abs((first as number) - 1 / Math.sqrt(1.25)) < 1e-6, String(first));
  normalization.dispose();
  x.dispose();
});

test('what tfjs in a browser would compute otherwise is not saved for it', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'layers-'));
  const lacked = [
    layers.relu({ negativeSlope: 0.1, inputShape: [4, 3] }),
    layers.upSampling1d({ inputShape: [4, 3] }),
    layers.gru({ units: 2, inputShape: [4, 3] }),
    layers.conv1dTranspose({ filters: 2, kernelSize: 2, inputShape: [4, 3] }),
    layers.conv2dTranspose({
      filters: 2,
      kernelSize: 3,
      strides: 2,
      outputPadding: 1,
      inputShape: [4, 4, 3],
    }),
    layers.randomFlip({ inputShape: [4, 4, 3] }),
    tf.layers.centerCrop({ height: 2, width: 2, inputShape: [4, 4, 3] }),
    tf.layers.dense({ units: 2, activityRegularizer: 'l1l2', inputShape: [4] }),
    tf.layers.depthwiseConv2d({ kernelSize: 2, dilationRate: 2, inputShape: [4, 4, 3] }),
  ];
  for (const layer of lacked) {
    const model = tf.sequential({ layers: [layer] });
    await assert.rejects(saving.saveLayersModel(model, folder), (error: Error) =>
      error.message.includes(`layer "${layer.name}"`),
    );
    model.dispose();
  }
  const known = tf.sequential({ layers: [layers.relu({ inputShape: [4, 3] })] });
  await saving.saveLayersModel(known, folder);
  known.dispose();
  rmSync(folder, { recursive: true });
});
