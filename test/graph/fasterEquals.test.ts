/** Faster equivalents of operations: they are used, and their results are equal. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import type { TensorFunction } from '../../lib/graph/capture/capture';
import { shardSizes } from '../../lib/graph/passes/shardBatch';
import { graph } from '../../lib/index';
import { sparseSoftmaxCrossentropy } from '../../lib/native/softmaxCrossentropy';
import * as tf from '../../lib/tensorflow';
import { assertSame, nodes, normal, operations, upstreamGradient } from './graphs';
import { maximumDifference } from './lockstep';

type Size = [number, number, number, number];

type Pool = (x: tf.Tensor4D, size: number, stride: number, padding: 'same' | 'valid') => tf.Tensor;

/**
 * Value and gradient of activation and pooling; the upstream gradient is different at each place.
 */
function pooledWithGradient(
  activation: (x: tf.Tensor4D) => tf.Tensor4D,
  pool: Pool,
  ...[size, stride, padding]: [number, number, 'same' | 'valid']
): TensorFunction {
  const pooled = (x: tf.Tensor) => pool(activation(x as tf.Tensor4D), size, stride, padding);
  return ([x]) => {
    const { shape } = tf.tidy(() => pooled(tf.zerosLike(x as tf.Tensor)));
    const { value, grad } = tf.valueAndGrad(pooled)(x as tf.Tensor, upstreamGradient(shape));
    return [value, grad];
  };
}

const activations = { relu: tf.relu, sigmoid: tf.sigmoid, tanh: tf.tanh };
const pools = { maxPool: tf.maxPool, avgPool: tf.avgPool } as Record<string, Pool>;
const pictures = () => tf.randomNormal([3, 7, 6, 5], 0, 2, 'float32', 1);

describe('normalisation by averages after a convolution', () => {
  const convolutions = {
    convolution: { filter: [3, 2, 5, 4] as Size, convolve: tf.conv2d },
    'depthwise convolution': { filter: [2, 2, 5, 3] as Size, convolve: tf.depthwiseConv2d },
  };
  for (const [name, { filter, convolve }] of Object.entries(convolutions)) {
    for (const bias of [0, 0.7]) {
      it(`is put into the filter of a ${name} with bias ${bias}`, () => {
        const kernel = tf.randomNormal<tf.Rank.R4>(filter, 0, 1, 'float32', 1);
        const body: TensorFunction = ([x]) => {
          const made = convolve(x as tf.Tensor4D, kernel, [1, 2], 'same');
          const channels = [made.shape[3]];
          const fill = (value: number) =>
            tf.range(0, channels[0] as number).add(value) as tf.Tensor1D;
          const biased = bias ? (tf.add(made, fill(bias)) as tf.Tensor4D) : made;
          return [tf.batchNorm4d(biased, fill(-1), fill(0.1), fill(2), fill(-3), 0.01)];
        };
        const x = pictures();
        assert.ok(!operations(body, x).includes('FusedBatchNorm'));
        assertSame(body, x);
        kernel.dispose();
      });
    }
  }
});

describe('normalisation by averages', () => {
  const { dense, conv1d, conv2d, depthwiseConv2d, separableConv2d, reLU } = tf.layers;
  const window = { filters: 3, kernelSize: 2 };

  const ROWS = 16;

  /** A layer and a normalisation, with random weights. */
  function normalized(layer: tf.layers.Layer, shape: number[]) {
    const first = tf.layers.inputLayer({ inputShape: shape });
    const model = tf.sequential({ layers: [first, layer, tf.layers.batchNormalization(), reLU()] });
    const body: TensorFunction = ([x]) => [model.apply(x as tf.Tensor) as tf.Tensor];
    const x = normal([ROWS, ...shape], 1);
    const weights = model.getWeights();
    // The last one is the variance.
    const random = ({ shape }: tf.Tensor, i: number) =>
      tf.tidy(() => tf.add(tf.abs(normal(shape, i + 2)), i === weights.length - 1 ? 1 : -0.3));
    model.setWeights(weights.map(random));
    return { model, body, x };
  }

  for (const [layer, shape] of [
    [dense({ units: 5 }), [6]],
    [dense({ units: 5 }), [3, 6]],
    [conv1d(window), [6, 4]],
    [conv2d(window), [4, 5, 2]],
    [depthwiseConv2d({ kernelSize: 2 }), [4, 5, 2]],
    [separableConv2d(window), [4, 5, 2]],
  ] as [tf.layers.Layer, number[]][]) {
    it(`becomes a part of ${layer.getClassName()} for ${shape.join(' × ')}`, () => {
      const { model, body, x } = normalized(layer, shape);
      assert.ok(!operations(body, x).includes('FusedBatchNorm'));
      assertSame(body, x);
      model.dispose();
    });
  }

  it('is left by itself where the results are much fewer than the weights', () => {
    const { model, body, x } = normalized(dense({ units: 400 }), [400]);
    assert.ok(operations(body, x).includes('FusedBatchNorm'));
    assertSame(body, x);
    model.dispose();
  });

  for (const shape of [[6, 8, 3], [3, 2, 3], [6, 3], [3]]) {
    it(`takes ${shape.join(' × ')} for narrow images, on each core`, () => {
      const { model, body, x } = normalized(reLU(), shape);
      const found = nodes(body, x).filter(({ op }) => op === 'FusedBatchNorm');
      assert.equal(found.length, shardSizes(ROWS, availableParallelism()).length);
      for (const { outputs } of found) {
        assert.deepEqual(outputs[0]?.shape.slice(1), [1, 4, 3]);
      }
      assertSame(body, x);
      model.dispose();
    });
  }
});

