/** A step that is sharded among the processor's cores does the same as one that is not. */
import assert from 'node:assert/strict';
import { availableParallelism } from 'node:os';
import { describe, it } from 'node:test';
import type { TensorFunction } from '../../lib/graph/capture/capture';
import { shardSizes } from '../../lib/graph/passes/shardBatch';
import { graph } from '../../lib/index';
import { type NativeBinding, nativeBackend } from '../../lib/native/backend';
import { hasElementwiseKernel } from '../../lib/native/elementwiseKernel';
import * as tf from '../../lib/tensorflow';
import { innerModel } from '../../lib/training/compiledModel';
import { modelSteps } from '../../lib/training/runners/modelSteps';
import { assertSame, nodes, normal, operations, upstreamGradient } from './graphs';
import { assertLockstep, type Batch, disposeBatches, maximumDifference } from './lockstep';

const cores = availableParallelism();
const skip = cores < 2 && 'one core only: nothing is sharded';

const withoutKernel = !hasElementwiseKernel() && 'the addon lacks the kernel that adds up';

const initializer = (seed: number) => tf.initializers.glorotUniform({ seed });

/** Value and gradients of a function; the last tensor is the upstream gradient. */
function withGradients(body: (...inputs: tf.Tensor[]) => tf.Tensor): TensorFunction {
  return (tensors) => {
    const { value, grads } = tf.valueAndGrads(body)(tensors.slice(0, -1), tensors.at(-1));
    return [value, ...grads];
  };
}

/**
 * Fails unless a function and its gradients are the same with and without sharding. Disposes the
 * inputs.
 *
 * @param op The number of these operations in the graph shows whether it is sharded.
 */
function assertSharded(
  op: string,
  body: (...inputs: tf.Tensor[]) => tf.Tensor,
  ...inputs: tf.Tensor[]
): void {
  const { shape } = tf.tidy(() => body(...inputs));
  const given = [...inputs, upstreamGradient(shape)];
  const count = (sharded: tf.Tensor[]) =>
    operations(withGradients(body), ...sharded).filter((other) => other === op).length;
  const few = given.map((tensor) =>
    tensor.shape[0] === given[0]?.shape[0] ? tf.slice(tensor, 0, 7) : tensor,
  );
  const shares = shardSizes(given[0]?.shape[0] as number, cores).length;
  assert.ok(count(few) > 0);
  assert.equal(count(given), shares * count(few), `${op} sharded into ${shares}`);
  tf.dispose(few.filter((tensor, index) => tensor !== given[index]));
  assertSame(withGradients(body), ...given);
}

/** A small network of convolutions, up to its logits. */
const network =
  (pool: (x: tf.Tensor4D) => tf.Tensor4D, activation: (x: tf.Tensor) => tf.Tensor) =>
  (x: tf.Tensor, ...weights: tf.Tensor[]) => {
    const [filter, bias, matrix] = weights as [tf.Tensor4D, tf.Tensor1D, tf.Tensor2D];
    const convolved = activation(tf.add(tf.conv2d(x as tf.Tensor4D, filter, 1, 'same'), bias));
    const features = tf.reshape(pool(convolved as tf.Tensor4D), [x.shape[0] as number, -1]);
    return tf.matMul(features as tf.Tensor2D, matrix);
  };

const pools = {
  maxPool: (x: tf.Tensor4D) => tf.maxPool(x, 2, 2, 'valid'),
  avgPool: (x: tf.Tensor4D) => tf.avgPool(x, 2, 2, 'valid'),
  'overlapping avgPool': (x: tf.Tensor4D) => tf.avgPool(x, 3, 1, 'same'),
};
const isConvolution = (op: string) => ['Conv2D', '_FusedConv2D'].includes(op);
const inputs = (rows: number, features: number) => [
  normal([rows, 8, 8, 2], 1),
  normal([3, 3, 2, 4], 2),
  normal([4], 3),
  normal([features, 10], 4),
];

