/** Each pass alone, on small graphs made by hand. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  biasAdd,
  biasAddGrad,
  float,
  matMul,
  reshape,
  sumOfRows,
  unpack,
} from '../../lib/graph/builders';
import { multiplyImages } from '../../lib/graph/passes/convolution';
import { crop } from '../../lib/graph/passes/crop';
import { deduplicate } from '../../lib/graph/passes/deduplicate';
import { fuse } from '../../lib/graph/passes/fuse';
import { fuseElementwise } from '../../lib/graph/passes/fuseElementwise';
import { joinParts } from '../../lib/graph/passes/joinParts';
import { joinSteps } from '../../lib/graph/passes/joinSteps';
import { foldNormalization, narrowNormalization } from '../../lib/graph/passes/normalization';
import { pool } from '../../lib/graph/passes/pooling';
import { schedule } from '../../lib/graph/passes/schedule';
import { separateBiasGradients } from '../../lib/graph/passes/separateBiasGradients';
import { shardBatch } from '../../lib/graph/passes/shardBatch';
import { shardVariables } from '../../lib/graph/passes/shardVariables';
import { simplify } from '../../lib/graph/passes/simplify';
import { skipZeros } from '../../lib/graph/passes/skipZeros';
import { transposeOnce } from '../../lib/graph/passes/transposeOnce';
import { withoutOneDnn } from '../../lib/graph/passes/withoutOneDnn';
import type { Pass } from '../../lib/graph/transform';
import { describeGraph } from '../../lib/graph/view/describeGraph';
import { bool, float as float32, int, string, strings, type } from '../../lib/native/attributes';
import { DT_BOOL, DT_FLOAT, DT_INT32 } from '../../lib/native/backend';
import { hasElementwiseKernel } from '../../lib/native/elementwiseKernel';
import {
  assignVariable,
  type Graph,
  type GraphValue,
  graphNode,
  graphValue,
  inputOf,
  integers,
  placeholder,
  readVariable,
  scalar,
  variableHandle,
} from '../../lib/native/graphNode';
import * as tf from '../../lib/tensorflow';
import { assertSame, graphOf, nodes, normal } from './graphs';

const input = (name: string, ...shape: number[]) => placeholder(name, DT_FLOAT, shape);

/** Fails unless a pass turns a graph into this one and leaves the original graph unchanged. */
function assertMakes(pass: Pass, graph: Graph, expected: string): Graph {
  const before = describeGraph(graph);
  const made = pass(graph);
  const lines = describeGraph(made).split('\n').slice(1);
  const withoutColumns = lines.map((line) => line.replace(/ {2,}/g, '  '));
  assert.equal(withoutColumns.join('\n'), expected.trim().replace(/^ +/gm, ''));
  assert.equal(describeGraph(graph), before);
  return made;
}

const VALID = { padding: string('VALID'), data_format: string('NHWC') };
const WINDOWS = { ...VALID, ksize: int([1, 2, 2, 1]), strides: int([1, 2, 2, 1]) };
const STEPS = { ...VALID, strides: int([1, 1, 1, 1]), dilations: int([1, 1, 1, 1]) };

describe('simplify', () => {
  it('makes matrices of batches of one, and a bias of a vector that is added', () => {
    const [x, w, b] = [input('x', 1, 2, 3), input('w', 1, 3, 4), input('b', 4)];
    const attributes = { adj_x: bool(false), adj_y: bool(false) };
    const product = float('BatchMatMulV2', [x, w], [1, 2, 4], attributes);
    const sum = float('Add', [reshape(product, [2, 4]), b], [2, 4]);
    assertMakes(
      simplify,
      graphOf([x, w, b], [sum]),
      `%0 = Reshape(input0, [2 3])  float32[2,3]
       %1 = Reshape(input1, [3 4])  float32[3,4]
       %2 = MatMul(%0, %1)  float32[2,4]
       %3 = BiasAdd(%2, input2)  float32[2,4]
       out %3`,
    );
  });

  it('takes a vector for one that has further axes of size 1', () => {
    const [x, b] = [input('x', 5, 2, 2, 3), input('b', 1, 1, 1, 3)];
    assertMakes(
      simplify,
      graphOf([x, b], [float('Add', [x, b], [5, 2, 2, 3])]),
      `%0 = Reshape(input1, [3])  float32[3]
       %1 = BiasAdd(input0, %0)  float32[5,2,2,3]
       out %1`,
    );
  });

  it('puts a reshape behind bias and activation, but only where nothing is trained', () => {
    const [x, w, b] = [input('x', 2, 3), input('w', 3, 4), input('b', 4)];
    const product = reshape(matMul(x, w, false, false), [1, 2, 4]);
    const output = float('Relu', [float('Add', [product, b], [1, 2, 4])], [1, 2, 4]);
    assertMakes(
      simplify,
      graphOf([x, w, b], [output]),
      `%0 = MatMul(input0, input1)  float32[2,4]
       %1 = BiasAdd(%0, input2)  float32[2,4]
       %2 = Relu(%1)  float32[2,4]
       %3 = Reshape(%2, [1 2 4])  float32[1,2,4]
       out %3`,
    );
    const handle = variableHandle('variable_0', DT_FLOAT, [1, 2, 4], 'kernel');
    assertMakes(
      simplify,
      graphOf([x, w, b], [], [assignVariable(handle, output)]),
      `%0 = MatMul(input0, input1)  float32[2,4]
       %1 = Reshape(%0, [1 2 4])  float32[1,2,4]
       %2 = BiasAdd(%1, input2)  float32[1,2,4]
       %3 = Relu(%2)  float32[1,2,4]
       %4 = AssignVariableOp("kernel", %3)
       update %4
       out nothing`,
    );
  });

  it('leaves out what changes nothing (reshapes, casts, slices, transposes), and softmax before the largest', () => {
    const x = input('x', 2, 3);
    const there = graphValue('Reshape', [x, integers([6])], {}, [{ shape: [6], dtype: DT_FLOAT }]);
    const back = graphValue('Reshape', [there, integers([2, 3])], {}, [
      { shape: [2, 3], dtype: DT_FLOAT },
    ]);
    const all = float('Slice', [back, integers([0, 0]), integers([2, 3])], [2, 3]);
    const transposed = float('Transpose', [all, integers([0, 1])], [2, 3]);
    const softmax = float('Softmax', [float('Cast', [transposed], [2, 3])], [2, 3]);
    const largest = graphValue('ArgMax', [softmax, scalar(-1, DT_INT32)], {}, [
      { shape: [2], dtype: DT_INT32 },
    ]);
    assertMakes(
      simplify,
      graphOf([x], [largest]),
      `%0 = ArgMax(input0, -1)  int32[2]
       out %0`,
    );
  });

  it('leaves alone what only looks alike', () => {
    const [x, column, row] = [input('x', 2, 3), input('column', 2, 1), input('row', 1, 3)];
    const added = float('Add', [x, column], [2, 3]);
    const summed = float('Sum', [added, integers([1])], [2], { keep_dims: bool(false) });
    const twice = float('Add', [row, row], [1, 3]);
    assertMakes(
      simplify,
      graphOf([x, column, row], [summed, twice]),
      `%0 = Add(input0, input1)  float32[2,3]
       %1 = Sum(%0, [1])  float32[2]
       %2 = Add(input2, input2)  float32[1,3]
       out %1, %2`,
    );
  });
});

