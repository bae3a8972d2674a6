// A recurrent layer that is disposed leaves none of its tensors behind.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layers, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const { lstm, lstmCell, gru, simpleRNN, rnn, bidirectional, convLstm2d } = tf.layers;
const inputShape = [3, 4];
const cells = () => [1, 2].map(() => lstmCell({ units: 2, dropout: 0.3, unitForgetBias: true }));
const cases: Record<string, () => tf.layers.Layer> = {
  LSTM: () => lstm({ units: 2, unitForgetBias: true, inputShape }),
  'LSTM with dropout': () => lstm({ units: 2, dropout: 0.3, recurrentDropout: 0.2, inputShape }),
  'LSTM, stateful': () => lstm({ units: 2, stateful: true, batchInputShape: [4, 3, 4] }),
  'GRU with dropout': () => gru({ units: 2, dropout: 0.3, inputShape }),
  "Keras's GRU with dropout": () => layers.gru({ units: 2, dropout: 0.3, inputShape }),
  'SimpleRNN with dropout': () => simpleRNN({ units: 2, recurrentDropout: 0.3, inputShape }),
  'a stack of cells': () => rnn({ cell: cells(), inputShape }) as tf.layers.Layer,
  Bidirectional: () =>
    bidirectional({
      layer: lstm({ units: 2, dropout: 0.3, unitForgetBias: true }) as tf.RNN,
      mergeMode: 'concat',
      inputShape,
    }),
};

for (const [name, make] of Object.entries(cases)) {
  test(name, async () => {
    const before = tf.memory().numTensors;
    const model = tf.sequential({ layers: [make(), tf.layers.dense({ units: 1 })] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const [x, y] = [tf.ones([8, 3, 4]), tf.ones([8, 1])];
    await training.fit(model, x, y, { batchSize: 4, epochs: 2, verbose: 0, compiled: false });
    tf.dispose([x, y]);
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  });
}

test('ConvLSTM2D', () => {
  const before = tf.memory().numTensors;
  const layer = convLstm2d({ filters: 1, kernelSize: 2, unitForgetBias: true });
  layer.apply(tf.input({ shape: [3, 4, 4, 1] }));
  layer.dispose();
  assert.equal(tf.memory().numTensors, before);
});
