/** Masks and states of recurrent layers, which tfjs hands on to layers that they are not for. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { layers } from '../../lib/index';
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

// A bias of 1 makes something of the step that is masked.
const kernel = { kernelInitializer: ones, biasInitializer: ones } as const;
const plusOne = () => tf.layers.dense({ units: 1, ...kernel });
/** Ends the mask. */
const plusOneUnmasked = () => tf.layers.conv1d({ filters: 1, kernelSize: 1, ...kernel });

test('a mask ends at a layer that does not hand it on', () => {
  const one = (layer: tf.layers.Layer) =>
    tf.sequential({ layers: [tf.layers.masking({ inputShape: [3, 1] }), layer, sum()] });
  const x = tf.tensor3d([[[0], [2], [3]]]);
  for (const [layer, expected] of [
    [plusOneUnmasked(), 1 + 3 + 4],
    [plusOne(), 3 + 4],
  ] as const) {
    const model = one(layer);
    assert.deepEqual(predicted(model, x), [expected], layer.getClassName());
    model.dispose();
  }
  x.dispose();
});

test('the layers that hand a mask on in Keras do', () => {
  const x = tf.tensor3d([[[0], [2], [3]]]);
  for (const layer of [
    tf.layers.elu(),
    tf.layers.leakyReLU(),
    layers.elu(),
    tf.layers.prelu(),
    tf.layers.rescaling({ scale: 1 }),
    layers.normalization({ mean: 0, variance: 1 }),
  ]) {
    const model = tf.sequential({
      layers: [tf.layers.masking({ inputShape: [3, 1] }), layer, plusOne(), sum()],
    });
    assert.deepEqual(predicted(model, x), [3 + 4], layer.getClassName());
    model.dispose();
  }
  x.dispose();
});

test('only the steps that count are averaged, by the layers of tfjs and of the library', () => {
  const x = tf.tensor3d([[[0], [2], [3]]]);
  for (const make of [tf.layers.globalAveragePooling1d, layers.globalAveragePooling1d]) {
    const model = tf.sequential({
      layers: [tf.layers.masking({ inputShape: [3, 1] }), plusOne(), make({})],
    });
    assert.deepEqual(predicted(model, x), [(3 + 4) / 2]);
    model.dispose();
    const unmasked = tf.sequential({
      layers: [tf.layers.dense({ units: 1, inputShape: [3, 1], ...kernel }), make({})],
    });
    assert.deepEqual(predicted(unmasked, x), [Math.fround((1 + 3 + 4) / 3)]);
    unmasked.dispose();
  }
  x.dispose();
});

