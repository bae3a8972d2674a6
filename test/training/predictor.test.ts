import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graph, models, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

function pictures(count: number, seed: number): Float32Array {
  return tf.tidy(() =>
    tf
      .randomUniform([count * 784], 0, 1, 'float32', seed)
      .dataSync()
      .slice(),
  ) as Float32Array;
}

function rowShape({ inputs: [input] }: tf.LayersModel): number[] {
  return (input as tf.SymbolicTensor).shape.slice(1) as number[];
}

/** tfjs's own prediction. */
function expectedAnswers(model: tf.LayersModel, values: Float32Array): Float32Array {
  const shape = [values.length / 784, ...rowShape(model)];
  return tf.tidy(() =>
    (model.predict(tf.tensor(values, shape)) as tf.Tensor).dataSync(),
  ) as Float32Array;
}

function assertClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  assert.equal(actual.length, expected.length);
  for (let index = 0; index < expected.length; index++) {
    assert.ok(Math.abs((actual[index] as number) - (expected[index] as number)) < 1e-5);
  }
}

for (const build of [models.mlp, models.lenet5, models.cnn]) {
  test(`predictor: the answers of tfjs, for one picture and for several (${build.name})`, () => {
    const model = build({ seed: 3 });
    const read = training.predictor(model);
    const before = tf.memory().numTensors;
    for (const count of [1, 3, 1]) {
      const values = pictures(count, count);
      assertClose(read(values), expectedAnswers(model, values));
    }
    const input = tf.tensor(pictures(2, 9), [2, ...rowShape(model)]);
    const output = read(input);
    assert.deepEqual(output.shape, [2, 10]);
    assertClose(output.dataSync(), expectedAnswers(model, pictures(2, 9)));
    tf.dispose([input, output]);
    assert.equal(tf.memory().numTensors, before);
    read.dispose();
    model.dispose();
  });
}

test('predictor: follows weights that are trained, and that are set', async () => {
  const model = models.mlp({ seed: 1 });
  model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
  const read = training.predictor(model);
  const values = pictures(1, 5);
  const first = read(values);
  const x = tf.tensor(pictures(64, 2), [64, 28, 28]);
  const y = tf.zeros([64], 'int32');
  await training.fit(model, x, y, { epochs: 3, verbose: 0, compiled: true });
  const trained = read(values);
  assert.ok(Math.abs((trained[0] as number) - (first[0] as number)) > 1e-3);
  assertClose(trained, expectedAnswers(model, values));
  const zeros = model.getWeights().map((weight) => tf.zerosLike(weight));
  model.setWeights(zeros);
  assertClose(read(values), new Float32Array(10).fill(0.1));
  tf.dispose([x, y, zeros]);
  read.dispose();
  model.dispose();
});

test('predictor: zeros are skipped where a matrix is large', () => {
  const model = tf.sequential({
    layers: [
      tf.layers.flatten({ inputShape: [28, 28] }),
      tf.layers.dense({ units: 800, activation: 'relu' }),
      tf.layers.dense({ units: 800, activation: 'tanh' }),
      tf.layers.dense({ units: 10, activation: 'softmax' }),
    ],
  });
  const read = training.predictor(model);
  for (const step of [1, 5, 784, 1000]) {
    const values = pictures(1, step).map((value, index) => (index % step === 1 ? value : 0));
    assertClose(read(values), expectedAnswers(model, values));
  }
  read.dispose();
  model.dispose();
});

