/**
 * What the passes know of TensorFlow's operations. An operation without an entry stays as it was
 * recorded. To teach the compiler a new one, add an entry; the meaning of each field is below.
 */

import { DT_FLOAT } from '../native/backend';
import { constantOf, type GraphNode, inputOf, shapeOf, typeOf } from '../native/graphNode';
import { attributeIs, sameShape } from './builders';

/**
 * What a shard of an operation takes for an input: its rows of the batch, everything, or, where
 * the input is the shape of the output, that of the shard.
 */
export type Role = 'rows' | 'whole' | 'shape';

/** How an operation is sharded by the rows of the batch. */
export interface Sharding {
  roles: Role[];
  /** The results of the shards are rows of the output, or are to be added. */
  result: 'rows' | 'sum';
}

/** What is known of an operation. */
export interface Operation {
  /** How a node is sharded by rows; null if it cannot be. Left out: it never can. */
  sharding?: (node: GraphNode) => Sharding | null;
  /** The result at one position of an image depends on the first input at that position only. */
  isPointwise?: boolean;
  /** It never falls: the largest input gives the largest output. */
  isMonotone?: boolean;
  /** In a prediction it is a part of the kernel of the convolution or product before it. */
  isFused?: boolean;
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

/** Of a batch of images, whose rows come first: neither those of a single image, nor channels. */
const rows =
  (...roles: Role[]) =>
  (node: GraphNode): Sharding | null =>
    rowsComeFirst(node, roles) ? { roles, result: 'rows' } : null;
const sum =
  (...roles: Role[]) =>
  (node: GraphNode): Sharding | null =>
    rowsComeFirst(node, roles) ? { roles, result: 'sum' } : null;

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
  FusedBatchNorm: { sharding: rows('rows', 'whole', 'whole', 'whole', 'whole') },
  ResizeNearestNeighbor: { sharding: rows('rows', 'whole') },
  ResizeNearestNeighborGrad: { sharding: rows('rows', 'whole') },
  ResizeBilinear: { sharding: rows('rows', 'whole') },
  ResizeBilinearGrad: { sharding: rows('rows', 'rows') },
  MatMul: { sharding: matrixProduct, multiplications: productSize },
  BatchMatMulV2: { multiplications: productSize },
  BiasAdd: { sharding: alongLastAxis('rows', 'rows', 'whole'), isPointwise: true },
  BiasAddGrad: { sharding: alongLastAxis('sum', 'rows') },

  // Activations
  Relu: {
    ...activation,
    isMonotone: true,
    isFused: true,
    gradient: { op: 'ReluGrad', takesOutputFirst: false },
  },
  Sigmoid: {
    ...activation,
    isMonotone: true,
    gradient: { op: 'SigmoidGrad', takesOutputFirst: true },
  },
  Tanh: { ...activation, isMonotone: true, gradient: { op: 'TanhGrad', takesOutputFirst: true } },
  Relu6: { ...elementwise, isFused: true },
  Elu: { ...elementwise, isFused: true },
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
  ...Object.fromEntries(
    ELEMENTWISE.trim()
      .split(/\s+/)
      .map((op) => [op, elementwise]),
  ),
  Select: { sharding: ofOneShape },
  Sum: { sharding: (node) => reduction(node) ?? sumOverRows(node) },
  Mean: { sharding: reduction },
  Max: { sharding: reduction },
  Min: { sharding: reduction },
  Prod: { sharding: reduction },

  // Shapes and places
  ReadVariableOp: { isFree: true },
  Reshape: {
    sharding: () => ({ roles: ['rows', 'shape'], result: 'rows' }),
    isMove: true,
    isFree: true,
  },
  GatherV2: { sharding: gatherOfRows, isMove: true },
  ConcatV2: { sharding: concatenation, isMove: true },
  Slice: { sharding: move('rows', 'whole', 'shape'), isMove: true },
  PadV2: { sharding: move('rows', 'whole', 'whole'), isMove: true },
  Tile: { sharding: move('rows', 'whole'), isMove: true },
  Transpose: { sharding: transposition, isMove: true },
};

/** Whether an activation's gradient kernel takes the output first; undefined for other operations. */
export const GRADIENT_KERNELS = new Map(
  Object.values(OPERATIONS).flatMap(({ gradient }) =>
    gradient ? [[gradient.op, gradient.takesOutputFirst]] : [],
  ),
);

/** The axis of the rows: tfjs may put axes of size 1 before it. */
export function rowAxis(shape: number[]): number {
  return shape.findIndex((size) => size !== 1);
}

