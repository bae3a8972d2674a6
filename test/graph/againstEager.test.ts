/** Compiled training gives the answers of eager tfjs, step by step. */
import assert from 'node:assert/strict';
import { after, describe, it } from 'node:test';
import { graph, models } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { eagerRunner } from '../../lib/training/runners/eagerRunner';
import {
  assertClose,
  assertLockstep,
  type Batch,
  disposeBatches,
  imageBatch,
  maximumDifference,
  stateOf,
} from './lockstep';

/** Each batch of the small models comes twice or more. */
const STEPS = 8;

describe('the architectures of the notebooks', () => {
  for (const [name, makeModel] of Object.entries({
    mlp: models.mlp,
    lenet5: models.lenet5,
    lenet: models.lenet,
    cnn: models.cnn,
  })) {
    it(`${name} trains as eagerly, with full and partial batches`, async () => {
      const shape = inputShape(makeModel);
      // A batch for each step, so that none is memorised: with a loss near 0, only rounding errors
      // would be compared.
      const batches = Array.from({ length: STEPS }, (_, i) =>
        imageBatch(shape, i % 4 === 3 ? 5 : 16, i),
      );
      await assertLockstep({
        steps: STEPS,
        batches,
        makeModel: () => makeModel({ seed: 1 }),
        compile: (model) =>
          model.compile({
            // A smaller epsilon turns the rounding errors of gradients near 0 into large steps.
            optimizer: tf.train.adam(0.001, 0.9, 0.999, 1e-5),
            loss: 'sparseCategoricalCrossentropy',
            metrics: ['acc'],
          }),
      });
      disposeBatches(batches);
    });
  }

  for (const [name, makeModel] of Object.entries({ mlp: models.mlp, lenet5: models.lenet5 })) {
    it(`${name} with SGD stays with eager training for 50 steps on its own`, async () => {
      const batches = Array.from({ length: 10 }, (_, i) =>
        imageBatch(inputShape(makeModel), 16, 10 + i),
      );
      const [eager, compiled] = [makeModel({ seed: 2 }), makeModel({ seed: 2 })] as const;
      for (const model of [eager, compiled]) {
        model.compile({ optimizer: 'sgd', loss: 'sparseCategoricalCrossentropy' });
      }
      const runner = graph.compileModel(compiled, { immediately: true });
      for (let step = 0; step < 50; step++) {
        const { inputs, targets } = batches[step % batches.length] as Batch;
        const expected = (await eager.trainOnBatch(inputs, targets)) as number;
        assertClose(runner.trainOnBatch(inputs, targets), [expected], `loss of step ${step}`);
      }
      for (const [variable, other] of pairs(stateOf(compiled), stateOf(eager))) {
        assert(maximumDifference(variable, other) < 1e-5);
      }
      disposeBatches(batches);
      eager.dispose();
      compiled.dispose();
    });
  }
});

describe('the optimisers', () => {
  const batches = [imageBatch([6], 8, 1, 3), imageBatch([6], 8, 2, 3), imageBatch([6], 3, 3, 3)];
  after(() => disposeBatches(batches));
  const optimizers: Record<string, () => tf.Optimizer> = {
    SGD: () => tf.train.sgd(0.1),
    momentum: () => tf.train.momentum(0.1, 0.9),
    'Nesterov momentum': () => tf.train.momentum(0.1, 0.9, true),
    Adam: () => tf.train.adam(0.01),
    'Adam with a large epsilon': () => tf.train.adam(0.01, 0.8, 0.9, 0.1),
    Adamax: () => tf.train.adamax(0.01, 0.9, 0.999, undefined, 0.1),
    RMSProp: () => tf.train.rmsprop(0.01),
    'RMSProp with momentum': () => tf.train.rmsprop(0.01, 0.9, 0.5),
    'centred RMSProp': () => tf.train.rmsprop(0.001, 0.9, 0, 1e-12, true),
    Adagrad: () => tf.train.adagrad(0.1),
    Adadelta: () => tf.train.adadelta(1),
  };
  for (const [name, makeOptimizer] of Object.entries(optimizers)) {
    it(name, () =>
      assertLockstep({
        steps: STEPS,
        batches,
        makeModel: smallClassifier,
        compile: (model) =>
          model.compile({ optimizer: makeOptimizer(), loss: 'sparseCategoricalCrossentropy' }),
      }),
    );
  }

  it('a learning rate that changes between steps', async () => {
    const [eager, compiled] = [smallClassifier(), smallClassifier()] as const;
    const rates = [0.1, 0.05, 0.05, 0.2];
    const optimizers = [tf.train.sgd(1), tf.train.sgd(1)] as const;
    eager.compile({ optimizer: optimizers[0], loss: 'sparseCategoricalCrossentropy' });
    compiled.compile({ optimizer: optimizers[1], loss: 'sparseCategoricalCrossentropy' });
    const runner = graph.compileModel(compiled, { immediately: true });
    const { inputs, targets } = batches[0] as Batch;
    for (const rate of rates) {
      for (const optimizer of optimizers) {
        (optimizer as tf.SGDOptimizer).setLearningRate(rate);
      }
      await eager.trainOnBatch(inputs, targets);
      runner.trainOnBatch(inputs, targets);
    }
    for (const [variable, other] of pairs(stateOf(compiled), stateOf(eager))) {
      assert(maximumDifference(variable, other) < 1e-6);
    }
    eager.dispose();
    compiled.dispose();
  });
});