it('deduplicate makes zeros of one shape once', () => {
  const [x, y] = [input('x', 2, 3), input('y', 2, 3)];
  const zeros = [x, y].map((value) => float('ZerosLike', [value], [2, 3]));
  assertMakes(
    deduplicate,
    graphOf([x, y], zeros),
    `%0 = ZerosLike(input0)  float32[2,3]
     out %0, %0`,
  );
});

it('deduplicate computes once what is computed twice, but draws random numbers twice', () => {
  const x = input('x', 4);
  const random = () => float('RandomUniform', [integers([4])], [4]);
  const twice = [0, 1].map(() => float('Mul', [x, scalar(2, DT_FLOAT)], [4]));
  const sums = [0, 1].map((index) => float('Add', [twice[index] as GraphValue, random()], [4]));
  assertMakes(
    deduplicate,
    graphOf([x], sums),
    `%0 = Mul(input0, 2)  float32[4]
     %1 = RandomUniform([4])  float32[4]
     %2 = Add(%0, %1)  float32[4]
     %3 = RandomUniform([4])  float32[4]
     %4 = Add(%0, %3)  float32[4]
     out %2, %4`,
  );
});

describe('shardVariables', () => {
  const training = (regularized: boolean) => {
    const [x, gradient] = [input('x', 4, 256), input('gradient', 4, 256)];
    const handle = variableHandle('variable_0', DT_FLOAT, [256, 256], 'kernel');
    const read = readVariable(handle);
    const slope = matMul(x, gradient, true, false);
    const update = graphNode('ResourceApplyGradientDescent', [handle, scalar(1, DT_FLOAT), slope]);
    update.overwrites = [read.node];
    const outputs = [matMul(x, read, false, false)];
    if (regularized) {
      outputs.push(float('Sum', [read, integers([0, 1])], []));
    }
    return graphOf([x, gradient], outputs, [update]);
  };

  it('gives each core a block of rows to multiply with and to update', () => {
    const { blocks } = assertMakes(
      shardVariables(2),
      training(false),
      `%0 = Slice(input0, [0 0], [4 128])  float32[4,128]
       %1 = ReadVariableOp("kernel"_0)  float32[128,256]  core 0
       %2 = MatMul(%0, %1)  float32[4,256]  core 0
       %3 = Slice(input0, [0 128], [4 128])  float32[4,128]
       %4 = ReadVariableOp("kernel"_1)  float32[128,256]  core 1
       %5 = MatMul(%3, %4)  float32[4,256]  core 1
       %6 = AddN(%2, %5)  float32[4,256]
       %7 = MatMul(%0, input1)  float32[128,256]  core 0
       %8 = ResourceApplyGradientDescent("kernel"_0, 1, %7)  core 0
       %9 = MatMul(%3, input1)  float32[128,256]  core 1
       %10 = ResourceApplyGradientDescent("kernel"_1, 1, %9)  core 1
       update %8, %10
       out %6`,
    );
    assert.deepEqual(
      [...blocks.values()].map(({ length }) => length),
      [2],
    );
  });

  it('leaves a variable whole that something needs as a whole', () => {
    const { blocks } = shardVariables(2)(training(true));
    assert.deepEqual(
      [...blocks.values()].map(({ length }) => length),
      [1],
    );
  });
});

