import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../../lib/index';
import * as tf from '../../lib/tensorflow';

test('loading the library takes no number from the names of layers', () => {
  const layers = [
    tf.layers.conv2d({ filters: 1, kernelSize: 1 }),
    tf.layers.dropout({ rate: 0.5 }),
    tf.layers.batchNormalization(),
    tf.layers.add(),
    tf.layers.gru({ units: 1 }),
    tf.layers.reshape({ targetShape: [1] }),
    tf.layers.upSampling2d({}),
  ];
  for (const { name } of layers) {
    assert.match(name, /[^0-9]1$/);
  }
});
