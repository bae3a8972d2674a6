/** Attention without kernels; what is expected was computed by Keras 3.15. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graph, layers } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const query = [
  [1, 0.5],
  [0, -1],
  [2, 1],
];
const value = [
  [1, 2],
  [-1, 0.5],
];
const key = [
  [0.5, 0],
  [1, 1],
];

const cases: [string, tf.layers.Layer, number[][][], (number | number[])[], number[]][] = [
  [
    'products',
    layers.attention(),
    [query, value],
    [],
    [0.879827, 1.90987, -0.635149, 0.773638, 0.99186, 1.993895],
  ],
  [
    'products with a scale, and a key',
    layers.attention({ useScale: true }),
    [query, value, key],
    [0.5],
    [-0.244919, 1.066311, 0.244919, 1.433689, -0.462117, 0.903412],
  ],
  [
    'sums with a scale',
    layers.attention({ scoreMode: 'concat', useScale: true }),
    [query, value],
    [0.5, 2],
    [0.817011, 1.862758, 0.926242, 1.944682, 0.612574, 1.70943],
  ],
  [
    'products that see no step after them',
    layers.attention({ useCausalMask: true }),
    [value, value],
    [],
    [1, 2, -0.5546, 0.83405],
  ],
  [
    'sums with a factor for each channel',
    layers.additiveAttention(),
    [query, value],
    [[0.5, -1]],
    [0.127794, 1.345846, -0.227033, 1.079726, 0.013411, 1.260058],
  ],
  [
    'sums without factors, and a key',
    layers.additiveAttention({ useScale: false }),
    [query, value, key],
    [],
    [-0.245816, 1.065638, -0.48579, 0.885657, -0.105048, 1.171213],
  ],
];

for (const [name, layer, given, weights, expected] of cases) {
  test(`attention by ${name}`, () => {
    const { numTensors } = tf.memory();
    const inputs = given.map((one) => tf.input({ shape: [one.length, 2] }));
    const model = tf.model({ inputs, outputs: layer.apply(inputs) as tf.SymbolicTensor });
    tf.tidy(() => {
      layer.setWeights(weights.map((weight) => tf.tensor(weight)));
      const batch = given.map((one) => tf.tensor3d([one]));
      const compiled = graph.compileModel(model, { immediately: true });
      for (const outputs of [
        model.predict(batch) as tf.Tensor,
        ...compiled.predictOnBatch(batch),
      ]) {
        assert.deepEqual(outputs.shape, [1, given[0]?.length, 2]);
        for (const [i, one] of outputs.dataSync().entries()) {
          assert.ok(Math.abs(one - (expected[i] as number)) < 2e-6, `${i}: ${one}`);
        }
      }
    });
    model.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  });
}

test('attention goes by the masks, and gives 0 for masked steps of the query', () => {
  for (const layer of [layers.attention(), layers.additiveAttention({ useScale: false })]) {
    const input = tf.input({ shape: [3, 1] });
    const masked = tf.layers.masking().apply(input) as tf.SymbolicTensor;
    const outputs = layer.apply([masked, masked]) as tf.SymbolicTensor;
    const model = tf.model({ inputs: input, outputs });
    const x = tf.tensor3d([[[0], [2], [2]]]);
    const given = tf.tidy(() => Array.from((model.predict(x) as tf.Tensor).dataSync()));
    assert.deepEqual(given, [0, 2, 2]);
    model.dispose();
    x.dispose();
  }
});

test('a step that sees none after it sees no masked ones before it either', () => {
  const input = tf.input({ shape: [3, 1] });
  const masked = tf.layers.masking().apply(input) as tf.SymbolicTensor;
  const layer = layers.attention({ useCausalMask: true });
  const model = tf.model({
    inputs: input,
    outputs: layer.apply([masked, masked]) as tf.SymbolicTensor,
  });
  const x = tf.tensor3d([[[0], [2], [4]]]);
  const given = tf.tidy(() => Array.from((model.predict(x) as tf.Tensor).dataSync()));
  assert.deepEqual(given.slice(0, 2), [0, 2]);
  model.dispose();
  x.dispose();
});

test('what is not applied to a query and a value is refused, as is another way of comparing', () => {
  const input = tf.input({ shape: [3, 1] });
  assert.throws(() => layers.attention().apply(input), /takes a query and a value/);
  assert.throws(
    () => layers.attention({ scoreMode: 'cosine' as 'dot' }),
    /has scoreMode = "cosine", which is not supported/,
  );
});