describe('shardBatch', () => {
  it('gives each core some rows, and adds what is summed over them', () => {
    const [x, w] = [input('x', 17, 3), input('w', 3, 3)];
    const hidden = float('Relu', [matMul(x, w, false, false)], [17, 3]);
    const slope = matMul(x, hidden, true, false);
    const { oneCoreEach } = assertMakes(
      shardBatch(2),
      graphOf([x, w], [slope, hidden]),
      `%0 = Slice(input0, [0 0], [8 3])  float32[8,3]
       %1 = MatMul(%0, input1)  float32[8,3]  core 0
       %2 = Relu(%1)  float32[8,3]  core 0
       %3 = MatMul(%0, %2)  float32[3,3]  core 0
       %4 = Slice(input0, [8 0], [9 3])  float32[9,3]
       %5 = MatMul(%4, input1)  float32[9,3]  core 1
       %6 = Relu(%5)  float32[9,3]  core 1
       %7 = MatMul(%4, %6)  float32[3,3]  core 1
       %8 = AddN(%3, %7)  float32[3,3]
       %9 = ConcatV2(%2, %6, 0)  float32[17,3]
       out %8, %9`,
    );
    assert.equal(oneCoreEach, true);
  });

  it('shards nothing where most of the work needs all rows, or where there are few', () => {
    const sorted = (rows: number, columns: number) => {
      const shape = [rows, columns];
      const x = input('x', ...shape);
      const first = float('TopKV2', [float('Relu', [x], shape)], shape);
      return graphOf([x], [float('TopKV2', [first], shape)]);
    };
    const many = sorted(32, 100_000);
    assert.equal(shardBatch(2)(many).oneCoreEach, false);
    assert.equal(describeGraph(shardBatch(2)(many)), describeGraph(many));
    assert.equal(shardBatch(2)(sorted(5, 100_000)).oneCoreEach, null);
    assert.equal(shardBatch(2)(sorted(32, 4000)).oneCoreEach, true);
  });
});

describe('joinSteps', () => {
  const steps = [0, 1, 2, 3];

  it('multiplies the rows of all steps at once, and adds up their gradients so', () => {
    const [x, w, dy] = [input('x', 4, 2, 3), input('w', 3, 5), input('dy', 4, 2, 5)];
    const [rows, slopes] = [unpack(x), unpack(dy)];
    const products = rows.map((row) => matMul(row, w, false, false));
    const gradients = steps.map((step) =>
      matMul(rows[step] as GraphValue, slopes[step] as GraphValue, true, false),
    );
    const add = (one: GraphValue, other: GraphValue) => float('Add', [one, other], [3, 5]);
    assertMakes(
      joinSteps,
      graphOf([x, w, dy], [...products, add(gradients.reduce(add), w)]),
      `%0 = Unpack(input0)  float32[2,3], float32[2,3], float32[2,3], float32[2,3]
       %1 = ConcatV2(%0, %0.1, %0.2, %0.3, 0)  float32[8,3]
       %2 = MatMul(%1, input1)  float32[8,5]
       %3 = Reshape(%2, [4 2 5])  float32[4,2,5]
       %4 = Unpack(%3)  float32[2,5], float32[2,5], float32[2,5], float32[2,5]
       %5 = Unpack(input2)  float32[2,5], float32[2,5], float32[2,5], float32[2,5]
       %6 = ConcatV2(%5, %5.1, %5.2, %5.3, 0)  float32[8,5]
       %7 = MatMul(%1, %6)  float32[3,5]
       %8 = AddN(%7, input1)  float32[3,5]
       out %4, %4.1, %4.2, %4.3, %8`,
    );
  });

  it('leaves alone what depends on the step before, and what is done a few times only', () => {
    const [state, w] = [input('state', 2, 3), input('w', 3, 3)];
    const next = (value: GraphValue) => float('Tanh', [matMul(value, w, false, false)], [2, 3]);
    const recurrent = graphOf([state, w], [steps.reduce(next, state)]);
    assert.equal(describeGraph(joinSteps(recurrent)), describeGraph(recurrent));
    const [x] = [input('x', 3, 2, 3)];
    const few = graphOf(
      [x, w],
      unpack(x).map((row) => matMul(row, w, false, false)),
    );
    assert.equal(describeGraph(joinSteps(few)), describeGraph(few));
  });
});

/** A matrix of so many rows, cut into parts of three columns. */
function cutInThrees(value: GraphValue, rows: number, count: number): GraphValue[] {
  const sizes = Array.from({ length: count }, () => 3);
  const inputs = [value, integers(sizes), integers([1], [])];
  const attributes = { T: type(DT_FLOAT), Tlen: type(DT_INT32), num_split: int(count) };
  const outputs = sizes.map((size) => ({ dtype: DT_FLOAT, shape: [rows, size] }));
  const node = graphNode('SplitV', inputs, attributes, outputs);
  return outputs.map((_, index) => ({ node, index }));
}

describe('transposeOnce', () => {
  const products = (steps: number, transposed = true) => {
    const [x, w] = [input('x', 2, 4), input('w', 3, 4)];
    const rows = Array.from({ length: steps }, (_, step) =>
      matMul(float('Mul', [x, scalar(step, DT_FLOAT)], [2, 4]), w, false, transposed),
    );
    return graphOf([x, w], rows);
  };

  it('transposes what all steps multiply with', () => {
    assertMakes(
      transposeOnce,
      products(4),
      `%0 = Mul(input0, 0)  float32[2,4]
       %1 = Transpose(input1, [1 0])  float32[4,3]
       %2 = MatMul(%0, %1)  float32[2,3]
       %3 = Mul(input0, 1)  float32[2,4]
       %4 = MatMul(%3, %1)  float32[2,3]
       %5 = Mul(input0, 2)  float32[2,4]
       %6 = MatMul(%5, %1)  float32[2,3]
       %7 = Mul(input0, 3)  float32[2,4]
       %8 = MatMul(%7, %1)  float32[2,3]
       out %2, %4, %6, %8`,
    );
  });

  it('leaves alone what is no sequence, or lies right already', () => {
    for (const graph of [products(3), products(4, false)]) {
      assert.equal(transposeOnce(graph), graph);
    }
  });
});