describe('pooling after an activation', () => {
  for (const [activationName, activation] of Object.entries(activations)) {
    for (const [poolName, pool] of Object.entries(pools)) {
      it(`${poolName} of ${activationName}: windows side by side, overlapping, over the edge`, () => {
        const even = tf.randomNormal([3, 6, 4, 5], 0, 2, 'float32', 2);
        assertSame(pooledWithGradient(activation, pool, 2, 2, 'valid'), even);
        assertSame(pooledWithGradient(activation, pool, 2, 2, 'valid'), pictures());
        assertSame(pooledWithGradient(activation, pool, 2, 2, 'same'), pictures());
        assertSame(pooledWithGradient(activation, pool, 3, 2, 'valid'), pictures());
        assertSame(pooledWithGradient(activation, pool, 3, 1, 'same'), pictures());
      });
    }

    it(`the slope of ${activationName} is put to the pooled values`, () => {
      const order = {
        relu: ['Relu', 'MaxPool', 'ReluGrad', 'MaxPoolGrad'],
        sigmoid: ['MaxPool', 'Sigmoid', 'SigmoidGrad', 'MaxPoolGrad'],
        tanh: ['MaxPool', 'Tanh', 'TanhGrad', 'MaxPoolGrad'],
      }[activationName] as string[];
      const body = pooledWithGradient(activation, pools.maxPool as Pool, 2, 2, 'valid');
      const x = pictures();
      const found = operations(body, x).filter((op) => order.includes(op));
      assert.deepEqual(found, order);
      x.dispose();
    });
  }

  it('of equal values in a window one gets the gradient, with relu none that is not positive', () => {
    const body = pooledWithGradient(tf.relu, pools.maxPool as Pool, 2, 2, 'valid');
    assertSame(body, tf.tensor4d([-1, -1, 3, 3, 0, -2, 3, 3], [1, 2, 4, 1]));
  });

  it('what is used before pooling too keeps its own gradient', () => {
    const body: TensorFunction = ([x]) => {
      const loss = (values: tf.Tensor) => {
        const activated = tf.sigmoid(values as tf.Tensor4D);
        return tf.add(tf.sum(tf.maxPool(activated, 2, 2, 'valid')), tf.sum(tf.square(activated)));
      };
      return [tf.grad(loss)(x as tf.Tensor)];
    };
    assertSame(body, pictures());
  });

  it('average pooling of windows side by side needs no gradient kernel, any other does', () => {
    const even = tf.randomNormal([2, 6, 4, 3]);
    const sideBySide = pooledWithGradient(tf.relu, pools.avgPool as Pool, 2, 2, 'valid');
    assert.ok(!operations(sideBySide, even).includes('AvgPoolGrad'));
    const overlapping = pooledWithGradient(tf.relu, pools.avgPool as Pool, 3, 1, 'same');
    assert.ok(operations(overlapping, even).includes('AvgPoolGrad'));
    even.dispose();
  });

  it('average pooling takes windows that are not square', () => {
    for (const size of [
      [2, 1],
      [1, 3],
      [1, 1],
    ] as [number, number][]) {
      const pool: Pool = (x, _size, _stride, padding) => tf.avgPool(x, size, size, padding);
      const x = tf.randomNormal([2, 4, 6, 3], 0, 2, 'float32', 5);
      assertSame(pooledWithGradient(tf.relu, pool, 0, 0, 'valid'), x);
    }
  });
});