test('weights that are not finite, which zeros must not hide', async () => {
  const model = models.mlp({ seed: 1 });
  const read = training.predictor(model);
  const values = new Float32Array(784);
  values[0] = 1;
  const weights = model.getWeights().map((weight) => weight.clone());
  const [kernel, ...others] = weights as [tf.Tensor, ...tf.Tensor[]];
  const x = tf.tensor(values, [1, 28, 28]);
  const answer = read(values);
  const before = tf.memory().numTensors;
  for (const weight of [Number.NaN, Number.POSITIVE_INFINITY]) {
    const numbers = kernel.dataSync().slice();
    numbers[783_000] = weight;
    const broken = tf.tensor(numbers, [784, 1000]);
    model.setWeights([broken, ...others]);
    for (let call = 0; call < 2; call++) {
      assert.throws(() => read(values), /Not all numbers in "dense\/kernel[_0-9]*" are finite/);
    }
    const predicted = await training.predict(model, x);
    assert.ok(Number.isNaN(predicted.dataSync()[0]));
    model.setWeights(weights);
    assertClose(read(values), answer);
    tf.dispose([broken, predicted]);
  }
  assert.equal(tf.memory().numTensors, before);
  tf.dispose([weights, x]);
  read.dispose();
  model.dispose();
});

test('predictor: two of one model are apart; one that was disposed says so', () => {
  const model = models.lenet5({ seed: 1 });
  const [first, second] = [training.predictor(model), training.predictor(model)];
  const values = pictures(1, 1);
  const answer = first(values);
  first.dispose();
  assert.throws(() => first(values), /The predictor was disposed/);
  assertClose(second(values), answer);
  second.dispose();
  model.dispose();
  assert.throws(() => training.predictor(model), /was disposed/);
});

test('predictor: a model that was disposed', () => {
  const model = models.mlp({ seed: 1 });
  const read = training.predictor(model);
  model.dispose();
  assert.throws(() => read(pictures(1, 1)), /The model "[^"]+" was disposed/);
});

test('predictor: says what is wrong with an input', () => {
  const model = models.mlp({ seed: 1 });
  const read = training.predictor(model);
  assert.throws(() => read([1, 2]), /got 2 values; one input .* has 784 \(28 x 28\)/);
  assert.throws(() => read([]), /got 0 values/);
  assert.throws(() => read(new Float32Array(784).fill(Number.NaN)), /NaN at index 0/);
  const wrong = tf.zeros([1, 784]);
  assert.throws(() => read(wrong), /float32\[1,784\]; .* takes float32\[rows,28,28\]/);
  wrong.dispose();
  assertClose(read(Array.from(pictures(1, 4))), expectedAnswers(model, pictures(1, 4)));
  read.dispose();
  model.dispose();
});

test('predictor: a layer of the user’s own', () => {
  class Doubled extends tf.layers.Layer {
    static className = 'DoubledInPredictor';
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      return tf.mul([inputs].flat()[0] as tf.Tensor, 2);
    }
  }
  const model = tf.sequential({
    layers: [tf.layers.flatten({ inputShape: [28, 28] }), new Doubled({})],
  });
  const read = training.predictor(model);
  const before = tf.memory().numTensors;
  for (const seed of [1, 2, 3]) {
    const values = pictures(1, seed);
    assertClose(read(values), expectedAnswers(model, values));
  }
  assert.equal(tf.memory().numTensors, before);
  read.dispose();
  model.dispose();
});

test('predictor: a layer that does nothing but in training gives a tensor of its own', () => {
  const model = tf.sequential({ layers: [tf.layers.dropout({ rate: 0.5, inputShape: [3] })] });
  const read = training.predictor(model);
  assert.deepEqual([...read([1, 2, 3])], [1, 2, 3]);
  read.dispose();
  model.dispose();
});

test('predictor: what is not for it', () => {
  const input = tf.input({ shape: [3] });
  const two = tf.model({
    inputs: input,
    outputs: [1, 2].map((units) => tf.layers.dense({ units }).apply(input) as tf.SymbolicTensor),
  });
  assert.throws(() => training.predictor(two), /1 input\(s\) and 2 output\(s\)/);
  const recurrent = tf.sequential({
    layers: [tf.layers.simpleRNN({ units: 2, stateful: true, batchInputShape: [1, 4, 3] })],
  });
  assert.throws(() => training.predictor(recurrent), graph.NotCompilableError);
  two.dispose();
  recurrent.dispose();
});
