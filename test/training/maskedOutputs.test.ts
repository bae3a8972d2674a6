/** Keras leaves masked steps out of the loss; here they count, and `fit` and `evaluate` say so. */
import assert from 'node:assert/strict';
import { it, mock } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

function model(...after: tf.layers.Layer[]): tf.Sequential {
  const embedding = tf.layers.embedding({
    inputDim: 4,
    outputDim: 2,
    maskZero: true,
    inputLength: 3,
  });
  const made = tf.sequential({ layers: [embedding, ...after] });
  made.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  return made;
}

it('an output with a mask is named once, unless the steps have weights', async () => {
  const warn = mock.method(console, 'warn', () => {});
  const x = tf.tensor2d([[1, 2, 0]]);
  const [perStep, perRow] = [tf.ones([1, 3, 1]), tf.ones([1, 1])];
  const answers = tf.layers.dense({ units: 1, name: 'answers' });
  const masked = model(tf.layers.gru({ units: 2, returnSequences: true }), answers);
  const quiet = { verbose: 0, epochs: 1 } as const;

  await training.fit(masked, x, perStep, { ...quiet, sampleWeight: tf.ones([1, 3]) });
  assert.equal(warn.mock.callCount(), 0);
  await training.fit(masked, x, perStep, quiet);
  await training.evaluate(masked, x, perStep, { verbose: 0 });
  assert.equal(warn.mock.callCount(), 1);
  assert.match(String(warn.mock.calls[0]?.arguments[0]), /"answers.* carries a mask.*sampleWeight/);

  // The last output of a recurrent layer, a mean, and what a convolution makes, carry none.
  await training.fit(model(tf.layers.gru({ units: 1 })), x, perRow, quiet);
  const mean = tf.layers.globalAveragePooling1d({});
  await training.fit(model(mean, tf.layers.dense({ units: 1 })), x, perRow, quiet);
  const convolution = tf.layers.conv1d({ filters: 1, kernelSize: 1 });
  await training.fit(model(convolution), x, perStep, quiet);
  assert.equal(warn.mock.callCount(), 1);
  warn.mock.restore();
  tf.dispose([x, perStep, perRow]);
});

it('a mask is looked for once, however many paths lead to an output', async () => {
  const input = tf.input({ shape: [2] });
  let value = input;
  for (let block = 0; block < 40; block++) {
    const made = tf.layers.dense({ units: 2 }).apply(value);
    value = tf.layers.add().apply([value, made] as tf.SymbolicTensor[]) as tf.SymbolicTensor;
  }
  const residual = tf.model({ inputs: input, outputs: value });
  residual.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const x = tf.zeros([1, 2]);
  const { loss } = await training.evaluate(residual, x, x, { verbose: 0 });
  assert.equal(loss, 0);
  residual.dispose();
  x.dispose();
});