describe('losses and metrics', () => {
  const inputs = [tf.randomUniform([8, 6], 0, 1, 'float32', 5)];
  const oneHot = tf.oneHot(tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 0], 'int32'), 3).toFloat();
  const binary = tf.tensor2d([0, 1, 1, 0, 1, 0, 0, 1], [8, 1]);
  const real = tf.randomNormal([8, 3], 0, 1, 'float32', 6);
  const sparse = tf.tensor1d([0, 1, 2, 0, 1, 2, 0, 0], 'float32');
  after(() => tf.dispose([inputs, oneHot, binary, real, sparse]));
  const cases: Record<
    string,
    { target: tf.Tensor; units: number; activation: 'softmax' | 'sigmoid' | 'linear' }
  > = {
    categoricalCrossentropy: { target: oneHot, units: 3, activation: 'softmax' },
    sparseCategoricalCrossentropy: { target: sparse, units: 3, activation: 'softmax' },
    binaryCrossentropy: { target: binary, units: 1, activation: 'sigmoid' },
    meanSquaredError: { target: real, units: 3, activation: 'linear' },
    meanAbsoluteError: { target: real, units: 3, activation: 'linear' },
    kullbackLeiblerDivergence: { target: oneHot, units: 3, activation: 'softmax' },
    hinge: { target: real, units: 3, activation: 'linear' },
    cosineProximity: { target: real, units: 3, activation: 'linear' },
  };
  for (const [loss, { target, units, activation }] of Object.entries(cases)) {
    it(`${loss} with accuracy and a metric given as a function`, () =>
      assertLockstep({
        steps: STEPS,
        batches: [{ inputs, targets: [target] }],
        makeModel: () =>
          tf.sequential({
            layers: [
              dense({ inputShape: [6], units: 5, activation: 'tanh' }, 1),
              dense({ units, activation }, 2),
            ],
          }),
        compile: (model) =>
          model.compile({
            optimizer: 'adam',
            loss,
            metrics: ['accuracy', (_truth, prediction) => tf.mean(tf.square(prediction))],
          }),
      }));
  }
});

