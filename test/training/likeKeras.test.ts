/** Training, op by op and in a graph, gives what Keras gives; see fixtures/keras_training.py. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

interface Figures {
  shape: number[];
  values: number[];
}

interface Case {
  x: Figures[];
  y: Figures[];
  weights: Figures[];
  history: Record<string, number[]>;
  weightsAfter: Figures[];
  evaluation: Record<string, number>;
}

const { cases }: { cases: Record<string, Case> } = JSON.parse(
  readFileSync('test/training/fixtures/keras_training.json', 'utf8'),
);

/** How a model is built and compiled like the one in Keras. */
interface Example {
  model: () => tf.LayersModel;
  loss?: string | string[];
  optimizer?: () => tf.Optimizer;
  /** The learning rate of each epoch. */
  rates?: number[];
  metrics?: (string | typeof tf.metrics.recall)[];
}

type DenseArgs = Partial<Parameters<typeof tf.layers.dense>[0]>;

const { layers } = tf;
const dense = (units: number, options: DenseArgs = {}) => layers.dense({ units, ...options });

function sequential(inputShape: number[], ...rest: tf.layers.Layer[]) {
  return () => tf.sequential({ layers: [layers.inputLayer({ inputShape }), ...rest] });
}

const accuracy = { metrics: ['accuracy'] };
const binary = { loss: 'binaryCrossentropy', ...accuracy };
const categorical = { loss: 'categoricalCrossentropy', ...accuracy };
const quotients = { metrics: ['precision', tf.metrics.recall] };
const l2 = () => tf.regularizers.l2({ l2: 0.1 });

const examples: Record<string, () => Example> = {
  'sigmoid far off': () => ({
    model: sequential([3], dense(1, { activation: 'sigmoid' })),
    ...binary,
  }),
  'several sigmoids': () => ({
    model: sequential([3], dense(3, { activation: 'sigmoid' })),
    ...binary,
  }),
  'binary cross-entropy of softmax': () => ({
    model: sequential([3], dense(3, { activation: 'softmax' })),
    ...binary,
  }),
  'softmax as a layer of its own': () => ({
    model: sequential([3], dense(3), layers.softmax()),
    ...categorical,
  }),
  'activation as a layer of its own': () => ({
    model: sequential([3], dense(3), layers.activation({ activation: 'softmax' })),
    ...categorical,
  }),
  'relu and binary cross-entropy': () => ({
    model: sequential([3], dense(1, { activation: 'relu' })),
    ...binary,
  }),
  'precision and recall': () => ({
    model: sequential([3], dense(1, { activation: 'sigmoid' })),
    loss: 'binaryCrossentropy',
    ...quotients,
  }),
  'precision and recall of classes': () => ({
    model: sequential([3], dense(3, { activation: 'softmax' })),
    loss: 'categoricalCrossentropy',
    ...quotients,
  }),
  ...constraintExamples(),
  regulariser: () => ({
    model: sequential(
      [3],
      dense(2, { kernelRegularizer: l2(), biasRegularizer: tf.regularizers.l1({ l1: 0.2 }) }),
    ),
  }),
  'regulariser SimpleRNN': () => ({
    model: sequential(
      [4, 3],
      layers.simpleRNN({ units: 2, kernelRegularizer: l2(), recurrentRegularizer: l2() }),
    ),
  }),
  'regulariser LSTM': () => ({
    model: sequential(
      [4, 3],
      layers.lstm({
        units: 2,
        kernelRegularizer: l2(),
        recurrentRegularizer: l2(),
        recurrentActivation: 'sigmoid',
      }),
    ),
  }),
  'regulariser Bidirectional': () => ({
    model: sequential(
      [4, 3],
      layers.bidirectional({
        layer: layers.simpleRNN({ units: 1, kernelRegularizer: l2() }) as tf.RNN,
        mergeMode: 'concat',
      }),
    ),
  }),
  'regulariser TimeDistributed': () => ({
    model: sequential(
      [4, 3],
      layers.timeDistributed({ layer: dense(2, { kernelRegularizer: l2() }) }),
    ),
  }),
  'regulariser of a shared layer': () => ({ model: sharedLayer }),
  'BatchNormalization frozen': () => ({ model: normalized({ trainable: false }) }),
  'BatchNormalization without gamma': () => ({ model: normalized({ scale: false }) }),
  'BatchNormalization without beta': () => ({ model: normalized({ center: false }) }),
  'BatchNormalization without both': () => ({ model: normalized({ scale: false, center: false }) }),
  'BatchNormalization in a frozen model': () => ({ model: frozenBase }),
  'concatenate axis -2': () => ({ model: concatenated }),
  ...optimizerExamples(),
  'two outputs': () => ({
    model: twoOutputs,
    loss: ['binaryCrossentropy', 'categoricalCrossentropy'],
    ...accuracy,
  }),
};