describe('fuseElementwise', { skip: !hasElementwiseKernel() && 'the addon lacks it' }, () => {
  it('makes one kernel of what lies between two products', () => {
    const [x, b, w] = [input('x', 2, 6), input('b', 6), input('w', 3, 6)];
    const step = (value: GraphValue) => {
      const [first, second] = cutInThrees(biasAdd(value, b), 2, 2) as [GraphValue, GraphValue];
      const gate = float('Sigmoid', [first], [2, 3]);
      return float('Mul', [gate, float('Tanh', [second], [2, 3])], [2, 3]);
    };
    const state = step(x);
    assertMakes(
      fuseElementwise,
      graphOf([x, b, w], [step(matMul(state, w, false, false)), state]),
      `%0 = FusedElementwise[Add Sigmoid Tanh Mul](input0, input1)  float32[2,3]
       %1 = MatMul(%0, input2)  float32[2,6]
       %2 = FusedElementwise[Add Sigmoid Tanh Mul](%1, input1)  float32[2,3]
       out %2, %0`,
    );
  });

  it('adds up rows while it computes them, for what comes after', () => {
    const x = input('x', 2, 4, 3);
    const centred = float('Sub', [x, sumOfRows(float('Square', [x], [2, 4, 3]))], [2, 4, 3]);
    assertMakes(
      fuseElementwise,
      graphOf([x], [sumOfRows(float('Neg', [centred], [2, 4, 3]))]),
      `%0 = FusedElementwise[Square Sum](input0)  float32[3]
       %1 = FusedElementwise[Sub Neg Sum](input0, %0)  float32[3]
       out %1`,
    );
  });

  it('gives out what others need, and puts parts together', () => {
    const [x, y] = [input('x', 2, 3), input('y', 2, 3)];
    const [sum, product] = [float('Add', [x, y], [2, 3]), float('Mul', [x, y], [2, 3])];
    const attributes = { N: int(2), T: type(DT_FLOAT), Tidx: type(DT_INT32) };
    const whole = float('ConcatV2', [sum, product, integers([-1], [])], [2, 6], attributes);
    const total = float('Sum', [float('Square', [sum], [2, 3]), integers([0, 1])], []);
    assertMakes(
      fuseElementwise,
      graphOf([x, y], [whole, float('Mean', [sum, integers([0, 1])], []), total]),
      `%0 = FusedElementwise[Add Mul Copy Copy Square](input0, input1)  float32[2,3], float32[2,6], float32[2,3]
       %1 = Mean(%0, [0 1])  float32[]
       %2 = Sum(%0.2, [0 1])  float32[]
       out %0.1, %1, %2`,
    );
  });

  it('takes short rows together, and repeats what counts for all of them', () => {
    const chain = (x: tf.Tensor, other: tf.Tensor) =>
      tf.sub(tf.relu(tf.mul(tf.add(x, other), other)), 0.25);
    const sizes = (x: tf.Tensor, other: tf.Tensor) => {
      const kernel = nodes(([a, b]) => [chain(a as tf.Tensor, b as tf.Tensor)], x, other).find(
        ({ op }) => op === 'FusedElementwise',
      );
      assertSame(([a, b]) => [chain(a as tf.Tensor, b as tf.Tensor)], x, other);
      return ['rows', 'repeats'].map((name) => kernel?.attributes[name]?.value);
    };
    assert.deepEqual(sizes(normal([5, 120, 4], 1), normal([4], 2)), [5, 120]);
    assert.deepEqual(sizes(normal([5, 120, 4], 1), normal([5, 120, 1], 2)), [600, 1]);
    assert.deepEqual(sizes(normal([5, 120, 4], 1), normal([5, 120, 4], 2)), [5, 1]);
    assert.deepEqual(sizes(normal([3, 700], 1), normal([700], 2)), [3, 1]);
  });

  it('stands before what came between its operations', () => {
    const [x, w] = [input('x', 2, 3), input('w', 3, 3)];
    const at = (position: number, value: GraphValue) => {
      value.node.origin = { position, phase: 'forward' };
      return value;
    };
    const sum = at(0, float('Add', [x, x], [2, 3]));
    const product = at(1, matMul(sum, w, false, false));
    const root = at(3, float('Sqrt', [at(2, float('Square', [sum], [2, 3]))], [2, 3]));
    assertMakes(
      fuseElementwise,
      graphOf([x, w], [product, root]),
      `%0 = FusedElementwise[Add Square Sqrt](input0)  float32[2,3], float32[2,3]  forward
       %1 = MatMul(%0, input1)  float32[2,3]  forward
       out %1, %0.1`,
    );
  });

  it('leaves apart what another operation lies between, other rows and other cores', () => {
    const [x, w] = [input('x', 2, 3), input('w', 3, 3)];
    const negated = float('Neg', [x], [2, 3]);
    const between = matMul(negated, w, false, false);
    const [other, twice] = [float('Neg', [w], [3, 3]), float('Square', [w], [3, 3])];
    Object.assign(twice.node, { core: 1 });
    const graph = graphOf(
      [x, w],
      [
        float('Add', [float('Relu', [negated], [2, 3]), between], [2, 3]),
        float('Mul', [other, twice], [3, 3]),
      ],
    );
    assert.equal(describeGraph(fuseElementwise(graph)), describeGraph(graph));
  });
});

