import assert from 'node:assert/strict';
import { afterEach, mock, test } from 'node:test';
import type { MimeBundle } from '../../lib/display/index';
import { models } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const hostKey = Symbol.for('notebook.host');

afterEach(() => {
  mock.restoreAll();
  Reflect.deleteProperty(globalThis, hostKey);
});

function printed(model: tf.LayersModel): string[] {
  const log = mock.method(console, 'log', () => {});
  models.summary(model);
  return log.mock.calls
    .map((call) => String(call.arguments[0]))
    .join('\n')
    .split('\n');
}

test('prints the table of article 004', () => {
  const thin = '_'.repeat(65);
  assert.deepEqual(
    printed(models.mlp()).map((line) => line.trimEnd()),
    [
      'Model: "mlp"',
      thin,
      'Layer (type)                 Output Shape              Param #',
      '='.repeat(65),
      'flatten (Flatten)            (None, 784)               0',
      thin,
      'dense (Dense)                (None, 1000)              785000',
      thin,
      'dense_1 (Dense)              (None, 10)                10010',
      '='.repeat(65),
      'Total params: 795,010',
      'Trainable params: 795,010',
      'Non-trainable params: 0',
      thin,
    ],
  );
});

test('widens a column instead of cutting a name', () => {
  const lines = printed(models.lenet5());
  assert.ok(
    lines.some((line) =>
      line.startsWith('average_pooling2d_1 (AveragePooling2D) (None, 5, 5, 16) '),
    ),
  );
  assert.equal(new Set(lines.slice(1, 10).map((line) => line.length)).size, 1);
});

test('counts weights that are not trained apart', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 3, inputShape: [2], trainable: false }),
      tf.layers.batchNormalization(),
    ],
  });
  const lines = printed(model);
  assert.ok(lines.includes('Total params: 21'));
  assert.ok(lines.includes('Trainable params: 6'));
  assert.ok(lines.includes('Non-trainable params: 15'));
});

test('shows the inputs of a functional model', () => {
  const input = tf.input({ shape: [4], name: 'measurements' });
  const output = tf.layers.dense({ units: 1, name: 'score' }).apply(input) as tf.SymbolicTensor;
  const lines = printed(tf.model({ inputs: input, outputs: output, name: 'functional' }));
  assert.ok(lines.some((line) => /^measurements \(InputLayer\) +\(None, 4\) +0 *$/.test(line)));
  assert.ok(lines.some((line) => /^score \(Dense\) +\(None, 1\) +5 *$/.test(line)));
});

test('in a notebook is one output: an HTML table and the text', () => {
  const bundles: MimeBundle[] = [];
  const host = { display: (bundle: MimeBundle) => bundles.push(bundle), signal: undefined };
  Object.assign(globalThis, { [hostKey]: host });
  const log = mock.method(console, 'log', () => {});
  const model = tf.sequential({
    name: '<b>',
    layers: [tf.layers.dense({ name: 'score', units: 1, inputShape: [1] })],
  });
  models.summary(model);
  assert.equal(log.mock.callCount(), 0);
  assert.equal(bundles.length, 1);
  const html = String(bundles[0]?.['text/html']);
  assert.match(
    html,
    /<td align="left" style="text-align: left">score \(Dense\)<\/td><td align="left" style="text-align: left">\(None, 1\)<\/td>/,
  );
  assert.match(html, /Model: "&lt;b&gt;"/);
  assert.match(html, /Total params: 2/);
  assert.match(String(bundles[0]?.['text/plain']), /^Model: "<b>"\n_+\nLayer \(type\)/);
});