function constraintExamples(): Record<string, () => Example> {
  const constraints = {
    nonNeg: () => tf.constraints.nonNeg(),
    unitNorm: () => tf.constraints.unitNorm({ axis: 0 }),
    maxNorm: () => tf.constraints.maxNorm({ maxValue: 0.3, axis: 0 }),
    minMaxNorm: () =>
      tf.constraints.minMaxNorm({ minValue: 0.5, maxValue: 0.8, rate: 0.5, axis: 0 }),
  };
  const optimizers = { SGD: () => tf.train.sgd(0.5), Adam: () => tf.train.adam(0.1) };
  return Object.fromEntries(
    Object.entries(constraints).flatMap(([name, constraint]) =>
      Object.entries(optimizers).map(([optimizerName, optimizer]) => [
        `constraint ${name} ${optimizerName}`,
        () => ({
          model: sequential(
            [3],
            dense(2, { kernelConstraint: constraint(), biasConstraint: tf.constraints.nonNeg() }),
          ),
          optimizer,
        }),
      ]),
    ),
  );
}

function optimizerExamples(): Record<string, () => Example> {
  const optimizers: Record<string, () => tf.Optimizer> = {
    'adam epsilon 1': () => tf.train.adam(0.1, 0.9, 0.999, 1),
    'adam epsilon 1e-7': () => tf.train.adam(0.1, 0.9, 0.999, 1e-7),
    'adamax epsilon 0.1': () => tf.train.adamax(0.1, 0.9, 0.999, 0.1),
    'adadelta rate 1': () => tf.train.adadelta(1, 0.95, 1e-7),
    'adadelta epsilon 0.01': () => tf.train.adadelta(0.5, 0.8, 0.01),
    'rmsprop centred': () => tf.train.rmsprop(0.01, 0.9, 0, 1e-7, true),
    'rmsprop centred, momentum, epsilon': () => tf.train.rmsprop(0.01, 0.9, 0.5, 0.01, true),
    'rmsprop epsilon 0.1': () => tf.train.rmsprop(0.01, 0.9, 0, 0.1),
    adagrad: () => tf.train.adagrad(0.1, 0.1),
  };
  const falling = [false, true].map((nesterov) => [
    `optimiser momentum, falling rate, nesterov ${nesterov ? 'True' : 'False'}`,
    () => ({
      model: sequential([3], dense(2)),
      optimizer: () => tf.train.momentum(0.1, 0.9, nesterov),
      rates: [0.1, 0.01],
    }),
  ]);
  return Object.fromEntries([
    ...Object.entries(optimizers).map(([name, optimizer]) => [
      `optimiser ${name}`,
      () => ({ model: sequential([3], dense(2)), optimizer }),
    ]),
    ...falling,
  ]);
}

function sharedLayer(): tf.LayersModel {
  const inputs = [tf.input({ shape: [3] }), tf.input({ shape: [3] })];
  const shared = dense(2, { kernelRegularizer: l2() });
  const outputs = inputs.map((input) => shared.apply(input) as tf.SymbolicTensor);
  return tf.model({ inputs, outputs: layers.add().apply(outputs) as tf.SymbolicTensor });
}

function normalized(options: Parameters<typeof layers.batchNormalization>[0]) {
  return sequential([3], layers.batchNormalization({ momentum: 0.9, ...options }), dense(2));
}

function frozenBase(): tf.LayersModel {
  const base = sequential([3], layers.batchNormalization({ momentum: 0.9 }))();
  base.trainable = false;
  return sequential([3], base, dense(2))();
}