describe('joinParts', () => {
  it('computes from the whole what most of its parts need, step by step', () => {
    const x = input('x', 3, 2, 4);
    const [first, second, third] = unpack(x) as [GraphValue, GraphValue, GraphValue];
    const [scale, zero] = [scalar(0.25, DT_FLOAT), scalar(0, DT_FLOAT)];
    const step = (value: GraphValue) =>
      float('Maximum', [float('Mul', [value, scale], [2, 4]), zero], [2, 4]);
    assertMakes(
      joinParts,
      graphOf([x], [step(first), step(third), float('Tanh', [second], [2, 4])]),
      `%0 = Mul(input0, 0.25)  float32[3,2,4]
       %1 = Maximum(%0, 0)  float32[3,2,4]
       %2 = Unpack(%1)  float32[2,4], float32[2,4], float32[2,4]
       %3 = Unpack(input0)  float32[2,4], float32[2,4], float32[2,4]
       %4 = Tanh(%3.1)  float32[2,4]
       out %2, %2.2, %4`,
    );
  });

  it('takes the whole again where all parts are put together', () => {
    const [x, b] = [input('x', 3, 2, 4), input('b', 4)];
    const outputs = unpack(x).map((step) => float('Relu', [biasAdd(step, b)], [2, 4]));
    const attributes = { T: type(DT_FLOAT), N: int(3), axis: int(0) };
    const whole = float('Pack', outputs, [3, 2, 4], attributes);
    assertMakes(
      joinParts,
      graphOf([x, b], [whole]),
      `%0 = BiasAdd(input0, input1)  float32[3,2,4]
       %1 = Relu(%0)  float32[3,2,4]
       out %1`,
    );
  });

  it('leaves alone what only one part needs, and what differs from part to part', () => {
    const [x, y] = [input('x', 3, 2, 4), input('y', 1, 2, 4)];
    const [first, second, third] = unpack(x) as [GraphValue, GraphValue, GraphValue];
    const graph = graphOf(
      [x, y],
      [
        float('Sigmoid', [first], [2, 4]),
        float('Mul', [first, y], [1, 2, 4]),
        float('Mul', [second, y], [1, 2, 4]),
        float('Add', [first, second], [2, 4]),
        float('Add', [second, third], [2, 4]),
      ],
    );
    assert.equal(describeGraph(joinParts(graph)), describeGraph(graph));
  });

  it('lets no kernel that takes values of one shape take others', () => {
    const [x, dy] = [input('x', 3, 2, 4), input('dy', 2, 4)];
    const slopes = unpack(x).map((step) => float('TanhGrad', [step, dy], [2, 4]));
    const graph = graphOf([x, dy], slopes);
    assert.equal(describeGraph(joinParts(graph)), describeGraph(graph));
  });
});

describe('separateBiasGradients', () => {
  it('lets a bias take one of several outputs by way of another node', () => {
    const z = input('z', 2, 6);
    const [first] = cutInThrees(z, 2, 2) as [GraphValue];
    assertMakes(
      separateBiasGradients,
      graphOf([z], [biasAddGrad(first), biasAddGrad(z)]),
      `%0 = SplitV(input0, [3 3], 1)  float32[2,3], float32[2,3]
       %1 = Identity(%0)  float32[2,3]
       %2 = BiasAddGrad(%1)  float32[3]
       %3 = BiasAddGrad(input0)  float32[6]
       out %2, %3`,
    );
  });
});

describe('crop', () => {
  const images = input('images', 1, 6, 6, 1);
  const filter = input('filter', 2, 2, 1, 1);
  const convolved = float('Conv2D', [images, filter], [1, 5, 5, 1], STEPS);
  const pooled = float('MaxPool', [convolved], [1, 2, 2, 1], WINDOWS);

  it('computes no more of a convolution than the pooling sees', () => {
    assertMakes(
      crop,
      graphOf([images, filter], [pooled]),
      `%0 = Slice(input0, [0 0 0 0], [-1 5 5 -1])  float32[1,5,5,1]
       %1 = Conv2D(%0, input1)  float32[1,4,4,1]
       %2 = MaxPool(%1)  float32[1,2,2,1]
       out %2`,
    );
  });

  it('crops the result where it is needed as a whole too', () => {
    assertMakes(
      crop,
      graphOf([images, filter], [pooled, convolved]),
      `%0 = Conv2D(input0, input1)  float32[1,5,5,1]
       %1 = Slice(%0, [0 0 0 0], [-1 4 4 -1])  float32[1,4,4,1]
       %2 = MaxPool(%1)  float32[1,2,2,1]
       out %2, %0`,
    );
  });

  it('pads a gradient that is needed as a whole', () => {
    const upstream = input('upstream', 1, 2, 2, 1);
    const gradient = float('MaxPoolGrad', [convolved, pooled, upstream], [1, 5, 5, 1], WINDOWS);
    assertMakes(
      crop,
      graphOf([images, filter, upstream], [gradient]),
      `%0 = Slice(input0, [0 0 0 0], [-1 5 5 -1])  float32[1,5,5,1]
       %1 = Conv2D(%0, input1)  float32[1,4,4,1]
       %2 = MaxPool(%1)  float32[1,2,2,1]
       %3 = MaxPoolGrad(%1, %2, input2)  float32[1,4,4,1]
       %4 = Pad(%3, [0 0 0 1 0 1 0 0])  float32[1,5,5,1]
       out %4`,
    );
  });
});

