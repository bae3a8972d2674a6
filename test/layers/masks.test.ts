/** Masks and states of recurrent layers, which tfjs hands on to layers that they are not for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../../lib/index';
import * as tf from '../../lib/tensorflow';

const ones = 'ones';

function predicted(model: tf.LayersModel, x: tf.Tensor): number[] {
  return tf.tidy(() => Array.from((model.predict(x) as tf.Tensor).dataSync()));
}

/** Adds up what comes in, step by step; a masked step is passed over. */
function sum(options: { returnSequences?: boolean } = {}): tf.layers.Layer {
  const weights = { kernelInitializer: ones, recurrentInitializer: ones } as const;
  return tf.layers.simpleRNN({ units: 1, activation: 'linear', ...weights, ...options });
}

test('a mask ends at a layer that does not hand it on', () => {
  const one = (layer: tf.layers.Layer) =>
    tf.sequential({ layers: [tf.layers.masking({ inputShape: [3, 1] }), layer, sum()] });
  // A bias of 1 makes something of the step that is masked.
  const kernel = { kernelInitializer: ones, biasInitializer: ones } as const;
  const x = tf.tensor3d([[[0], [2], [3]]]);
  for (const [layer, expected] of [
    [tf.layers.conv1d({ filters: 1, kernelSize: 1, ...kernel }), 1 + 3 + 4],
    [tf.layers.dense({ units: 1, ...kernel }), 3 + 4],
  ] as const) {
    const model = one(layer);
    assert.deepEqual(predicted(model, x), [expected], layer.getClassName());
    model.dispose();
  }
  x.dispose();
});

test('a mask ends at a recurrent layer that gives only its last output', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.masking({ inputShape: [3, 1] }),
      sum(),
      tf.layers.dense({ units: 1, kernelInitializer: ones }),
      tf.layers.repeatVector({ n: 3 }),
      sum(),
    ],
  });
  const x = tf.tensor3d([[[0], [2], [3]]]);
  assert.deepEqual(predicted(model, x), [15]);
  model.dispose();
  x.dispose();
});

test('a recurrent layer does not start from the states that another one was given', (context) => {
  const x = tf.input({ shape: [2, 1] });
  const state = tf.input({ shape: [1] });
  const started = sum({ returnSequences: true }).apply([x, state]) as tf.SymbolicTensor;
  const model = tf.model({
    inputs: [x, state],
    outputs: sum().apply(started) as tf.SymbolicTensor,
  });
  const [values, first] = [tf.tensor3d([[[1], [2]]]), tf.tensor2d([[10]])];
  const outputs = tf.tidy(() =>
    Array.from((model.predict([values, first]) as tf.Tensor).dataSync()),
  );
  assert.deepEqual(outputs, [11 + 13]);
  // tfjs warned that the states would be missing in the file.
  const warn = context.mock.method(console, 'warn', () => {});
  model.toJSON();
  assert.equal(warn.mock.callCount(), 0);
  model.dispose();
  tf.dispose([values, first]);
});