function concatenated(): tf.LayersModel {
  const inputs = [tf.input({ shape: [4, 3] }), tf.input({ shape: [2, 3] })];
  const joined = layers.concatenate({ axis: -2 }).apply(inputs);
  const outputs = dense(2).apply(layers.flatten().apply(joined)) as tf.SymbolicTensor;
  return tf.model({ inputs, outputs });
}

function twoOutputs(): tf.LayersModel {
  const inputs = tf.input({ shape: [3] });
  const heads = [
    dense(1, { activation: 'sigmoid', name: 'first' }),
    dense(3, { activation: 'softmax', name: 'second' }),
  ];
  return tf.model({
    inputs,
    outputs: heads.map((head) => head.apply(inputs) as tf.SymbolicTensor),
  });
}

describe('three batches, twice, and an evaluation give what Keras gives', () => {
  it('every case of the fixture has its model', () => {
    assert.deepEqual(Object.keys(examples).sort(), Object.keys(cases).sort());
  });

  for (const [name, figures] of Object.entries(cases)) {
    for (const compiled of [false, true]) {
      it(`${name}, ${compiled ? 'in a graph' : 'op by op'}`, async () => {
        const { numTensors } = tf.memory();
        const example = (examples[name] as () => Example)();
        await assertLikeKeras(example, figures, compiled);
        assert.equal(tf.memory().numTensors, numTensors);
      });
    }
  }
});

async function assertLikeKeras(example: Example, figures: Case, compiled: boolean): Promise<void> {
  const model = example.model();
  const { loss = 'meanSquaredError', metrics } = example;
  const optimizer = example.optimizer?.() ?? tf.train.sgd(0.1);
  model.compile({ optimizer, loss, ...(metrics && { metrics }) });
  setWeights(model, figures.weights);
  const [x, y] = [figures.x.map(tensor), figures.y.map(tensor)];
  const options = { batchSize: 8, verbose: 0, compiled } as const;
  const callbacks = example.rates
    ? [new training.LearningRateScheduler((epoch) => example.rates?.[epoch] as number)]
    : [];
  const settings = { ...options, epochs: 2, shuffle: false, callbacks };
  const { history } = await training.fit(model, x, y, settings);
  delete history.learning_rate;
  const names = Object.keys(figures.history).sort();
  assert.deepEqual(Object.keys(history).sort(), names);
  for (const key of names) {
    assertClose(history[key] as number[], figures.history[key] as number[], key);
  }
  for (const [index, after] of figures.weightsAfter.entries()) {
    const weight = weightsInOrder(model)[index] as tf.Tensor;
    assertClose([...weight.dataSync()], after.values, `weight ${index}`);
  }
  const evaluation = await training.evaluate(model, x, y, options);
  for (const [key, value] of Object.entries(figures.evaluation)) {
    assertClose([evaluation[key] as number], [value], `evaluation, ${key}`);
  }
  // tfjs does not dispose the weights of a layer that is used twice, or in a nested model.
  const weights = weightsInOrder(model);
  model.dispose();
  tf.dispose([weights, x, y]);
  optimizer.dispose();
}

const tensor = ({ shape, values }: Figures) => tf.tensor(values, shape);

/** In Keras's order, which is that of the layers; tfjs puts non-trainable weights last. */
function variablesInOrder(layer: tf.layers.Layer): tf.LayerVariable[] {
  return layer instanceof tf.LayersModel ? layer.layers.flatMap(variablesInOrder) : layer.weights;
}

function weightsInOrder(model: tf.LayersModel): tf.Tensor[] {
  return variablesInOrder(model).map((variable) => variable.read());
}

function setWeights(model: tf.LayersModel, weights: Figures[]): void {
  for (const [index, variable] of variablesInOrder(model).entries()) {
    const value = tensor(weights[index] as Figures);
    variable.write(value);
    value.dispose();
  }
}

function assertClose(actual: number[], expected: number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (const [index, value] of actual.entries()) {
    const wanted = expected[index] as number;
    const difference = Math.abs(value - wanted) / Math.max(1, Math.abs(wanted));
    assert.ok(difference < 2e-5, `${what}: ${actual}, not ${expected}`);
  }
}