describe('pool', () => {
  const x = input('x', 2, 4, 4, 3);

  it('pools before the activation, and puts the slope to the pooled values', () => {
    const upstream = input('upstream', 2, 2, 2, 3);
    const activated = float('Sigmoid', [x], [2, 4, 4, 3]);
    const pooled = float('MaxPool', [activated], [2, 2, 2, 3], WINDOWS);
    const passed = float('MaxPoolGrad', [activated, pooled, upstream], [2, 4, 4, 3], WINDOWS);
    const slope = float('SigmoidGrad', [activated, passed], [2, 4, 4, 3]);
    const bias = float('BiasAddGrad', [slope], [3]);
    assertMakes(
      pool,
      graphOf([x, upstream], [pooled, slope, bias]),
      `%0 = MaxPool(input0)  float32[2,2,2,3]
       %1 = Sigmoid(%0)  float32[2,2,2,3]
       %2 = SigmoidGrad(%1, input1)  float32[2,2,2,3]
       %3 = MaxPoolGrad(input0, %0, %2)  float32[2,4,4,3]
       %4 = BiasAddGrad(%2)  float32[3]
       out %1, %3, %4`,
    );
  });

  it('spreads the gradient of an average over its window', () => {
    const upstream = input('upstream', 2, 2, 2, 3);
    const shape = integers([2, 4, 4, 3]);
    const gradient = float('AvgPoolGrad', [shape, upstream], [2, 4, 4, 3], WINDOWS);
    assertMakes(
      pool,
      graphOf([upstream], [gradient]),
      `%0 = Mul(input0, 0.25)  float32[2,2,2,3]
       %1 = Reshape(%0, [8 3])  float32[8,3]
       %2 = ConcatV2(%1, %1, 1)  float32[8,6]
       %3 = Reshape(%2, [4 12])  float32[4,12]
       %4 = ConcatV2(%3, %3, 1)  float32[4,24]
       %5 = Reshape(%4, [2 4 4 3])  float32[2,4,4,3]
       out %5`,
    );
  });
});

describe('foldNormalization', () => {
  const normalized = (values: GraphValue, isTraining = false) => {
    const ofChannels = ['gamma', 'beta', 'mean', 'variance'].map((name) => input(name, 3));
    const attributes = { epsilon: float32(0.5), is_training: bool(isTraining) };
    const made = float('FusedBatchNorm', [values, ...ofChannels], [2, 3, 3, 3], attributes);
    return { ofChannels, made };
  };
  const [x, filter] = [input('x', 2, 4, 4, 1), input('filter', 2, 2, 1, 3)];
  const convolution = () => float('Conv2D', [x, filter], [2, 3, 3, 3], STEPS);

  it('puts a normalisation by averages into the filter and bias before it', () => {
    const bias = input('bias', 3);
    const { ofChannels, made } = normalized(float('BiasAdd', [convolution(), bias], [2, 3, 3, 3]));
    assertMakes(
      foldNormalization,
      graphOf([x, filter, bias, ...ofChannels], [float('Relu', [made], [2, 3, 3, 3])]),
      `%0 = Add(input6, 0.5)  float32[3]
       %1 = Rsqrt(%0)  float32[3]
       %2 = Mul(input3, %1)  float32[3]
       %3 = Mul(input1, %2)  float32[2,2,1,3]
       %4 = Conv2D(input0, %3)  float32[2,3,3,3]
       %5 = Sub(input5, input2)  float32[3]
       %6 = Mul(%5, %2)  float32[3]
       %7 = Sub(input4, %6)  float32[3]
       %8 = BiasAdd(%4, %7)  float32[2,3,3,3]
       %9 = Relu(%8)  float32[2,3,3,3]
       out %9`,
    );
  });

  it('leaves one by the batch alone, and one of what something else needs too', () => {
    for (const isTraining of [true, false]) {
      const features = convolution();
      const { ofChannels, made } = normalized(features, isTraining);
      const outputs = isTraining ? [made] : [made, features];
      assertMakes(
        foldNormalization,
        graphOf([x, filter, ...ofChannels], outputs),
        `%0 = Conv2D(input0, input1)  float32[2,3,3,3]
         %1 = FusedBatchNorm(%0, input2, input3, input4, input5)  float32[2,3,3,3]
         out ${isTraining ? '%1' : '%1, %0'}`,
      );
    }
  });
});

it('narrowNormalization takes the pixels of all images for rows of four', () => {
  const x = input('x', 2, 3, 6, 5);
  const ofChannels = ['gamma', 'beta', 'mean', 'variance'].map((name) => input(name, 5));
  const attributes = { is_training: bool(false), data_format: string('NHWC') };
  assertMakes(
    narrowNormalization,
    graphOf(
      [x, ...ofChannels],
      [float('FusedBatchNorm', [x, ...ofChannels], [2, 3, 6, 5], attributes)],
    ),
    `%0 = Reshape(input0, [9 1 4 5])  float32[9,1,4,5]
     %1 = FusedBatchNorm(%0, input1, input2, input3, input4)  float32[9,1,4,5]
     %2 = Reshape(%1, [2 3 6 5])  float32[2,3,6,5]
     out %2`,
  );
});