describe('layers', () => {
  it('BatchNormalization, Dropout at rate 0, regularisers, Reshape and pooling', async () => {
    const batches = [imageBatch([8, 8, 1], 8, 1), imageBatch([8, 8, 1], 3, 2)];
    const makeModel = () =>
      tf.sequential({
        layers: [
          tf.layers.reshape({ inputShape: [8, 8, 1], targetShape: [8, 8, 1] }),
          tf.layers.conv2d({
            filters: 4,
            kernelSize: 3,
            padding: 'same',
            kernelInitializer: tf.initializers.glorotUniform({ seed: 1 }),
            kernelRegularizer: tf.regularizers.l2({ l2: 0.01 }),
            biasRegularizer: 'l1l2',
          }),
          tf.layers.batchNormalization({}),
          tf.layers.activation({ activation: 'relu' }),
          tf.layers.maxPooling2d({ poolSize: 2 }),
          tf.layers.averagePooling2d({ poolSize: 2 }),
          tf.layers.flatten(),
          tf.layers.dropout({ rate: 0 }),
          tf.layers.dense({
            units: 8,
            activation: 'elu',
            kernelInitializer: tf.initializers.glorotUniform({ seed: 2 }),
          }),
          tf.layers.batchNormalization({}),
          dense({ units: 10, activation: 'softmax' }, 3),
        ],
      });
    const compile = (model: tf.LayersModel) =>
      model.compile({
        optimizer: tf.train.momentum(0.01, 0.9),
        loss: 'sparseCategoricalCrossentropy',
        metrics: ['acc'],
      });
    await assertLockstep({ steps: STEPS, batches, makeModel, compile });

    const model = makeModel();
    compile(model);
    assertSameInference(model, batches[1] as Batch);
    model.dispose();
    disposeBatches(batches);
  });

  it('a functional model with two inputs and two outputs', async () => {
    const makeModel = () => {
      const a = tf.input({ shape: [4] });
      const b = tf.input({ shape: [3] });
      const joined = tf.layers.concatenate().apply([a, b]) as tf.SymbolicTensor;
      const hidden = dense({ units: 5, activation: 'relu' }, 1).apply(joined);
      const outputs = [dense({ units: 2 }, 2), dense({ units: 1, activation: 'sigmoid' }, 3)].map(
        (layer) => layer.apply(hidden) as tf.SymbolicTensor,
      );
      return tf.model({ inputs: [a, b], outputs });
    };
    const batch = {
      inputs: [
        tf.randomNormal([6, 4], 0, 1, 'float32', 1),
        tf.randomNormal([6, 3], 0, 1, 'float32', 2),
      ],
      targets: [tf.randomNormal([6, 2], 0, 1, 'float32', 3), tf.ones([6, 1])],
    };
    const compile = (model: tf.LayersModel) =>
      model.compile({ optimizer: 'adam', loss: ['meanSquaredError', 'binaryCrossentropy'] });
    await assertLockstep({ steps: STEPS, batches: [batch], makeModel, compile });
    const model = makeModel();
    compile(model);
    assertSameInference(model, batch);
    model.dispose();
    disposeBatches([batch]);
  });

  it('a frozen layer keeps its weights', async () => {
    const batches = [imageBatch([6], 8, 1, 3)];
    await assertLockstep({
      steps: 10,
      batches,
      makeModel: () => {
        const model = smallClassifier();
        (model.layers[0] as tf.layers.Layer).trainable = false;
        return model;
      },
      compile: (model) =>
        model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy' }),
    });
    disposeBatches(batches);
  });
});

describe('testing and predicting', () => {
  it('LeNet-5 gives the answers of eager tfjs', () => {
    const model = models.lenet5({ seed: 1 });
    model.compile({
      optimizer: 'adam',
      loss: 'sparseCategoricalCrossentropy',
      metrics: ['acc'],
    });
    const batch = imageBatch([28, 28, 1], 9, 1);
    assertSameInference(model, batch);
    model.dispose();
    disposeBatches([batch]);
  });
});

function assertSameInference(model: tf.LayersModel, { inputs, targets }: Batch): void {
  const runner = graph.compileModel(model, { immediately: true });
  const losses = eagerRunner(model).testOnBatch(inputs, targets);
  assertClose(runner.testOnBatch(inputs, targets), losses, 'evaluation');
  const expected = [model.predictOnBatch(inputs)].flat() as tf.Tensor[];
  const actual = runner.predictOnBatch(inputs);
  assert.equal(actual.length, expected.length);
  actual.forEach((output, index) => {
    assert.deepEqual(output.shape, expected[index]?.shape);
    assert(maximumDifference(output, expected[index] as tf.Tensor) < 1e-6);
  });
  tf.dispose([expected, actual]);
}

function smallClassifier(): tf.Sequential {
  return tf.sequential({
    layers: [
      dense({ inputShape: [6], units: 5, activation: 'tanh' }, 1),
      dense({ units: 3, activation: 'softmax' }, 2),
    ],
  });
}

function dense(settings: Parameters<typeof tf.layers.dense>[0], seed: number): tf.layers.Layer {
  const kernelInitializer = tf.initializers.glorotUniform({ seed });
  return tf.layers.dense({ ...settings, kernelInitializer });
}

function inputShape(makeModel: () => tf.LayersModel): number[] {
  const model = makeModel();
  const shape = (model.inputs[0] as tf.SymbolicTensor).shape.slice(1) as number[];
  model.dispose();
  return shape;
}

function pairs(a: Map<string, tf.Variable>, b: Map<string, tf.Variable>) {
  return [...a].map(([name, variable]) => [variable, b.get(name) as tf.Variable] as const);
}
