/** The user's own step functions. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { graph } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose, maximumDifference } from './lockstep';

describe('a compiled step', () => {
  it('trains own variables with an own forward function, in batches of two sizes', () => {
    const optimizer = tf.train.adam(0.05);
    const eagerOptimizer = tf.train.adam(0.05);
    const [weights, bias] = [variable([3, 2], 1), variable([2], 2)] as const;
    const [eagerWeights, eagerBias] = [variable([3, 2], 1), variable([2], 2)] as const;
    const step = graph.compile((x: tf.Tensor2D, y: tf.Tensor2D) =>
      optimizer.minimize(() => loss(x, y, weights, bias), true, [weights, bias]),
    );
    for (let i = 0; i < 20; i++) {
      const count = i % 4 === 3 ? 2 : 5;
      const x = tf.randomNormal<tf.Rank.R2>([count, 3], 0, 1, 'float32', i);
      const y = tf.randomNormal<tf.Rank.R2>([count, 2], 0, 1, 'float32', 100 + i);
      const actual = step(x, y) as tf.Scalar;
      const expected = eagerOptimizer.minimize(() => loss(x, y, eagerWeights, eagerBias), true, [
        eagerWeights,
        eagerBias,
      ]) as tf.Scalar;
      assertClose([...actual.dataSync()], [...expected.dataSync()], `loss of step ${i}`);
      tf.dispose([x, y, actual, expected]);
    }
    assert(maximumDifference(weights, eagerWeights) < 1e-5);
    assert(maximumDifference(bias, eagerBias) < 1e-5);
    step.dispose();
    tf.dispose([weights, bias, eagerWeights, eagerBias]);
  });

  it('adds a dimension to numbers, integers and booleans', () => {
    const expand = (x: tf.Tensor) => [x, x.toInt(), x.greater(0)].map((t) => t.expandDims(1));
    const step = graph.compile(expand);
    const x = tf.tensor2d([[1, -2, 0]]);
    const [actual, expected] = [step(x), expand(x)];
    for (const [index, tensor] of actual.entries()) {
      assert.deepEqual(tensor.shape, [1, 1, 3]);
      assert.equal(tensor.dtype, expected[index]?.dtype);
      assert.deepEqual(tensor.arraySync(), expected[index]?.arraySync());
    }
    step.dispose();
    tf.dispose([x, actual, expected]);
  });

  it('without a list, minimize trains all trainable variables that the loss depends on', () => {
    const [used, unused] = [variable([2], 1), variable([2], 2)] as const;
    const optimizer = tf.train.sgd(0.5);
    const before = [used, unused].map((v) => v.dataSync().slice()) as [Float32Array, Float32Array];
    const step = graph.compile(() =>
      optimizer.minimize(() => used.square().sum().asScalar(), true),
    );
    tf.dispose(step() as tf.Scalar);
    // w - 0.5 · 2w = 0
    assert.deepEqual([...used.dataSync()], [0, 0]);
    assert.deepEqual(unused.dataSync(), before[1]);
    step.dispose();
    tf.dispose([used, unused]);
  });

  it('follows which weights are frozen, where minimize has no list', () => {
    const layer = tf.layers.dense({ units: 1, inputShape: [2] });
    const model = tf.sequential({ layers: [layer] });
    const free = tf.variable(tf.scalar(1));
    const optimizer = tf.train.sgd(0.1);
    const step = graph.compile((x: tf.Tensor2D) =>
      optimizer.minimize(() => tf.mean(tf.mul(model.apply(x) as tf.Tensor, free)), true),
    );
    const x = tf.ones<tf.Rank.R2>([3, 2]);
    const stepped = () => {
      const before = [...model.getWeights(), free].map((one) => one.dataSync().slice());
      step(x)?.dispose();
      const after = [...model.getWeights(), free].map((one) => one.dataSync());
      return after.map((values, i) => values.some((value, j) => value !== before[i]?.[j]));
    };
    assert.deepEqual(stepped(), [true, true, true]);
    layer.trainable = false;
    assert.deepEqual(stepped(), [false, false, true]);
    layer.trainable = true;
    assert.deepEqual(stepped(), [true, true, true]);
    step.dispose();
    model.dispose();
    tf.dispose([x, free]);
    optimizer.dispose();
  });

  it('may apply gradients by hand', () => {
    const weight = tf.variable(tf.tensor1d([1, 2]));
    const step = graph.compile((factor: tf.Tensor) => {
      const { value, grads } = tf.variableGrads(
        () => tf.sum(tf.mul(tf.square(weight), factor)).asScalar(),
        [weight],
      );
      weight.assign(tf.sub(weight, grads[weight.name] as tf.Tensor));
      return value;
    });
    const factor = tf.scalar(0.25);
    const values = [step(factor), step(factor)];
    assert.deepEqual(
      values.map((value) => value.dataSync()[0]),
      [1.25, 0.3125],
    );
    assert.deepEqual([...weight.dataSync()], [0.25, 0.5]);
    step.dispose();
    tf.dispose([weight, factor, values]);
  });

  it('sees what is assigned to variables and to the learning rate outside', () => {
    const weight = tf.variable(tf.scalar(1));
    const optimizer = tf.train.sgd(0.1) as tf.SGDOptimizer;
    const step = graph.compile(() => {
      optimizer.minimize(() => weight.square().asScalar(), false, [weight]);
    });
    step();
    assertClose([...weight.dataSync()], [0.8], 'after the first step');
    optimizer.setLearningRate(0.25);
    tf.tidy(() => weight.assign(tf.scalar(4)));
    step();
    assertClose([...weight.dataSync()], [2], 'after the second step');
    step.dispose();
    tf.dispose(weight);
  });

  it('a value taken before an assignment is the old one', () => {
    const weight = tf.variable(tf.zeros([1000]));
    const step = graph.compile((next: tf.Tensor) => {
      const before = tf.add(weight, 0);
      weight.assign(next);
      return [before, tf.add(weight, 0)];
    });
    for (let i = 1; i <= 20; i++) {
      const next = tf.fill([1000], i);
      const [before, after] = step(next) as [tf.Tensor, tf.Tensor];
      assert.deepEqual([before.dataSync()[999], after.dataSync()[999]], [i - 1, i]);
      tf.dispose([next, before, after]);
    }
    step.dispose();
    weight.dispose();
  });

  it('two compiled steps share their variables', () => {
    const weight = tf.variable(tf.scalar(1));
    const double = graph.compile(() => weight.assign(tf.mul(weight, 2)));
    const addOne = graph.compile(() => weight.assign(tf.add(weight, 1)));
    double();
    addOne();
    double();
    double();
    addOne();
    assert.equal(weight.dataSync()[0], 13);
    double.dispose();
    addOne();
    assert.equal(weight.dataSync()[0], 14);
    addOne.dispose();
    assert.equal(weight.dataSync()[0], 14);
    weight.dispose();
  });

  it('returns results in the form that the function has given them', () => {
    const step = graph.compile((x: tf.Tensor) => ({
      double: tf.mul(x, 2),
      correct: tf.greater(x, 1),
    }));
    const x = tf.tensor1d([1, 2]);
    const { double, correct } = step(x);
    assert.deepEqual([...double.dataSync()], [2, 4]);
    assert.equal(correct.dtype, 'bool');
    assert.deepEqual([...correct.dataSync()], [0, 1]);
    const list = graph.compile((y: tf.Tensor) => [y.add(1), y.toInt()]);
    const results = list(x);
    assert.deepEqual(
      results.map(({ dtype }) => dtype),
      ['float32', 'int32'],
    );
    step.dispose();
    list.dispose();
    tf.dispose([x, double, correct, results]);
  });

  it('takes tensors, and refuses other arguments, results and steps', () => {
    assert.throws(() => graph.compile(3 as never), /takes a function of tensors, not number/);
    const step = graph.compile((x: tf.Tensor) => tf.mul(x, 2));
    assert.throws(() => step(3 as never), /its argument 1 is 3\. Make a tensor of it/);
    const number = graph.compile((_: tf.Tensor) => 3 as never);
    const x = tf.scalar(1);
    assert.throws(() => number(x), /returns something else than a tensor/);
    step.dispose();
    number.dispose();
    x.dispose();
  });

  it('gives the same on the calling thread alone, and follows the variables', () => {
    const weight = tf.variable(tf.tensor2d([[1, 2]], [1, 2]));
    const answer = (x: tf.Tensor) => tf.softmax(tf.matMul(x.reshape([-1, 1]), weight));
    const step = graph.compile(answer, { onCallingThread: true });
    const x = tf.tensor1d([1, -3]);
    for (const values of [
      [1, 2],
      [4, -1],
    ]) {
      weight.assign(tf.tensor2d(values, [1, 2]));
      tf.tidy(() => {
        const [actual, expected] = [step(x).dataSync(), answer(x).dataSync()];
        assert.ok(actual.every((value, i) => Math.abs(value - (expected[i] as number)) < 1e-6));
      });
    }
    step.dispose();
    tf.dispose([weight, x]);
  });

  it('holds no tensors of its own', () => {
    const weight = tf.variable(tf.scalar(1));
    const step = graph.compile((x: tf.Tensor) => {
      weight.assign(tf.mul(weight, x).asScalar());
      return tf.gather(tf.tensor1d([3, 4, 5]), x.reshape([1]).toInt());
    });
    const x = tf.scalar(1);
    const sessions = tf.node.getNumOfSavedModels();
    const { numTensors } = tf.memory();
    for (let i = 0; i < 5; i++) {
      const result = step(x);
      assert.equal(result.dataSync()[0], 4);
      result.dispose();
      weight.dataSync();
    }
    assert.equal(tf.memory().numTensors, numTensors);
    step.dispose();
    assert.equal(tf.node.getNumOfSavedModels(), sessions);
    assert.throws(() => step(x), /disposed/);
    tf.dispose([weight, x]);
  });

  it('makes its variables once', () => {
    let total: tf.Variable | undefined;
    const step = graph.compile((x: tf.Tensor) => {
      total ??= tf.variable(tf.zerosLike(x), false);
      return total.assign(tf.add(total, x)) as undefined;
    });
    const x = tf.tensor1d([1, 2]);
    step(x);
    step(x);
    assert.deepEqual([...(total as unknown as tf.Variable).dataSync()], [2, 4]);
    step.dispose();
    tf.dispose([x, total as unknown as tf.Variable]);
  });
});

function loss(x: tf.Tensor2D, y: tf.Tensor2D, weights: tf.Tensor, bias: tf.Tensor): tf.Scalar {
  return tf.losses.meanSquaredError(y, tf.tanh(tf.add(tf.matMul(x, weights as tf.Tensor2D), bias)));
}

function variable(shape: number[], seed: number): tf.Variable {
  return tf.tidy(() => tf.variable(tf.randomNormal(shape, 0, 1, 'float32', seed)));
}