it('multiplyImages takes a convolution of the whole image for a product of matrices', () => {
  const [images, filter] = [input('images', 2, 5, 5, 3), input('filter', 5, 5, 3, 7)];
  const convolved = float('Conv2D', [images, filter], [2, 1, 1, 7], STEPS);
  const smaller = input('smaller', 4, 5, 3, 7);
  const other = float('Conv2D', [images, smaller], [2, 2, 1, 7], STEPS);
  assertMakes(
    multiplyImages,
    graphOf([images, filter, smaller], [convolved, other]),
    `%0 = Reshape(input0, [2 75])  float32[2,75]
     %1 = Reshape(input1, [75 7])  float32[75,7]
     %2 = MatMul(%0, %1)  float32[2,7]
     %3 = Reshape(%2, [2 1 1 7])  float32[2,1,1,7]
     %4 = Conv2D(input0, input2)  float32[2,2,1,7]
     out %3, %4`,
  );
});

describe('skipZeros', () => {
  const product = (rows: number, columns: number, activation?: string) => {
    const x = input('x', rows, 500);
    const row = activation ? float(activation, [x], [rows, 500]) : reshape(x, [rows, 500]);
    const matrix = readVariable(variableHandle('matrix', DT_FLOAT, [500, columns]));
    return graphOf([x], [matMul(row, matrix, false, false)]);
  };
  const dense = (rows: number, columns: number) =>
    `%0 = ReadVariableOp("matrix")  float32[500,${columns}]
     %1 = MatMul(input0, %0)  float32[${rows},${columns}]
     out %1`;

  it('multiplies a row that may have zeros with a part of a large matrix', () => {
    assertMakes(
      skipZeros,
      product(1, 1100),
      `%0 = Where(input0)  type 9[500,2]
       %1 = GatherNd(input0, %0)  float32[500]
       %2 = Cast([1 500])  type 9[2]
       %3 = ReadVariableOp("matrix")  float32[500,1100]
       %4 = SparseTensorDenseMatMul(%0, %1, %2, %3)  float32[1,1100]
       out %4`,
    );
    assert.match(describeGraph(skipZeros(product(1, 1100, 'Relu'))), /SparseTensorDenseMatMul/);
  });

  it('leaves several rows, small matrices and what has no zeros as they are', () => {
    assertMakes(skipZeros, product(2, 1100), dense(2, 1100));
    assertMakes(skipZeros, product(1, 1000), dense(1, 1000));
    assert.doesNotMatch(describeGraph(skipZeros(product(1, 1100, 'Tanh'))), /Sparse/);
  });
});

describe('fuse', () => {
  const convolved = (rows: number, channels: number) => {
    const [x, w, b] = [
      input('x', rows, 5, 5, channels),
      input('w', 3, 3, channels, 4),
      input('b', 4),
    ];
    const shape = [rows, 3, 3, 4];
    const biased = biasAdd(float('Conv2D', [x, w], shape, STEPS), b);
    return { fed: [x, w, b], shape, biased };
  };

  it('makes one kernel of a convolution or a product, its bias and its activation', () => {
    const { fed, shape, biased } = convolved(2, 8);
    const [matrix, vector] = [input('matrix', 36, 10), input('vector', 10)];
    const product = matMul(reshape(float('Relu', [biased], shape), [2, 36]), matrix, false, false);
    assertMakes(
      fuse,
      graphOf([...fed, matrix, vector], [float('Softmax', [biasAdd(product, vector)], [2, 10])]),
      `%0 = _FusedConv2D(input0, input1, input2)  float32[2,3,3,4]
       %1 = Reshape(%0, [2 36])  float32[2,36]
       %2 = _FusedMatMul(%1, input3, input4)  float32[2,10]
       %3 = Softmax(%2)  float32[2,10]
       out %3`,
    );
  });

  it('gives a convolution of a single picture, which is better off without oneDNN, a bias of zeros', () => {
    const { fed, biased } = convolved(1, 8);
    assertMakes(
      fuse,
      graphOf(fed, [inputOf(biased.node, 0)]),
      `%0 = _FusedConv2D(input0, input1, [0 0 0 0])  float32[1,3,3,4]
       out %0`,
    );
    const two = convolved(2, 8);
    assertMakes(
      fuse,
      graphOf(two.fed, [inputOf(two.biased.node, 0)]),
      `%0 = Conv2D(input0, input1)  float32[2,3,3,4]
       out %0`,
    );
  });

  it('leaves what is used elsewhere too, other activations, and everything that trains', () => {
    const { fed, shape, biased } = convolved(2, 8);
    const outputs = [float('Relu', [biased], shape), float('Tanh', [biased], shape)];
    assertMakes(
      fuse,
      graphOf(fed, outputs),
      `%0 = _FusedConv2D(input0, input1, input2)  float32[2,3,3,4]
       %1 = Relu(%0)  float32[2,3,3,4]
       %2 = Tanh(%0)  float32[2,3,3,4]
       out %1, %2`,
    );
    const variable = variableHandle('variable_0', DT_FLOAT, shape, 'weights');
    const trained = graphOf(fed, [], [assignVariable(variable, outputs[0] as GraphValue)]);
    assert.equal(fuse(trained), trained);
  });
});