it('of a convolution’s gradients, that for the filter waits for that for the images', () => {
  const body: TensorFunction = (inputs) =>
    tf.grads((x: tf.Tensor, w: tf.Tensor) =>
      tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'),
    )(inputs);
  const inputs = [pictures(), tf.randomNormal([3, 3, 5, 2], 0, 1, 'float32', 6)];
  const found = nodes(body, ...inputs);
  const [images, filter] = ['Conv2DBackpropInput', 'Conv2DBackpropFilter'].map((name) =>
    found.find(({ op }) => op === name),
  );
  assert.ok(images && filter?.after.includes(images));
  assertSame(body, ...inputs);
});

it('the gradient of a bias is summed before max pooling', () => {
  const body: TensorFunction = ([x, bias]) => [
    tf.grad((values: tf.Tensor) =>
      tf.maxPool(tf.relu(tf.add(x as tf.Tensor4D, values)) as tf.Tensor4D, 2, 2, 'valid'),
    )(bias as tf.Tensor),
  ];
  const inputs = [pictures(), tf.randomNormal([5], 0, 1, 'float32', 7)];
  assert.ok(!operations(body, ...inputs).includes('MaxPoolGrad'));
  assertSame(body, ...inputs);
});

describe('softmax', () => {
  it('is left out where only the largest counts', () => {
    const body: TensorFunction = ([x]) => [tf.argMax(tf.softmax(x as tf.Tensor2D), -1)];
    const logits = tf.randomNormal([20, 10], 0, 3, 'float32', 3);
    assert.ok(!operations(body, logits).includes('Softmax'));
    assertSame(body, logits);
    // Along the other axis each row's own divisor counts.
    assertSame(
      ([x]) => [tf.argMax(tf.softmax(x as tf.Tensor2D), 0)],
      tf.randomNormal([20, 10], 0, 3, 'float32', 4),
    );
  });

  /** Value and gradient of tfjs's own loss. */
  const lossWithGradient =
    (weights?: number[], smoothing?: number, reduction?: tf.Reduction): TensorFunction =>
    ([labels, logits]) => {
      const loss = (values: tf.Tensor) =>
        tf.losses.softmaxCrossEntropy(labels as tf.Tensor, values, weights, smoothing, reduction);
      return [loss(logits as tf.Tensor), tf.grad(loss)(logits as tf.Tensor)];
    };
  const labels = () => tf.oneHot(tf.tensor1d([0, 2, 1, 2], 'int32'), 3);
  const logits = () => tf.tensor2d([1, -2, 0.5, 3, 0, -1, 100, -100, 0, -4, -5, -6], [4, 3]);

  it('and cross-entropy are one kernel in a graph, with weights and reductions too', () => {
    const own = tf.losses.softmaxCrossEntropy;
    const found = operations(lossWithGradient(), labels(), logits());
    assert.ok(found.includes('SoftmaxCrossEntropyWithLogits') && !found.includes('Exp'));
    assert.equal(tf.losses.softmaxCrossEntropy, own);
    assertSame(lossWithGradient(), labels(), logits());
    assertSame(lossWithGradient([1, 0, 2, 0.5]), labels(), logits());
    assertSame(lossWithGradient(undefined, 0.1), labels(), logits());
    assertSame(lossWithGradient(undefined, 0, tf.Reduction.NONE), labels(), logits());
  });

  it('and cross-entropy refuse other shapes with the words of tfjs', () => {
    const step = graph.compile((x: tf.Tensor) =>
      tf.losses.softmaxCrossEntropy(x, tf.zeros([4, 2])),
    );
    const x = tf.zeros([4, 3]);
    assert.throws(() => step(x), /In softmaxCrossEntropy: Shapes 4,3 and 4,2 must match/);
    x.dispose();
  });

  it('and cross-entropy of class numbers take more than two dimensions, and leave no tensors', () => {
    const numbers = tf.tensor2d([0, 2, 1, 2], [2, 2], 'int32');
    const values = logits().reshape([2, 2, 3]);
    const before = tf.memory().numTensors;
    const actual = sparseSoftmaxCrossentropy(numbers, values);
    assert.equal(tf.memory().numTensors, before + 1);
    const expected = tf.tidy(() =>
      tf.logSoftmax(values).mul(tf.oneHot(numbers, 3)).sum<tf.Tensor>(-1).neg(),
    );
    assert.deepEqual(actual.shape, [2, 2]);
    assert.ok(maximumDifference(actual, expected) < 1e-5);
    tf.dispose([numbers, values, actual, expected]);
  });
});