describe('a step sharded by the rows of the batch', { skip }, () => {
  for (const [name, pool] of Object.entries(pools)) {
    it(`has the values and gradients of the whole, for any number of rows, with ${name}`, () => {
      for (const rows of [8, 15, 16, 17, 31, 33]) {
        const features = name.startsWith('overlapping') ? 256 : 64;
        for (const activation of [tf.relu, tf.tanh]) {
          const body = network(pool, activation);
          assertSharded('Conv2DBackpropFilter', body, ...inputs(rows, features));
        }
      }
    });
  }

  it('computes each share by itself, from the pictures to the logits and back', () => {
    const shares = shardSizes(32, cores).length;
    assert.ok(shares > 1);
    const given = inputs(32, 64);
    const body: TensorFunction = (tensors) => {
      const [x, ...weights] = tensors as [tf.Tensor];
      const loss = (...trained: tf.Tensor[]) =>
        tf.sum(network(pools.maxPool, tf.relu)(x, ...trained));
      return tf.grads(loss)(weights);
    };
    const found = operations(body, ...given);
    assert.equal(found.filter(isConvolution).length, shares);
    for (const op of ['MaxPool', 'MaxPoolGrad', 'Conv2DBackpropFilter']) {
      assert.equal(found.filter((other) => other === op).length, shares, op);
    }
    // The gradients of filter, bias and matrix are sums over the shards.
    assert.equal(found.filter((op) => op === 'AddN').length, 3);
    tf.dispose(given);
  });

  it('leaves a batch of few rows whole', () => {
    const given = inputs(15, 64);
    const found = operations(
      ([x, ...rest]) => [network(pools.maxPool, tf.relu)(x as tf.Tensor, ...rest)],
      ...given,
    );
    assert.equal(found.filter(isConvolution).length, 1);
    tf.dispose(given);
  });

  it('puts together what is needed as a whole, and cuts what differs from row to row', () => {
    const body = (x: tf.Tensor, w: tf.Tensor) => {
      const products = tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D);
      const rows = x.shape[0] as number;
      const mask = tf.reshape(tf.range(0, rows), [rows, 1]);
      const masked = tf.mul(tf.sigmoid(products), mask);
      // The mean is over the rows, the softmax too: neither can be sharded.
      const whole = tf.sub(masked, tf.mean(masked, 0));
      return tf.add(tf.matMul(whole, whole, true, false), tf.sum(tf.softmax(masked)));
    };
    assertSharded('SigmoidGrad', body, normal([32, 100], 5), normal([100, 4], 6));
  });

  it('adds up over rows, and within each', () => {
    const body = (x: tf.Tensor, w: tf.Tensor) => {
      const products = tf.tanh(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D));
      const ofRows = tf.sum(products, 1);
      return tf.add(tf.sum(products, 0), tf.sum(tf.softmax(ofRows)));
    };
    assertSharded('TanhGrad', body, normal([32, 100], 17), normal([100, 4], 18));
    const softmaxOfVector: TensorFunction = ([x]) => [tf.softmax(tf.relu(x as tf.Tensor1D))];
    assertSame(softmaxOfVector, normal([32], 19));
  });

  it('takes vectors that are as long as the batch for what they are', () => {
    const body = (x: tf.Tensor, w: tf.Tensor, bias: tf.Tensor) =>
      tf.relu(tf.add(tf.matMul(x as tf.Tensor2D, w as tf.Tensor2D), bias));
    const tensors = [normal([32, 32], 7), normal([32, 32], 8), normal([32], 9)];
    const upstream = normal([32, 32], 16);
    const found = operations(withGradients(body), ...tensors, upstream);
    assert.equal(found.filter((op) => op === 'ReluGrad').length, shardSizes(32, cores).length);
    assertSame(withGradients(body), ...tensors, upstream);
  });

  it('takes what goes element by element', () => {
    const half = (x: tf.Tensor) => tf.greater(x, 0.5);
    const functions: Record<string, (x: tf.Tensor, y: tf.Tensor) => tf.Tensor> = {
      ...{ Abs: tf.abs, Acos: tf.acos, Asin: tf.asin, Asinh: tf.asinh, Atan: tf.atan },
      ...{ Atan2: tf.atan2, Atanh: tf.atanh, Ceil: tf.ceil, Cos: tf.cos, Cosh: tf.cosh },
      ...{ Erf: tf.erf, Exp: tf.exp, Expm1: tf.expm1, Floor: tf.floor, FloorMod: tf.mod },
      ...{ Greater: tf.greater, GreaterEqual: tf.greaterEqual, IsFinite: tf.isFinite },
      ...{ IsInf: tf.isInf, IsNan: tf.isNaN, Less: tf.less, LessEqual: tf.lessEqual, Log: tf.log },
      ...{ Log1p: tf.log1p, Neg: tf.neg, NotEqual: tf.notEqual, OnesLike: tf.onesLike },
      ...{ Pow: tf.pow, Reciprocal: tf.reciprocal, Round: tf.round, Rsqrt: tf.rsqrt },
      ...{ Sign: tf.sign, Sin: tf.sin, Sinh: tf.sinh, Sqrt: tf.sqrt, Square: tf.square },
      ...{ SquaredDifference: tf.squaredDifference, Tan: tf.tan, ZerosLike: tf.zerosLike },
      Acosh: (x) => tf.acosh(tf.add(x, 1)),
      FloorDiv: (x, y) => tf.floorDiv(tf.mul(x, 9), y),
      LogicalAnd: (x, y) => tf.logicalAnd(half(x), half(y)),
      LogicalNot: (x) => tf.logicalNot(half(x)),
      LogicalOr: (x, y) => tf.logicalOr(half(x), half(y)),
    };
    for (const [op, compute] of Object.entries(functions)) {
      const body: TensorFunction = ([x, y]) => [
        tf.cast(compute(x as tf.Tensor, y as tf.Tensor), 'float32'),
      ];
      const given = [1, 2].map((seed) => tf.randomUniform([32, 6], 0.1, 0.9, 'float32', seed));
      const found = operations(body, ...given).filter((other) => other === op);
      assert.equal(found.length, shardSizes(32, cores).length, op);
      assertSame(body, ...given);
    }
  });

  it('takes what goes along other axes than that of the rows', () => {
    const pairs = (x: tf.Tensor) => tf.reshape(x, [32, 2, 3, 1]) as tf.Tensor4D;
    const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
      ...{
        Max: (x) => tf.max(x, 1),
        Mean: (x) => tf.mean(x, -1, true),
        Min: (x) => tf.min(x, [1]),
      },
      ...{ Prod: (x) => tf.prod(x, 1), Sum: (x) => tf.sum(pairs(x), [1, 2]) },
      ...{
        PadV2: (x) =>
          tf.pad2d(x as tf.Tensor2D, [
            [0, 0],
            [1, 2],
          ]),
        Tile: (x) => tf.tile(x, [1, 2]),
      },
      Select: (x) => tf.where(tf.greater(x, 0.5), x, tf.neg(x)),
      Slice: (x) => tf.slice(x, [0, 1], [-1, 2]),
      Transpose: (x) => tf.transpose(pairs(x), [0, 2, 1, 3]),
      ConcatV2: (x) => tf.concat([x, tf.sin(x)], 1),
      FusedBatchNorm: (x) => tf.batchNorm4d(pairs(x), [0.1], [2], [0.3], [0.4]),
      ResizeBilinear: (x) => tf.image.resizeBilinear(pairs(x), [4, 6]),
      ResizeNearestNeighbor: (x) => tf.image.resizeNearestNeighbor(pairs(x), [4, 6]),
    };
    const shares = shardSizes(32, cores).length;
    const cutsAndJoins: Record<string, number> = { Slice: shares, ConcatV2: 1 };
    for (const [op, compute] of Object.entries(functions)) {
      const body: TensorFunction = ([x]) => [tf.exp(compute(tf.cos(x as tf.Tensor)))];
      const x = tf.randomUniform([32, 6], 0.1, 0.9, 'float32', 1);
      const found = operations(body, x).filter((other) => other === op);
      assert.equal(found.length - (cutsAndJoins[op] ?? 0), shares, op);
      assertSame(body, x);
    }
  });

  it('takes their gradients, and what goes through spaces', () => {
    const images = [17, 4, 4, 4, 2];
    for (const op of ['Conv3D', 'Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2']) {
      const body = (x: tf.Tensor, w: tf.Tensor) =>
        tf.conv3d(x as tf.Tensor5D, w as tf.Tensor5D, 1, 'valid');
      assertSharded(op, body, normal(images, 30), normal([2, 2, 2, 2, 3], 31));
    }
    const pools = { MaxPool3D: tf.maxPool3d, AvgPool3D: tf.avgPool3d };
    for (const [op, pool] of Object.entries(pools)) {
      for (const name of [op, `${op}Grad`]) {
        assertSharded(name, (x) => pool(x as tf.Tensor5D, 2, 2, 'valid'), normal(images, 32));
      }
    }
    const { resizeBilinear, resizeNearestNeighbor } = tf.image;
    const resizes = {
      ResizeBilinear: resizeBilinear,
      ResizeNearestNeighbor: resizeNearestNeighbor,
    };
    for (const [op, resize] of Object.entries(resizes)) {
      const body = (x: tf.Tensor) => resize(x as tf.Tensor4D, [6, 6]);
      assertSharded(`${op}Grad`, body, normal([17, 3, 3, 2], 33));
    }
  });

  it('takes several rows for each of the batch, as those of the steps of sequences', () => {
    const body = (x: tf.Tensor, w: tf.Tensor) => {
      const [rows = 0, steps = 0, features] = x.shape;
      const allSteps = tf.reshape(x, [rows * steps, features as number]) as tf.Tensor2D;
      const values = tf.reshape(tf.matMul(allSteps, w as tf.Tensor2D), [rows, steps, -1]);
      const scores = tf.matMul(values, tf.sigmoid(values), false, true);
      return tf.sum(tf.matMul(tf.softmax(scores), values), 1);
    };
    for (const op of ['MatMul', 'BatchMatMulV2', 'SigmoidGrad', 'Softmax']) {
      assertSharded(op, body, normal([19, 6, 5], 24), normal([5, 4], 25));
    }
  });

  it('does not take for rows what is only as many', () => {
    const filter = (seed: number) => normal([3, 3, 2, 2], seed) as tf.Tensor4D;
    const image = (x: tf.Tensor) => tf.reshape(tf.relu(x), [1, 32, 32, 2]) as tf.Tensor4D;
    const functions: ((x: tf.Tensor) => tf.Tensor)[] = [
      (x) => tf.conv2d(image(x), filter(20), 1, 'same'),
      (x) => tf.depthwiseConv2d(image(x), filter(21), 1, 'same'),
      (x) => tf.maxPool(image(x), 3, 1, 'same'),
      (x) => tf.avgPool(image(x), 3, 1, 'same'),
      (x) => tf.image.resizeBilinear(image(x), [32, 16]),
      (x) => tf.transpose(tf.relu(x), [1, 0, 2]),
      (x) => tf.slice(tf.relu(x), 3, 1),
      (x) => tf.slice(tf.reshape(tf.relu(x), [64, 32]), 16, 32),
      (x) => tf.tile(tf.reshape(tf.relu(x), [64, 32]), [2, 1]),
      (x) => tf.reshape(tf.relu(x), [16, 128]),
      (x) => tf.concat([tf.reshape(tf.relu(x), [64, 32]), tf.ones([32, 32])], 0),
      (x) => tf.add(tf.reshape(tf.sum(tf.relu(x), [1, 2]), [1, 32]), tf.range(0, 32)),
      (x) => tf.concat(Array(32).fill(tf.reshape(tf.sum(tf.relu(x), [1, 2]), [1, 32])), 0),
    ];
    for (const compute of functions) {
      const body = (x: tf.Tensor) => tf.tanh(compute(x));
      assertSame(([x]) => [body(x as tf.Tensor)], normal([32, 32, 2], 22));
      const gradient = tf.grad((x) => tf.sum(body(x)));
      assertSame(([x]) => [gradient(x as tf.Tensor)], normal([32, 32, 2], 23));
    }
  });

  it('takes depthwise convolutions', () => {
    const body = (x: tf.Tensor, w: tf.Tensor) =>
      tf.depthwiseConv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
    for (const op of ['', 'BackpropInput', 'BackpropFilter']) {
      const tensors = [normal([17, 6, 6, 3], 14), normal([3, 3, 3, 2], 15)];
      assertSharded(`DepthwiseConv2dNative${op}`, body, ...tensors);
    }
  });

  it('adds up parts of pictures to the whole gradient', () => {
    const body = (x: tf.Tensor, w: tf.Tensor) =>
      tf.maxPool(tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'valid'), 2, 2, 'valid');
    assertSharded('MaxPoolGrad', body, normal([17, 9, 9, 1], 10), normal([3, 3, 1, 2], 11));
  });

  it('is made of everything that a model does with a batch', () => {
    const model = tf.sequential({
      layers: [
        tf.layers.conv2d({ inputShape: [9, 9, 1], filters: 2, kernelSize: 3 }),
        tf.layers.flatten(),
        tf.layers.dense({ units: 3, activation: 'softmax' }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
    const [x, y] = [normal([32, 9, 9, 1], 14), tf.oneHot(tf.zeros([32], 'int32'), 3)];
    const shares = shardSizes(32, cores).length;
    for (const [kind, body] of Object.entries(modelSteps(innerModel(model)))) {
      const given = kind === 'predict' ? [x] : [x, y];
      const count = operations(body, ...given).filter((op) => /Conv2D$/.test(op)).length;
      assert.equal(count, shares, kind);
    }
    model.dispose();
    tf.dispose([x, y]);
  });

  it('normalises a batch by the sums of its shards', { skip: withoutKernel }, async () => {
    const convolution = { kernelSize: 1, kernelInitializer: initializer(1) };
    const ofRank = [
      () => tf.layers.dense({ units: 6, kernelInitializer: initializer(1) }),
      () => tf.layers.conv1d({ filters: 1, ...convolution }),
      () => tf.layers.conv2d({ filters: 20, ...convolution }),
      () => tf.layers.conv3d({ filters: 2, ...convolution }),
    ];
    for (const [index, layer] of ofRank.entries()) {
      const inputShape = [4, 3, 5, 300].slice(-1 - index);
      const makeModel = () =>
        tf.sequential({
          layers: [
            tf.layers.inputLayer({ inputShape }),
            layer(),
            tf.layers.batchNormalization({}),
            tf.layers.reLU({}),
            tf.layers.batchNormalization({ scale: false, center: false, epsilon: 0.1 }),
            tf.layers.reshape({ targetShape: [-1] }),
            tf.layers.dense({ units: 3, kernelInitializer: initializer(3) }),
          ],
        });
      const compile = (model: tf.LayersModel) =>
        model.compile({ optimizer: tf.train.momentum(0.01, 0.9), loss: 'meanSquaredError' });
      const batches = [32, 17].map((rows) => ({
        inputs: [normal([rows, ...inputShape], 40)],
        targets: [normal([rows, 3], 41)],
      }));
      await assertLockstep({ steps: 4, batches, makeModel, compile });

      const model = makeModel();
      compile(model);
      const [{ inputs, targets }] = batches as [Batch];
      const found = operations(modelSteps(innerModel(model)).train, ...inputs, ...targets);
      assert.ok(!found.some((op) => op.startsWith('FusedBatchNorm')), `${inputShape}`);
      model.dispose();
      model.optimizer.dispose();
      disposeBatches(batches);
    }
  });

  it('is not made where a large part of the work needs all rows', () => {
    const body: TensorFunction = ([x, w]) => {
      const y = tf.conv2d(x as tf.Tensor4D, w as tf.Tensor4D, 1, 'same');
      const { mean, variance } = tf.moments(y, [0, 1, 2]);
      return [tf.div(tf.sub(y, mean), tf.sqrt(tf.add(variance, 1e-3)))];
    };
    const given = [normal([32, 8, 8, 2], 12), normal([1, 1, 2, 2], 13)];
    assert.equal(operations(body, ...given).filter((op) => op === 'Conv2D').length, 1);
    assertSame(body, ...given);
  });
});

/** The configurations with which a function's graph is loaded, by the inputs' number of rows. */
function configurations(body: (x: tf.Tensor2D) => tf.Tensor, rows: number[]): unknown[] {
  const backend = nativeBackend() as { binding: NativeBinding };
  const { binding } = backend;
  const seen: unknown[] = [];
  backend.binding = Object.create(binding, {
    loadSavedModel: {
      value: (folder: string, tags: string, configuration?: Uint8Array) => {
        seen.push(configuration && [...configuration]);
        return binding.loadSavedModel(folder, tags, configuration);
      },
    },
  });
  const compiled = graph.compile(body);
  try {
    for (const count of rows) {
      const x = tf.ones([count, 64]) as tf.Tensor2D;
      tf.dispose([compiled(x), x]);
    }
  } finally {
    backend.binding = binding;
    compiled.dispose();
  }
  return seen;
}

it('operations that are sharded, or small, have a core each, little work the caller, others all', {
  skip,
}, () => {
  const weights = tf.ones([64, 64]) as tf.Tensor2D;
  const divisible = (x: tf.Tensor2D) => tf.relu(tf.matMul(x, weights));
  const all = [82, 5, 82, 3, 152, 1, 1]; // graph_options.rewrite_options.disable_meta_optimizer
  const one = [2 << 3, 1, ...all]; // intra_op_parallelism_threads: 1
  const minusOne = [...Array(9).fill(255), 1];
  const caller = [2 << 3, 1, 5 << 3, ...minusOne, ...all]; // inter_op_parallelism_threads: -1
  // A few rows do not change it, if they are the last batch.
  assert.deepEqual(configurations(divisible, [5, 32, 5]), [caller, one]);
  const indivisible = (x: tf.Tensor2D) => tf.matMul(tf.transpose(x), x);
  assert.deepEqual(configurations(indivisible, [32]), [caller]);
  assert.deepEqual(configurations(indivisible, [20_000]), [all]);
  const either = (x: tf.Tensor2D) => (x.shape[0] === 32 ? divisible(x) : indivisible(x));
  assert.deepEqual(configurations(either, [32, 20_000]), [one, all]);
  // What is too small to be divided goes with what is sharded.
  assert.deepEqual(configurations(either, [32, 48]), [one, one]);
  weights.dispose();
});

type Matrix = tf.Variable<tf.Rank.R2>;

type Loss = (x: tf.Tensor2D, large: Matrix, small: Matrix) => tf.Tensor;

/**
 * Trains a large matrix followed by a small one; returns both and the number of remaining tensors.
 */
function train(optimizer: tf.Optimizer, loss: Loss, isGraph: boolean): [Matrix, Matrix, number] {
  const tensors = tf.memory().numTensors;
  const x = normal([16, 256], 20) as tf.Tensor2D;
  const [large, small] = tf.tidy(() => [
    tf.variable(normal([256, 256], 21)) as Matrix,
    tf.variable(normal([256, 3], 22)) as Matrix,
  ]);
  const step = (batch: tf.Tensor2D): tf.Scalar =>
    optimizer.minimize(() => tf.mean(loss(batch, large, small)), true, [large, small]) as tf.Scalar;
  const compiled = graph.compile(step);
  for (let index = 0; index < 5; index++) {
    (isGraph ? compiled : step)(x).dispose();
    if (index === 2) {
      // A change from outside reaches every block.
      tf.tidy(() => large.assign(tf.mul(large, 0.9)));
    }
  }
  compiled.dispose();
  x.dispose();
  return [large, small, tf.memory().numTensors - tensors];
}

function assertTrains(optimizer: () => tf.Optimizer, loss: Loss): void {
  const [large, small, left] = train(optimizer(), loss, true);
  const [otherLarge, otherSmall, otherLeft] = train(optimizer(), loss, false);
  assert.ok(maximumDifference(large, otherLarge) < 1e-5);
  assert.ok(maximumDifference(small, otherSmall) < 1e-5);
  assert.equal(left, otherLeft);
  tf.dispose([large, small, otherLarge, otherSmall]);
}

describe('a large matrix of weights', { skip }, () => {
  const product = (x: tf.Tensor2D, large: Matrix, small: Matrix) =>
    tf.square(tf.matMul(tf.tanh(tf.matMul(x, large)), small));
  const optimizers = {
    sgd: () => tf.train.sgd(0.01),
    momentum: () => tf.train.momentum(0.01, 0.9),
    // A smaller epsilon turns the rounding errors of gradients near 0 into large steps.
    adam: () => tf.train.adam(0.001, 0.9, 0.999, 1e-5),
    rmsprop: () => tf.train.rmsprop(0.001),
    adagrad: () => tf.train.adagrad(0.001),
    adadelta: () => tf.train.adadelta(0.001),
  };
  for (const [name, optimizer] of Object.entries(optimizers)) {
    it(`is trained like a whole one, with ${name}`, () => {
      assertTrains(optimizer, product);
    });
  }

  it('may also be regularised, transposed, and multiplied twice', () => {
    assertTrains(optimizers.adam, (x, large, small) =>
      tf.add(product(x, large, small), tf.mul(0.01, tf.sum(tf.square(large)))),
    );
    assertTrains(optimizers.adam, (x, large, small) =>
      tf.matMul(tf.matMul(tf.matMul(x, large), large, false, true), small),
    );
    assertTrains(optimizers.adam, (x, large, small) =>
      product(tf.tanh(tf.matMul(x, large)) as tf.Tensor2D, large, small),
    );
  });

  it('is held in blocks where it is trained, unless something needs it as a whole', () => {
    const x = normal([16, 256], 23);
    const large = tf.variable(normal([256, 256], 24)) as Matrix;
    const optimizer = tf.train.sgd(0.1);
    const training =
      (loss: (batch: tf.Tensor2D) => tf.Tensor): TensorFunction =>
      ([batch]) => [
        optimizer.minimize(() => tf.sum(loss(batch as tf.Tensor2D)), true, [large]) as tf.Tensor,
      ];
    const reads = (body: TensorFunction) =>
      nodes(body, x).filter(({ op }) => op === 'ReadVariableOp').length;
    const withProduct = reads(training((batch) => tf.matMul(batch, large)));
    assert.equal(reads(training((batch) => tf.add(batch, tf.sum(large)))), withProduct - 1);
    assert.equal(
      reads(([batch]) => [tf.matMul(batch as tf.Tensor2D, large)]),
      1,
    );
    tf.dispose([x, large]);
  });
});