describe('withoutOneDnn', () => {
  const biased = { num_args: int(1), fused_ops: strings(['BiasAdd']) };
  const convolved = (rows: number, channels: number) => {
    const fed = [input('x', rows, 5, 5, channels), input('w', 3, 3, channels, 4), input('b', 4)];
    return graphOf(fed, [float('_FusedConv2D', fed, [rows, 3, 3, 4], { ...STEPS, ...biased })]);
  };
  const product = (rows: number, ...fused: string[]) => {
    const fed = [input('x', rows, 6), input('w', 6, 4), input('b', 4)];
    const attributes = { ...biased, fused_ops: strings(fused), transpose_a: bool(false) };
    return graphOf(fed, [float('_FusedMatMul', fed, [rows, 4], attributes)]);
  };
  const pooled = (padding: string, ...images: [number, number, number, number]) => {
    const [ksize, strides] = [int([1, 2, 3, 1]), int([1, 2, 2, 1])];
    const attributes = { ...STEPS, ksize, strides, padding: string(padding) };
    const x = input('x', ...images);
    return graphOf([x], [float('MaxPool', [x], [1, 2, 3, 8], attributes)]);
  };
  const paddingsOf = (graph: Graph) =>
    withoutOneDnn(graph).outputs[0]?.node.attributes.explicit_paddings?.value;

  it('gives a convolution of a single picture of several channels an argument that is not used', () => {
    assertMakes(
      withoutOneDnn,
      convolved(1, 8),
      `%0 = _FusedConv2D(input0, input1, input2, 0)  float32[1,3,3,4]
       out %0`,
    );
  });

  it('multiplies a row as a column that is transposed, without sigmoids', () => {
    assertMakes(
      withoutOneDnn,
      product(1, 'BiasAdd', 'Relu'),
      `%0 = Reshape(input0, [6 1])  float32[6,1]
       %1 = _FusedMatMul(%0, input1, input2)  float32[1,4]
       out %1`,
    );
    assertMakes(
      withoutOneDnn,
      product(1, 'BiasAdd', 'Tanh'),
      `%0 = Reshape(input0, [6 1])  float32[6,1]
       %1 = _FusedMatMul(%0, input1, input2)  float32[1,4]
       %2 = Tanh(%1)  float32[1,4]
       out %2`,
    );
  });

  it('pools a single picture with its padding in numbers', () => {
    assert.deepEqual(paddingsOf(pooled('VALID', 1, 4, 7, 8)), [0, 0, 0, 0, 0, 0, 0, 0]);
    assert.deepEqual(paddingsOf(pooled('SAME', 1, 3, 6, 8)), [0, 0, 0, 1, 0, 1, 0, 0]);
  });

  it('leaves several rows, few channels, large pictures and everything that trains as they are', () => {
    const large = pooled('VALID', 1, 64, 64, 8);
    const others = [convolved(2, 8), convolved(1, 4), product(2, 'BiasAdd'), large];
    const variable = variableHandle('variable_0', DT_FLOAT, [1, 3, 3, 4], 'weights');
    const update = assignVariable(variable, convolved(1, 8).outputs[0] as GraphValue);
    const trained = { ...convolved(1, 8), updates: [update] };
    for (const graph of [...others, trained]) {
      assert.equal(withoutOneDnn(graph), graph);
    }
  });
});

describe('schedule', () => {
  it('lets an update wait for all that use the old value', () => {
    const handle = variableHandle('variable_0', DT_FLOAT, [2], 'w');
    const read = readVariable(handle);
    const seen = float('Square', [reshape(read, [1, 2])], [1, 2]);
    const update = assignVariable(handle, float('Neg', [read], [2]));
    update.overwrites = [read.node];
    assertMakes(
      schedule,
      graphOf([], [seen], [update]),
      `%0 = ReadVariableOp("w")  float32[2]
       %1 = Reshape(%0, [1 2])  float32[1,2]
       %2 = Square(%1)  float32[1,2]
       %3 = Neg(%0)  float32[2]
       %4 = AssignVariableOp("w", %3) after %0,%1,%2,%3
       update %4
       out %2`,
    );
  });

  it('lets the gradient of a filter wait for that of the images', () => {
    const [images, filter] = [input('images', 1, 4, 4, 1), input('filter', 2, 2, 1, 1)];
    const upstream = input('upstream', 1, 3, 3, 1);
    const ofFilter = [images, integers([2, 2, 1, 1]), upstream];
    const ofImages = [integers([1, 4, 4, 1]), filter, upstream];
    const gradients = [
      float('Conv2DBackpropFilter', ofFilter, [2, 2, 1, 1], STEPS),
      float('Conv2DBackpropInput', ofImages, [1, 4, 4, 1], STEPS),
    ];
    assertMakes(
      schedule,
      graphOf([images, filter, upstream], gradients),
      `%0 = Conv2DBackpropInput([1 4 4 1], input1, input2)  float32[1,4,4,1]
       %1 = Conv2DBackpropFilter(input0, [2 2 1 1], input2) after %0  float32[2,2,1,1]
       out %1, %0`,
    );
  });
});

it('a mean of booleans, which tfjs-node has cast to numbers, is one of numbers', () => {
  const x = input('x', 4);
  const mean = float('Mean', [x, integers([0])], [], { T: type(DT_BOOL) });
  const [{ node }] = simplify(graphOf([x], [mean])).outputs as [GraphValue];
  assert.deepEqual(node.attributes.T, type(DT_FLOAT));
});
