/** What recurrent layers do at each step, partly done for all steps at once, is what they do one by one. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import { shardSizes } from '../../lib/graph/passes/shardBatch';
import { graph, layers } from '../../lib/index';
import { FUSED_ELEMENTWISE, hasElementwiseKernel } from '../../lib/native/elementwiseKernel';
import * as tf from '../../lib/tensorflow';
import { assertClose, normal, operations } from './graphs';
import { assertLockstep, disposeBatches } from './lockstep';

const STEPS = 12;
const FEATURES = 3;
const classes = 4;

let seed = 0;
const initializer = () => tf.initializers.randomNormal({ stddev: 0.4, seed: ++seed });
const recurrent = () => ({
  units: 5,
  kernelInitializer: initializer(),
  recurrentInitializer: initializer(),
});
const dense = (units: number, activation?: 'relu' | 'softmax') =>
  tf.layers.dense({ units, kernelInitializer: initializer(), ...(activation && { activation }) });

/** Layers that turn sequences into a vector each. */
const networks: Record<string, () => tf.layers.Layer[]> = {
  'simpleRNN, backwards': () => [tf.layers.simpleRNN({ ...recurrent(), goBackwards: true })],
  'lstm of TensorFlow.js': () => [tf.layers.lstm(recurrent())],
  'lstm of Keras': () => [tf.layers.lstm({ ...recurrent(), recurrentActivation: 'sigmoid' })],
  'gru of TensorFlow.js': () => [tf.layers.gru({ ...recurrent(), implementation: 1 })],
  'gru of Keras': () => [layers.gru(recurrent())],
  'two of them': () => [
    tf.layers.lstm({ ...recurrent(), returnSequences: true }),
    layers.gru(recurrent()),
  ],
  'both ways': () => [
    tf.layers.bidirectional({
      layer: tf.layers.lstm({ ...recurrent(), returnSequences: true }),
      mergeMode: 'concat',
    }),
    tf.layers.simpleRNN(recurrent()),
  ],
  'masked steps': () => [
    tf.layers.masking({ maskValue: 0 }),
    tf.layers.lstm({ ...recurrent(), returnSequences: true }),
    tf.layers.lstm(recurrent()),
  ],
  'the same layer at each step': () => [
    tf.layers.timeDistributed({ layer: dense(6, 'relu') }),
    tf.layers.timeDistributed({ layer: dense(5, 'softmax') }),
    tf.layers.flatten(),
  ],
};

function modelOf(inner: tf.layers.Layer[]): tf.LayersModel {
  const input = tf.input({ shape: [STEPS, FEATURES] });
  const outputs = [...inner, dense(classes, 'softmax')].reduce<tf.SymbolicTensor>(
    (values, layer) => layer.apply(values) as tf.SymbolicTensor,
    input,
  );
  return tf.model({ inputs: input, outputs });
}

/** Sequences of which some end early, in zeros. */
function batchOf(rows: number) {
  const inputs = tf.tidy(() => {
    const lengths = tf.reshape(tf.add(tf.mod(tf.range(0, rows), STEPS), 1), [rows, 1, 1]);
    const steps = tf.reshape(tf.range(0, STEPS), [1, STEPS, 1]);
    return tf.mul(
      normal([rows, STEPS, FEATURES], rows),
      tf.cast(tf.less(steps, lengths), 'float32'),
    );
  });
  const targets = tf.tidy(() => tf.mod(tf.range(0, rows), classes));
  return { inputs: [inputs], targets: [targets] };
}

describe('recurrent layers in a graph', () => {
  for (const [name, make] of Object.entries(networks)) {
    it(`${name}: the losses, weights and answers of eager layers, whatever the batch`, async () => {
      // As many rows as steps, or as units, must not be taken for these.
      const batches = [32, STEPS, 17, 5].map(batchOf);
      await assertLockstep({
        steps: batches.length,
        batches,
        makeModel: () => modelOf(make()),
        compile: (model) =>
          model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' }),
      });
      const model = modelOf(make());
      const runner = graph.compileModel(model, { immediately: true });
      batches.push(batchOf(33 * availableParallelism()));
      for (const { inputs } of batches) {
        const expected = tf.tidy(() => model.predict(inputs[0] as tf.Tensor) as tf.Tensor);
        const actual = runner.predictOnBatch(inputs);
        assertClose(actual, [expected], 1e-5, `answers to ${inputs[0]?.shape[0]} rows`);
        tf.dispose([actual, expected]);
      }
      model.dispose();
      disposeBatches(batches);
    });
  }

  /** Of each operation: how many more there are for ten more steps. */
  function furtherOperations(
    rows: number,
    options: { recurrentActivation?: 'sigmoid' | 'hardSigmoid' },
    run: (model: tf.Sequential, x: tf.Tensor) => tf.Tensor[],
  ) {
    const [many, few] = [20, 10].map((steps) => {
      const settings = { ...recurrent(), ...options, inputShape: [steps, FEATURES] };
      const model = tf.sequential({ layers: [tf.layers.lstm(settings), dense(classes)] });
      const x = normal([rows, steps, FEATURES], 1);
      const found = operations(([given]) => run(model, given as tf.Tensor), x);
      x.dispose();
      model.dispose();
      return found;
    }) as [string[], string[]];
    const count = (found: string[], op: string) => found.filter((one) => one === op).length;
    return (op: string) => count(many, op) - count(few, op);
  }

  const skip = !hasElementwiseKernel() && 'the addon lacks the kernel';
  for (const recurrentActivation of ['sigmoid', 'hardSigmoid'] as const) {
    const text = `take a product and one kernel for each step, with ${recurrentActivation}`;
    it(text, { skip }, () => {
      const rows = 32;
      const further = furtherOperations(rows, { recurrentActivation }, (model, x) => [
        model.apply(x) as tf.Tensor,
      ]);
      const perStep = 10 * shardSizes(rows, availableParallelism()).length;
      assert.equal(further('MatMul'), perStep);
      assert.equal(further(FUSED_ELEMENTWISE), perStep);
      // A cell's and an output's.
      assert.equal(further('Tanh'), 2 * perStep);
      assert.equal(further('SplitV'), 0);
    });
  }

  it('multiply twice for each step and share, forwards and back, and add no gradients', () => {
    const rows = 32;
    const further = furtherOperations(rows, {}, (model, x) => {
      const loss = () => tf.sum(model.apply(x) as tf.Tensor) as tf.Scalar;
      return Object.values(tf.variableGrads(loss).grads);
    });
    assert.equal(further('MatMul'), 10 * 2 * shardSizes(rows, availableParallelism()).length);
  });
});
