/**
 * What the passes know of TensorFlow's operations. An operation without an entry stays as it was
 * recorded. To teach the compiler a new one, add an entry; the meaning of each field is below.
 */

import { type Graph, type GraphNode, inputOf, nodesOf, shapeOf } from '../native/graphNode';
import {
  alongLastAxis,
  alongOtherAxes,
  concatenation,
  elementByElement,
  elementsOfOneShape,
  matrixProduct,
  parts,
  placesOfRows,
  reshaping,
  rows,
  rowsPicked,
  type Sharding,
  sequences,
  steps,
  sum,
  sumOverRows,
  transposition,
} from './sharding';

/** What is known of an operation. */
export interface Operation {
  /** How a node is sharded by rows; null if it cannot be. Left out: it never can. */
  sharding?: (node: GraphNode) => Sharding | null;
  /** The result at one position of an image depends on the first input at that position only. */
  isPointwise?: boolean;
  /** It never falls: the largest input gives the largest output. */
  isMonotone?: boolean;
  /**
   * The kernel of its gradient, which takes the gradient and the operation's own output: which of
   * these comes first.
   */
  gradient?: { op: string; takesOutputFirst: boolean };
  /** It only moves data: to compute it as a whole too is no dearer than to join its shards. */
  isMove?: boolean;
  /** It passes its input's memory on, and takes no time. */
  isFree?: boolean;
  /** How many multiplications a node does. Left out: almost none. */
  multiplications?: (node: GraphNode) => number;
}

const elementwise: Operation = { sharding: elementByElement };
/**
 * Further ones, of one input or of two that may be broadcast. Not `Equal`, by which accuracy compares
 * class numbers: to cut these takes longer than to compare them.
 */
const ELEMENTWISE = `
  Abs Acos Acosh Asin Asinh Atan Atan2 Atanh Ceil Cos Cosh Erf Exp Expm1 Floor FloorDiv
  FloorMod Greater GreaterEqual IsFinite IsInf IsNan Less LessEqual Log Log1p LogicalAnd LogicalNot
  LogicalOr Neg NotEqual OnesLike Pow Reciprocal Round Rsqrt Sign Sin Sinh Sqrt Square
  SquaredDifference Tan ZerosLike
`;

const activation: Operation = { sharding: elementByElement, isPointwise: true };

