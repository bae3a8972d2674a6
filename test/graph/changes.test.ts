/** What a model computes may change while it is trained: a graph follows as eager tfjs does. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { graph, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const x = tf.randomNormal([160, 8], 0, 1, 'float32', 1);
const y = tf.tidy(() => x.sum(1, true));

class Temperature extends tf.layers.Layer {
  static className = 'Temperature';
  constructor(public value: number) {
    super({});
  }
  override computeOutputShape(shape: tf.Shape): tf.Shape {
    return shape;
  }
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return ([inputs].flat()[0] as tf.Tensor).div(this.value);
  }
}

function regression(...middle: tf.layers.Layer[]): tf.Sequential {
  const kernelInitializer = (seed: number) => tf.initializers.glorotUniform({ seed });
  return tf.sequential({
    layers: [
      tf.layers.dense({ units: 6, inputShape: [8], kernelInitializer: kernelInitializer(1) }),
      ...middle,
      tf.layers.dense({ units: 1, kernelInitializer: kernelInitializer(2) }),
    ],
  });
}

/** Compiled with a loss that contains a JavaScript number. */
function penalised(penalty: () => number): tf.Sequential {
  const model = regression();
  const loss = (targets: tf.Tensor, outputs: tf.Tensor) =>
    targets.sub(outputs).square().mean().add(outputs.square().mean().mul(penalty()));
  model.compile({ optimizer: tf.train.sgd(0.02), loss });
  return model;
}

/** The losses of epochs of ten steps, trained in the given way. */
type Train = (compiled: boolean | undefined) => Promise<number[]>;

async function assertAsEager(train: Train): Promise<void> {
  const expected = await train(false);
  assert(new Set(expected).size === expected.length, `${expected} would hide a frozen value`);
  for (const compiled of [undefined, true]) {
    const losses = await train(compiled);
    for (const [index, loss] of losses.entries()) {
      const difference = Math.abs(loss - (expected[index] as number));
      assert(difference < 1e-4, `compiled: ${compiled}: ${losses}, not ${expected}`);
    }
  }
}

const epochsOf = (compiled: boolean | undefined) =>
  ({ epochs: 5, batchSize: 16, shuffle: false, verbose: 0, compiled }) as const;