test('a mask that a model is given ends at the mean of the steps', () => {
  const sequence = tf.input({ shape: [3, 3] });
  const vector = tf.layers.globalAveragePooling1d({}).apply(sequence) as tf.SymbolicTensor;
  const squares = tf.layers.multiply().apply([vector, vector]) as tf.SymbolicTensor;
  const model = tf.sequential({
    layers: [
      tf.layers.masking({ inputShape: [3, 3] }),
      tf.model({ inputs: sequence, outputs: squares }),
    ],
  });
  // As many steps as numbers in each.
  const x = tf.tensor([0, 0, 0, 1, 2, 3, 1, 2, 3], [1, 3, 3]);
  assert.deepEqual(predicted(model, x), [1, 4, 9]);
  model.dispose();
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

test('a branch without a mask does not go by that of another branch', () => {
  const [masked, plain] = [tf.input({ shape: [3, 1] }), tf.input({ shape: [3, 1] })];
  const one = tf.layers.masking({ maskValue: 0 }).apply(masked);
  // What hands a mask on left it for the next layer, whose input has none.
  const kept = plusOne().apply(one);
  const outputs = [kept, sum().apply(plain)] as tf.SymbolicTensor[];
  const model = tf.model({ inputs: [masked, plain], outputs });
  const x = [tf.tensor3d([[[0], [2], [3]]]), tf.tensor3d([[[4], [5], [6]]])];
  const answers = tf.tidy(() =>
    (model.predict(x) as tf.Tensor[]).map((output) => Array.from(output.dataSync())),
  );
  assert.deepEqual(answers, [[1, 3, 4], [4 + 5 + 6]]);
  model.dispose();
  tf.dispose(x);
});

/** Merges a masked sequence with what `other` makes of it, and adds up what comes out. */
function merged(merge: tf.layers.Layer, other: tf.layers.Layer, ...rest: tf.layers.Layer[]) {
  const input = tf.input({ shape: [3, 1] });
  const masked = tf.layers.masking({ maskValue: 0 }).apply(input) as tf.SymbolicTensor;
  const both = [masked, other.apply(masked) as tf.SymbolicTensor];
  const outputs = [merge, ...rest].reduce<tf.SymbolicTensor | tf.SymbolicTensor[]>(
    (value, layer) => layer.apply(value) as tf.SymbolicTensor,
    both,
  );
  return tf.model({ inputs: input, outputs: outputs as tf.SymbolicTensor });
}

test('inputs with the same mask are merged, and keep it', () => {
  const x = tf.tensor3d([[[0], [2], [3]]]);
  for (const [merge, expected] of [
    [tf.layers.add(), 2 + 3 + (3 + 4)],
    [tf.layers.multiply(), 2 * 3 + 3 * 4],
    [tf.layers.average(), 2.5 + 3.5],
    [tf.layers.concatenate(), 2 + 3 + (3 + 4)],
    [tf.layers.concatenate({ axis: 1 }), 2 + 3 + (3 + 4)],
  ] as const) {
    const model = merged(merge, plusOne(), sum());
    assert.deepEqual(predicted(model, x), [expected], merge.name);
    model.dispose();
  }
  x.dispose();
});

test('masked steps are merged as in Keras 3', () => {
  const x = tf.tensor2d([[0, 2, 3]]);
  for (const [merge, expected] of [
    [tf.layers.add(), [3, 3, 3]],
    [tf.layers.multiply(), [0, 2, 2]],
    [tf.layers.maximum(), [1, 2, 2]],
    [tf.layers.minimum(), [1, 1, 1]],
  ] as const) {
    const steps = tf.input({ shape: [3] });
    const embedding = { inputDim: 4, outputDim: 1, maskZero: true, embeddingsInitializer: ones };
    const masked = tf.layers.embedding(embedding as { inputDim: 4; outputDim: 1 }).apply(steps);
    const both = [masked, plusOne().apply(masked)] as tf.SymbolicTensor[];
    const outputs = tf.layers.flatten().apply(merge.apply(both)) as tf.SymbolicTensor;
    const model = tf.model({ inputs: steps, outputs });
    assert.deepEqual(predicted(model, x), expected, merge.getClassName());
    model.dispose();
  }
  x.dispose();
});

test('vectors that are masked as a whole are multiplied', () => {
  const input = tf.input({ shape: [2] });
  const masked = tf.layers.masking({ maskValue: 0 }).apply(input);
  const both = [masked, tf.layers.dense({ units: 2, ...kernel }).apply(masked)];
  const product = tf.layers.multiply().apply(both as tf.SymbolicTensor[]);
  const model = tf.model({ inputs: input, outputs: product as tf.SymbolicTensor });
  const x = tf.tensor2d([[0, 0], [2, 3]]); // biome-ignore format: rows
  assert.deepEqual(predicted(model, x), [0, 0, 12, 18]);
  model.dispose();
  x.dispose();
});

test('inputs with different masks are refused where somebody goes by them', () => {
  const x = tf.tensor3d([[[0], [2], [3]]]);
  for (const merge of [
    tf.layers.add(),
    tf.layers.concatenate(),
    tf.layers.concatenate({ axis: 1 }),
  ]) {
    const refused = merged(merge, plusOneUnmasked(), sum());
    assert.throws(() => predicted(refused, x), /goes by the mask of merged inputs.*not supported/);
    refused.dispose();
  }
  const product = merged(tf.layers.multiply(), plusOneUnmasked(), tf.layers.flatten());
  assert.throws(() => predicted(product, x), /would go by the masks of merged inputs/);
  product.dispose();
  const ignored = merged(tf.layers.add(), plusOneUnmasked(), tf.layers.flatten());
  assert.deepEqual(predicted(ignored, x), [1, 5, 7]);
  ignored.dispose();
  x.dispose();
});

test('what a Bidirectional layer gives for masked steps is 0, as in Keras', () => {
  const x = tf.tensor3d([[[1], [0], [2], [0]]]);
  for (const [mergeMode, expected] of [
    // From the first step and from the last: 1, 1, 3, 3 and 3, 2, 2, 0.
    ['concat', [1, 3, 0, 0, 3, 2, 0, 0]],
    ['sum', [4, 0, 5, 0]],
    ['mul', [3, 0, 6, 0]],
    ['ave', [2, 0, 2.5, 0]],
  ] as const) {
    const { numTensors } = tf.memory();
    const layer = tf.layers.bidirectional({
      layer: sum({ returnSequences: true }) as tf.RNN,
      mergeMode,
    });
    const model = tf.sequential({ layers: [tf.layers.masking({ inputShape: [4, 1] }), layer] });
    assert.deepEqual(predicted(model, x), expected, mergeMode);
    model.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  }
  x.dispose();
});

test('a mask goes into a model within a model, and out of it', () => {
  const x = tf.tensor3d([[[0], [2], [3]]]);
  const inner = (layer: tf.layers.Layer) => tf.sequential({ layers: [layer] });
  const masking = () => tf.layers.masking({ inputShape: [3, 1] });
  const shape = { inputShape: [3, 1] };
  const inside = tf.layers.dense({ units: 1, ...kernel, ...shape });
  for (const layersOfModel of [
    [masking(), inner(inside), sum()],
    [inner(masking()), plusOne(), sum()],
  ]) {
    const { numTensors } = tf.memory();
    const model = tf.sequential({ layers: layersOfModel });
    assert.deepEqual(predicted(model, x), [3 + 4]);
    const output = model.apply(x) as tf.Tensor;
    assert.deepEqual(Array.from(output.dataSync()), [3 + 4]);
    output.dispose();
    model.dispose();
    assert.equal(tf.memory().numTensors, numTensors);
  }
  x.dispose();
});

test('of a model with two inputs only the masked one is', () => {
  const x = tf.tensor3d([[[0], [2], [3]]]);
  for (const isMaskedFirst of [false, true]) {
    const inOrder = <Value>(free: Value, masked: Value) =>
      isMaskedFirst ? [masked, free] : [free, masked];
    const [free, masked] = [tf.input({ shape: [3, 1] }), tf.input({ shape: [3, 1] })];
    const both = tf.model({
      inputs: inOrder(free, masked),
      outputs: [free, masked].map((one) => sum().apply(plusOne().apply(one)) as tf.SymbolicTensor),
    });
    const input = tf.input({ shape: [3, 1] });
    const outputs = both.apply(
      inOrder(input, tf.layers.masking().apply(input) as tf.SymbolicTensor),
    ) as tf.SymbolicTensor[];
    const model = tf.model({ inputs: input, outputs });
    const sums = tf.tidy(() => (model.predict(x) as tf.Tensor[]).map((one) => one.dataSync()[0]));
    assert.deepEqual(sums, [1 + 3 + 4, 3 + 4]);
    model.dispose();
  }
  x.dispose();
});

test('attention goes by the mask of the value, whether or not the query has one', () => {
  const [x, y] = [tf.ones([1, 3, 1]), tf.tensor3d([[[0], [2], [2]]])];
  for (const isSelfAttention of [false, true]) {
    const [steps, other] = [tf.input({ shape: [3, 1] }), tf.input({ shape: [3, 1] })];
    const masked = tf.layers.masking().apply(other) as tf.SymbolicTensor;
    const attention = layers.multiHeadAttention({
      ...{ numHeads: 1, keyDim: 1, kernelInitializer: 'ones', useBias: false },
    });
    const outputs = attention.apply([isSelfAttention ? masked : steps, masked]);
    const model = tf.model({ inputs: [steps, other], outputs: outputs as tf.SymbolicTensor });
    const given = tf.tidy(() => Array.from((model.predict([x, y]) as tf.Tensor).dataSync()));
    // All steps of the value that count are 2, so is their mean, whatever its weights.
    assert.deepEqual(given.slice(1), [2, 2]);
    model.dispose();
  }
  tf.dispose([x, y]);
});