export const OPERATIONS: Record<string, Operation> = {
  // Layers
  Conv2D: {
    sharding: rows('rows', 'whole'),
    multiplications: (node) => sizeOfOutput(node) * filterSize(shapeOf(inputOf(node, 1))),
  },
  Conv2DBackpropInput: {
    sharding: rows('shape', 'whole', 'rows'),
    multiplications: (node) => sizeOfInput(node, 2) * filterSize(shapeOf(inputOf(node, 1))),
  },
  Conv2DBackpropFilter: {
    sharding: sum('rows', 'whole', 'rows'),
    multiplications: (node) => sizeOfInput(node, 2) * filterSize(shapeOf({ node, index: 0 })),
  },
  DepthwiseConv2dNative: { sharding: rows('rows', 'whole') },
  DepthwiseConv2dNativeBackpropInput: { sharding: rows('shape', 'whole', 'rows') },
  DepthwiseConv2dNativeBackpropFilter: { sharding: sum('rows', 'whole', 'rows') },
  Conv3D: { sharding: rows('rows', 'whole') },
  Conv3DBackpropInputV2: { sharding: rows('shape', 'whole', 'rows') },
  Conv3DBackpropFilterV2: { sharding: sum('rows', 'whole', 'rows') },
  MaxPool: { sharding: rows('rows') },
  MaxPoolGrad: { sharding: rows('rows', 'rows', 'rows') },
  AvgPool: { sharding: rows('rows') },
  AvgPoolGrad: { sharding: rows('shape', 'rows') },
  MaxPool3D: { sharding: rows('rows') },
  MaxPool3DGrad: { sharding: rows('rows', 'rows', 'rows') },
  AvgPool3D: { sharding: rows('rows') },
  AvgPool3DGrad: { sharding: rows('shape', 'rows') },
  FusedBatchNorm: { sharding: alongLastAxis('rows', 'rows', 'whole', 'whole', 'whole', 'whole') },
  ResizeNearestNeighbor: { sharding: rows('rows', 'whole') },
  ResizeNearestNeighborGrad: { sharding: rows('rows', 'whole') },
  ResizeBilinear: { sharding: rows('rows', 'whole') },
  ResizeBilinearGrad: { sharding: rows('rows', 'rows') },
  ImageProjectiveTransformV3: { sharding: rows('rows', 'rows', 'whole', 'whole') },
  MatMul: { sharding: matrixProduct, multiplications: productSize },
  BatchMatMulV2: { sharding: rows('rows', 'rows'), multiplications: productSize },
  BiasAdd: { sharding: alongLastAxis('rows', 'rows', 'whole'), isPointwise: true },
  BiasAddGrad: { sharding: alongLastAxis('sum', 'rows') },

  // Activations
  Relu: {
    ...activation,
    isMonotone: true,
    gradient: { op: 'ReluGrad', takesOutputFirst: false },
  },
  Sigmoid: {
    ...activation,
    isMonotone: true,
    gradient: { op: 'SigmoidGrad', takesOutputFirst: true },
  },
  Tanh: { ...activation, isMonotone: true, gradient: { op: 'TanhGrad', takesOutputFirst: true } },
  Relu6: elementwise,
  Elu: elementwise,
  Selu: elementwise,
  Softplus: elementwise,
  LeakyRelu: elementwise,
  ReluGrad: elementwise,
  SigmoidGrad: elementwise,
  TanhGrad: elementwise,
  EluGrad: elementwise,
  Softmax: { sharding: alongLastAxis('rows', 'rows') },

  // Arithmetic
  Add: elementwise,
  Sub: elementwise,
  Mul: elementwise,
  RealDiv: elementwise,
  Maximum: elementwise,
  Minimum: elementwise,
  Cast: elementwise,
  ...sameEntry(ELEMENTWISE, elementwise),
  Select: { sharding: elementsOfOneShape },
  Sum: { sharding: (node) => alongOtherAxes(node) ?? sumOverRows(node) },
  Mean: { sharding: alongOtherAxes },
  Max: { sharding: alongOtherAxes },
  Min: { sharding: alongOtherAxes },
  Prod: { sharding: alongOtherAxes },
  ReverseV2: { sharding: alongOtherAxes },

  // Shapes and places
  ReadVariableOp: { isFree: true },
  Reshape: { sharding: reshaping, isMove: true, isFree: true },
  GatherV2: { sharding: rowsPicked, isMove: true },
  ConcatV2: { sharding: concatenation, isMove: true },
  Slice: { sharding: placesOfRows('rows', 'whole', 'shape'), isMove: true },
  PadV2: { sharding: placesOfRows('rows', 'whole', 'whole'), isMove: true },
  Tile: { sharding: placesOfRows('rows', 'whole'), isMove: true },
  SplitV: { sharding: parts, isMove: true },
  Unpack: { sharding: steps, isMove: true },
  Pack: { sharding: sequences },
  Transpose: { sharding: transposition, isMove: true },
};

/** Whether an activation's gradient kernel takes the output first; undefined for other operations. */
export const GRADIENT_KERNELS = new Map(
  Object.values(OPERATIONS).flatMap(({ gradient }) =>
    gradient ? [[gradient.op, gradient.takesOutputFirst]] : [],
  ),
);

/** An entry of a table for each of the operations, whose names are separated by white space. */
export function sameEntry<Entry>(operations: string, entry: Entry): Record<string, Entry> {
  const names = operations.trim().split(/\s+/);
  return Object.fromEntries(names.map((op) => [op, entry]));
}