describe('a change of what a model computes takes effect in a graph', () => {
  it('a number in a loss, by a callback', () =>
    assertAsEager(async (compiled) => {
      let penalty = 0;
      const model = penalised(() => penalty);
      const callback = {
        onEpochBegin(epoch: number) {
          penalty = epoch;
        },
      };
      const options = { ...epochsOf(compiled), callbacks: [callback] };
      const { history } = await training.fit(model, x, y, options);
      model.dispose();
      return history.loss as number[];
    }));

  it('a number in a loss, between two trainings', () =>
    assertAsEager(async (compiled) => {
      let penalty = 0;
      const model = penalised(() => penalty);
      const losses: number[] = [];
      for (penalty = 0; penalty < 3; penalty++) {
        const options = { ...epochsOf(compiled), epochs: 1 };
        const { history } = await training.fit(model, x, y, options);
        losses.push(...(history.loss as number[]));
      }
      model.dispose();
      return losses;
    }));

  it('a number in a loss, after every batch', () =>
    assertAsEager(async (compiled) => {
      let penalty = 0;
      const model = penalised(() => penalty);
      const callback = {
        onBatchEnd() {
          penalty += 0.1;
        },
      };
      const options = { ...epochsOf(compiled), epochs: 2, callbacks: [callback] };
      const warnings: string[] = [];
      const { history } = await withoutWarnings(() => training.fit(model, x, y, options), warnings);
      if (compiled === undefined) {
        assert.match(warnings.join(), /a callback runs after each batch.*the loss.*changesModel/);
      }
      model.dispose();
      return history.loss as number[];
    }));

  it('a setting of a layer of one’s own', () =>
    assertAsEager(async (compiled) => {
      const layer = new Temperature(1);
      const model = regression(layer);
      model.compile({ optimizer: tf.train.sgd(0.02), loss: 'meanSquaredError' });
      const callback = {
        onEpochEnd() {
          layer.value *= 1.5;
        },
      };
      const options = { ...epochsOf(compiled), callbacks: [callback] };
      const { history } = await training.fit(model, x, y, options);
      model.dispose();
      return history.loss as number[];
    }));

  it('a regulariser, an activation, a switch of the optimiser', () =>
    assertAsEager(async (compiled) => {
      const kernelRegularizer = tf.regularizers.l2({ l2: 0 });
      const kernelInitializer = tf.initializers.glorotUniform({ seed: 3 });
      const dense = tf.layers.dense({ units: 4, kernelRegularizer, kernelInitializer });
      const model = regression(dense);
      const optimizer = tf.train.momentum(0.005, 0.5, false);
      model.compile({ optimizer, loss: 'meanSquaredError' });
      const callback = {
        onEpochBegin(epoch: number) {
          const [, , tanh] = [0, 1, tf.layers.activation({ activation: 'tanh' })];
          if (epoch === 1) {
            Object.assign(kernelRegularizer, { l2: tf.scalar(0.1), hasL2: true });
          } else if (epoch === 2) {
            Object.assign(dense, { activation: (tanh as unknown as Activated).activation });
          } else if (epoch === 3) {
            Object.assign(optimizer, { useNesterov: true });
          }
        },
      };
      const options = { ...epochsOf(compiled), callbacks: [callback] };
      const { history } = await training.fit(model, x, y, options);
      model.dispose();
      return history.loss as number[];
    }));

  it('a layer is frozen without model.compile', async () => {
    for (const compiled of [undefined, true, false]) {
      const model = regression();
      model.compile({ optimizer: tf.train.sgd(0.02), loss: 'meanSquaredError' });
      const options = { ...epochsOf(compiled), epochs: 1 };
      const kernels = () => [0, 1].map((index) => kernelOf(model, index));
      await training.fit(model, x, y, options);
      const [frozen, free] = kernels();
      (model.layers[0] as tf.layers.Layer).trainable = false;
      await training.fit(model, x, y, options);
      const [frozenAfter, freeAfter] = kernels();
      assert.deepEqual(frozenAfter, frozen, `compiled: ${compiled}`);
      assert.notDeepEqual(freeAfter, free);
      (model.layers[0] as tf.layers.Layer).trainable = true;
      await training.fit(model, x, y, options);
      assert.notDeepEqual(kernels()[0], frozen, `compiled: ${compiled}`);
      model.dispose();
    }
  });

  it('a dropout rate', async () => {
    const dropout = tf.layers.dropout({ rate: 0, inputShape: [400] });
    const dense = tf.layers.dense({ units: 1, useBias: false, kernelInitializer: 'ones' });
    const model = tf.sequential({ layers: [dropout, dense] });
    model.compile({ optimizer: tf.train.sgd(0), loss: 'meanAbsoluteError' });
    const callback = {
      onEpochBegin(epoch: number) {
        Object.assign(dropout, { rate: epoch < 3 ? 0 : 0.9 });
      },
    };
    const [ones, sums] = [tf.ones([64, 400]), tf.fill([64, 1], 400)] as const;
    const { history } = await training.fit(model, ones, sums, {
      ...epochsOf(true),
      callbacks: [callback],
    });
    assert.deepEqual(history.loss?.slice(0, 3), [0, 0, 0]);
    assert((history.loss?.[3] as number) > 5, `${history.loss}`);
    tf.dispose([ones, sums]);
    model.dispose();
  });

  it('a setting, between two predictions and two evaluations', async () => {
    const layer = new Temperature(1);
    const model = regression(layer);
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const many = tf.randomNormal([1000, 8], 0, 1, 'float32', 3);
    const targets = tf.zeros([1000, 1]);
    for (let round = 0; round < 4; round++) {
      for (const value of [1, 10]) {
        layer.value = value;
        const actual = await training.predict(model, many);
        const expected = model.predict(many) as tf.Tensor;
        const difference = tf.tidy(() => actual.sub(expected).abs().max().dataSync()[0] as number);
        assert(difference < 1e-5, `round ${round}, ${value}: differs by ${difference}`);
        const { loss } = await training.evaluate(model, many, targets, { verbose: 0 });
        const meanSquare = tf.tidy(() => expected.square().mean().dataSync()[0] as number);
        assert(Math.abs((loss as number) - meanSquare) < 1e-4, `${loss}, not ${meanSquare}`);
        tf.dispose([actual, expected]);
      }
    }
    tf.dispose([many, targets]);
    model.dispose();
  });
});

