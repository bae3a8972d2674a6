import assert from 'node:assert/strict';
import { it } from 'node:test';
import { tensorOfBytes } from '../../lib/native/bytes';
import * as tf from '../../lib/tensorflow';

it('makes float32 of bytes, in one tensor and without an array of floats', () => {
  const bytes = Uint8Array.from({ length: 1_000_000 }, (_, index) => index % 256);
  const { numTensors, numBytes } = tf.memory();
  const { arrayBuffers } = process.memoryUsage();
  const tensor = tensorOfBytes(bytes, [1000, 10, 100]);
  assert.ok(process.memoryUsage().arrayBuffers - arrayBuffers < bytes.length);
  assert.deepEqual(
    [tf.memory().numTensors, tf.memory().numBytes],
    [numTensors + 1, numBytes + 4e6],
  );
  assert.equal(tensor.dtype, 'float32');
  assert.deepEqual(tensor.shape, [1000, 10, 100]);
  assert.deepEqual(tensor.dataSync(), new Float32Array(bytes));
  assert.equal(tensor.div(255).max().dataSync()[0], 1);
});

it('gives the same numbers on another backend of tfjs', () => {
  const bytes = Uint8Array.of(0, 1, 254, 255);
  tf.setBackend('cpu');
  try {
    assert.deepEqual([...tensorOfBytes(bytes, [2, 2]).dataSync()], [...bytes]);
  } finally {
    tf.setBackend('tensorflow');
  }
});