/** An input that is the same for all rows stays whole. */
function elementByElement(node: GraphNode): Sharding | null {
  const output = shapeOf({ node, index: 0 });
  const axis = rowAxis(output);
  const roles: Role[] = [];
  for (const shape of node.inputs.map(shapeOf)) {
    const missing = output.length - shape.length;
    if (axis < missing || shape[axis - missing] === 1) {
      roles.push('whole');
    } else if (missing === 0 && rowAxis(shape) === axis) {
      roles.push('rows');
    } else {
      return null;
    }
  }
  return { roles, result: 'rows' };
}

function rowsComeFirst(node: GraphNode, roles: Role[]): boolean {
  return roles.every(
    (role, index) => role !== 'rows' || rowAxis(shapeOf(inputOf(node, index))) === 0,
  );
}

/** What depends on the values along the last axis, which is not that of the rows. */
function alongLastAxis(result: Sharding['result'], ...roles: Role[]) {
  return (node: GraphNode): Sharding | null => {
    const shape = shapeOf(inputOf(node, 0));
    return rowAxis(shape) < shape.length - 1 ? { roles, result } : null;
  };
}

/** Along other axes than that of the rows. */
function reduction(node: GraphNode): Sharding | null {
  const shape = shapeOf(inputOf(node, 0));
  const axes = constantOf(inputOf(node, 1))?.map((axis) => (axis + shape.length) % shape.length);
  return axes && !axes.includes(rowAxis(shape))
    ? { roles: ['rows', 'whole'], result: 'rows' }
    : null;
}

/** What moves values along other axes, given that there are as many rows before as after. */
function move(...roles: Role[]) {
  return (node: GraphNode): Sharding | null =>
    rowAxis(shapeOf(inputOf(node, 0))) === rowAxis(shapeOf({ node, index: 0 }))
      ? { roles, result: 'rows' }
      : null;
}

function transposition(node: GraphNode): Sharding | null {
  const axis = rowAxis(shapeOf(inputOf(node, 0)));
  return constantOf(inputOf(node, 1))?.[axis] === axis ? move('rows', 'whole')(node) : null;
}

/** All inputs but the last, the axis, are joined. */
function concatenation(node: GraphNode): Sharding | null {
  const axis = rowAxis(shapeOf({ node, index: 0 }));
  const roles: Role[] = node.inputs.map((_, index) =>
    index < node.inputs.length - 1 ? 'rows' : 'whole',
  );
  const areAlike = node.inputs.every(
    (input, index) => roles[index] === 'whole' || rowAxis(shapeOf(input)) === axis,
  );
  return areAlike ? { roles, result: 'rows' } : null;
}

function ofOneShape(node: GraphNode): Sharding | null {
  const shape = shapeOf({ node, index: 0 });
  const isSo = node.inputs.every((input) => sameShape(shapeOf(input), shape));
  return isSo ? { roles: node.inputs.map(() => 'rows'), result: 'rows' } : null;
}

function matrixProduct(node: GraphNode): Sharding | null {
  const [left, right] = [shapeOf(inputOf(node, 0)), shapeOf(inputOf(node, 1))];
  if (rowAxis(left) !== 0) {
    return null;
  }
  if (attributeIs(node, 'transpose_a', false)) {
    return { roles: ['rows', 'whole'], result: 'rows' };
  }
  const isSum = attributeIs(node, 'transpose_b', false) && rowAxis(right) === 0;
  return isSum ? { roles: ['rows', 'rows'], result: 'sum' } : null;
}

function sumOverRows(node: GraphNode): Sharding | null {
  const { dtype, shape } = typeOf(inputOf(node, 0));
  const axes = constantOf(inputOf(node, 1)) ?? [];
  const isSum =
    axes.includes(rowAxis(shape)) && attributeIs(node, 'keep_dims', false) && dtype === DT_FLOAT;
  return isSum ? { roles: ['rows', 'whole'], result: 'sum' } : null;
}

/** The rows with the given numbers. */
function gatherOfRows(node: GraphNode): Sharding | null {
  const isOfRows = constantOf(inputOf(node, 2))?.[0] === 0 && attributeIs(node, 'batch_dims', 0);
  return isOfRows ? { roles: ['whole', 'rows', 'whole'], result: 'rows' } : null;
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

function productSize(node: GraphNode): number {
  return Math.sqrt(sizeOfInput(node, 0) * sizeOfInput(node, 1) * sizeOfOutput(node));
}
