import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { asInKeras, assertAsKeras, data, keras, setWeights, tensor, twoByTwo } from './kerasFit';

const x = data('x');

/** Keras's model for a loss, a metric or an optimiser: one dense layer. */
function denseModel(activation: string, y: tf.Tensor): tf.Sequential {
  const units = y.rank === 1 ? 3 : (y.shape[1] ?? 1);
  const layer = tf.layers.dense({ units, activation: activation as 'linear', inputShape: [4] });
  const model = tf.sequential({ layers: [layer] });
  setWeights(model, keras.initial[units === 3 ? 'dense' : 'binary']);
  return model;
}

describe('Keras’s names', () => {
  for (const compiled of [true, false]) {
    const how = compiled ? 'compiled' : 'eager';

    for (const [loss, expected] of Object.entries(keras.names.losses)) {
      test(`of losses: ${loss}, ${how}`, async () => {
        const y = tensor(expected.y);
        const model = denseModel(expected.activation, y);
        training.compile(model, { optimizer: tf.train.sgd(0.1), loss });
        const history = await training.fit(model, x, y, { ...asInKeras, compiled });
        assertAsKeras(history, model, expected);
      });
    }

    test(`of optimisers, with Keras’s settings, ${how}`, async () => {
      for (const [optimizer, expected] of Object.entries(keras.names.optimizers)) {
        const before = tf.memory().numTensors;
        const y = tensor(expected.y);
        const model = denseModel(expected.activation, y);
        training.compile(model, { optimizer, loss: 'mse' });
        const history = await training.fit(model, x, y, { ...asInKeras, compiled });
        assertAsKeras(history, model, expected);
        model.dispose();
        y.dispose();
        assert.equal(tf.memory().numTensors, before, optimizer);
      }
    });

    test(`of metrics, reported as they were written, ${how}`, async () => {
      for (const [metric, expected] of Object.entries(keras.names.metrics)) {
        const y = tensor(expected.y);
        const model = denseModel(expected.activation, y);
        const loss = y.rank === 1 ? 'sparse_categorical_crossentropy' : 'mse';
        training.compile(model, { optimizer: tf.train.sgd(0.1), loss, metrics: [metric] });
        const history = await training.fit(model, x, y, { ...asInKeras, compiled });
        assertAsKeras(history, model, expected);
      }
    });
  }
});

test('a name that there is not is an error that names the nearest one', () => {
  const compile = (options: object) => () => {
    const given = { optimizer: 'sgd', loss: 'mse', ...options };
    training.compile(twoByTwo(), given as training.CompileOptions);
  };
  const cases: [object, RegExp][] = [
    [
      { loss: 'mean_square_error' },
      /There is no loss "mean_square_error"\. Did you mean meanSquaredError\?/,
    ],
    [{ metrics: { size: 'mes' } }, /There is no metric "mes"\. Did you mean mse\?/],
    [{ metrics: { size: 'auk' } }, /There is no metric "auk"\. Did you mean auc\?/],
    [{ optimizer: 'adamv' }, /There is no optimiser "adamv"\. Did you mean adam\?/],
    [{ optimizer: 'Lion' }, /Keras's optimiser "Lion" is not supported; supported are sgd, adam/],
    [{ lossWeight: [1, 1] }, /compile has no option "lossWeight"\. Did you mean lossWeights\?/],
    [{ loss: { kind: 'mse' } }, /loss lacks the output "size"/],
    [{ loss: { kind: 'mse', sise: 'mse' } }, /loss has "sise".*Did you mean size\?/],
    [{ loss: ['mse'] }, /2 output\(s\), but loss has 1 entries/],
    [{ metrics: ['mae'] }, /2 output\(s\), but metrics has 1 entries/],
    [{ metrics: { kinds: 'mae' } }, /metrics has "kinds".*Did you mean kind\?/],
    [{ lossWeights: [1] }, /2 output\(s\), but lossWeights has 1 entries/],
    [{ lossWeights: { kind: Number.NaN } }, /lossWeights must be finite numbers, not NaN/],
    [{ loss: 7 }, /A loss must be a name or a function, not 7/],
  ];
  for (const [options, message] of cases) {
    assert.throws(compile(options), message);
  }
});

test('the metrics of each output, in an array or by name', async () => {
  const names = async (metrics: training.CompileOptions['metrics']) => {
    const model = twoByTwo();
    const loss = { kind: 'sparse_categorical_crossentropy', size: 'huber' };
    training.compile(model, { optimizer: 'sgd', loss, metrics });
    const targets = { kind: data('classes'), size: data('numbers') };
    const inputs = { left: x, right: data('x2') };
    return Object.keys(await training.evaluate(model, inputs, targets, { verbose: 0 }));
  };
  const losses = ['loss', 'kind_loss', 'size_loss'];
  assert.deepEqual(await names(undefined), losses);
  const expected = [...losses, 'kind_accuracy', 'size_mae', 'size_mean_squared_error'];
  assert.deepEqual(await names(['accuracy', ['mae', 'mean_squared_error']]), expected);
  const record = { size: ['mae', 'mean_squared_error'], kind: 'accuracy' };
  assert.deepEqual(await names(record), expected);
});

test('targets of Keras’s losses are checked like those of tfjs’s', async () => {
  const model = denseModel('linear', data('numbers'));
  training.compile(model, { optimizer: 'sgd', loss: 'huber' });
  await assert.rejects(
    training.fit(model, x, data('x2'), { verbose: 0 }),
    /expects targets of the model's output shape \[None, 1\], but y has the shape \[24, 3\]/,
  );
  await training.fit(model, x, tf.ones([24], 'int32'), { verbose: 0 });
});