export function sizeOf(shape: number[]): number {
  return shape.reduce((size, length) => size * length, 1);
}

function sizeOfInput(node: GraphNode, index: number): number {
  return sizeOf(shapeOf(inputOf(node, index)));
}

function sizeOfOutput(node: GraphNode): number {
  return sizeOf(shapeOf({ node, index: 0 }));
}

/** How many numbers of a filter belong to one of its results. */
function filterSize(shape: number[]): number {
  return sizeOf(shape.slice(0, 3));
}

/** Of one product of matrices, or as many as there are along the axes before them. */
function productSize(node: GraphNode): number {
  const count = sizeOf(shapeOf({ node, index: 0 }).slice(0, -2));
  return Math.sqrt((sizeOfInput(node, 0) * sizeOfInput(node, 1) * sizeOfOutput(node)) / count);
}

/** This many multiplications take about as long as moving one number through memory. */
const MULTIPLICATIONS = 50;

/** Roughly how much work a node is, in numbers moved through memory. */
export function workOf(node: GraphNode): number {
  const operation = OPERATIONS[node.op];
  if (operation?.isFree || node.inputs.length === 0 || node.outputs.length === 0) {
    return 0;
  }
  const sizes = [...node.inputs.map(shapeOf), ...node.outputs.map(({ shape }) => shape)].map(
    sizeOf,
  );
  return Math.max(...sizes) + (operation?.multiplications?.(node) ?? 0) / MULTIPLICATIONS;
}

/** About a millisecond of one core, in numbers moved through memory. */
const LITTLE_WORK = 1e6;
const MUCH_WORK = 4e7;

/** What an operation costs beside its work, in numbers moved through memory. */
export const COSTS = {
  /** To have one more. Tests set it to 0, so that small functions are sharded as large ones are. */
  call: 2e3,
  /** To divide one among the cores. */
  division: 1e5,
};

function workOfAll(graph: Graph): number {
  return total(nodesOf(graph).map(workOf));
}

function total(works: number[]): number {
  return works.reduce((sum, work) => sum + work, 0);
}

/** Whether one core has done a function, which trains nothing, before others have been woken for it. */
export function isLittleWork(graph: Graph): boolean {
  const isSharded = nodesOf(graph).some(({ core }) => core !== undefined);
  return graph.updates.length === 0 && !isSharded && workOfAll(graph) < LITTLE_WORK;
}

/**
 * Whether it pays to do a graph's operations in shards: on two cores the longest chain of them takes half as
 * long, but there are as many again.
 *
 * @param form what would be sharded in its place, with further operations.
 */
export function isWorthSharding(graph: Graph, form = graph): boolean {
  const now = longestChain(graph);
  const then = form === graph ? now : longestChain(form);
  return 2 * now.work - then.work > COSTS.call * (2 * then.operations - now.operations);
}

/** The work in the longest chain of operations, of which each needs the one before, and how many there are in all. */
function longestChain(graph: Graph): { work: number; operations: number } {
  const ends = new Map<GraphNode, number>();
  let operations = 0;
  for (const node of nodesOf(graph)) {
    const work = workOf(node);
    const before = [...node.inputs.map((input) => input.node), ...node.after];
    ends.set(node, work + Math.max(0, ...before.map((other) => ends.get(other) ?? 0)));
    operations += Number(work > 0);
  }
  return { work: Math.max(0, ...ends.values()), operations };
}

/**
 * Whether it costs more to divide each operation among the cores than it saves. Then several of them are
 * done at a time, each by one core.
 */
export function hasSmallOperations(graph: Graph, cores: number): boolean {
  const works = nodesOf(graph)
    .map(workOf)
    .filter((work) => work > 0);
  return total(works) * (1 - 1 / cores) < COSTS.division * works.length;
}

/** Whether several cores are faster even where each of many operations is divided among them. */
export function isMuchWork(graph: Graph): boolean {
  return workOfAll(graph) > MUCH_WORK;
}
