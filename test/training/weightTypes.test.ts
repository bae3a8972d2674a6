import assert from 'node:assert/strict';
import { test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

for (const compiled of [undefined, true, false]) {
  test(`weights of whole numbers cannot be trained, compiled: ${compiled}`, async () => {
    const embedding = { inputDim: 30, outputDim: 8, batchInputShape: [null, 6], dtype: 'int32' };
    const model = tf.sequential({
      layers: [
        tf.layers.embedding(embedding as Parameters<typeof tf.layers.embedding>[0]),
        tf.layers.flatten(),
        tf.layers.dense({ units: 5, activation: 'softmax' }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
    const x = tf.randomUniform([320, 6], 0, 30, 'int32');
    const y = tf.randomUniform([320], 0, 5, 'int32');
    await assert.rejects(() => training.fit(model, x, y, { verbose: 0, compiled }), {
      name: 'TypeError',
      message: /weight "embedding.*" has the type int32; only float32/,
    });
    tf.dispose([x, y]);
    model.dispose();
  });
}