describe('graphs for changing settings', () => {
  it('are kept: a change back needs no new one', () => {
    const model = regression(tf.layers.dropout({ rate: 0.5 }));
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const runner = graph.compileModel(model, { immediately: true });
    const graphs = () => (runner as unknown as { program: { size: number } }).program.size;
    const sizes = [0.5, 0.25, 0.5, 0.25].map((rate) => {
      Object.assign(model.layers[1] as tf.layers.Layer, { rate });
      runner.trainOnBatch([x], [y]);
      return graphs();
    });
    assert.deepEqual(sizes, [1, 2, 2, 2]);
    model.dispose();
  });

  it('do not become ever more', () => {
    const model = regression(tf.layers.dropout({ rate: 0.5 }));
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const runner = graph.compileModel(model, { immediately: true });
    for (let change = 0; change < 20; change++) {
      Object.assign(model.layers[1] as tf.layers.Layer, { rate: change / 20 });
      runner.trainOnBatch([x], [y]);
    }
    assert((runner as unknown as { program: { size: number } }).program.size <= 16);
    model.dispose();
  });

  it('are given up, with a sentence, where a change follows soon upon the other', async () => {
    const dropout = tf.layers.dropout({ rate: 0.5 });
    const model = regression(dropout);
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const callback = {
      onEpochBegin(epoch: number) {
        Object.assign(dropout, { rate: epoch / 10 });
      },
    };
    const options = { ...epochsOf(undefined), epochs: 8, callbacks: [callback] };
    const warnings: string[] = [];
    await withoutWarnings(() => training.fit(model, x, y, options), warnings);
    assert.match(warnings.join(), /changes again and again.*layer "dropout.*rate/);
    model.dispose();
  });

  it('are not built anew after callbacks that say that they change nothing', async () => {
    let calls = 0;
    const model = regression();
    const loss = (targets: tf.Tensor, outputs: tf.Tensor) => {
      calls++;
      return targets.sub(outputs).square().mean();
    };
    model.compile({ optimizer: 'sgd', loss });
    const callback = { changesModel: false, onBatchEnd() {} };
    const options = { ...epochsOf(true), epochs: 4 };
    await training.fit(model, x, y, { ...options, callbacks: [callback] });
    const once = calls;
    await training.fit(model, x, y, options);
    // Recorded once more at the beginning, for comparison.
    assert.equal(calls, once + 1);
    model.dispose();
  });
});

it('a model of tfjs’s own layers is recorded no more often than needed', () => {
  const model = regression();
  model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
  const inner = (model as unknown as { model: { calculateLosses(): tf.Scalar[] } }).model;
  const { calculateLosses } = inner;
  let recorded = 0;
  inner.calculateLosses = function () {
    recorded++;
    return calculateLosses.call(this);
  };
  const runner = graph.compileModel(model, { immediately: true });
  runner.trainOnBatch([x], [y]);
  assert.equal(recorded, 1);
  runner.testOnBatch([x], [y]);
  assert.equal(recorded, 2);
  for (let step = 0; step < 5; step++) {
    graph.compileModel(model).trainOnBatch([x], [y]);
  }
  assert.equal(recorded, 2);
  model.dispose();
});

interface Activated {
  activation: object;
}

function kernelOf(model: tf.Sequential, layer: number): Float32Array {
  const [kernel] = (model.layers[layer] as tf.layers.Layer).getWeights();
  return (kernel as tf.Tensor).dataSync() as Float32Array;
}

async function withoutWarnings<T>(action: () => Promise<T>, into: string[] = []): Promise<T> {
  const { warn } = console;
  console.warn = (text: string) => into.push(text);
  try {
    return await action();
  } finally {
    console.warn = warn;
  }
}
