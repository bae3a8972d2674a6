/**
 * Which operations can be divided among the processor's cores, and how. By default TensorFlow gives
 * every operation to all cores; for those of small networks, waking the cores and waiting for them
 * costs more than it saves. Here each core goes through the layers by itself, with its share of the
 * batch's rows, and the shares of a weight's gradient are added. A large matrix of weights is
 * divided too: each core multiplies with, and updates, a block of its rows.
 */
import { availableParallelism } from 'node:os';
import * as tf from '../tensorflow';
import type { AttributeValue } from './graphNode';

const CORES = availableParallelism();

/** Fewer rows of a batch are not worth a core. */
const LEAST_ROWS = 8;

/** From so many numbers on a matrix is worth a division. */
const LARGE_MATRIX = 65_536;

/** The sizes of the shares into which the rows of a batch are divided. */
export function rowShares(rows: number): number[] {
  const count = Math.max(1, Math.min(CORES, Math.floor(rows / LEAST_ROWS)));
  return Array.from({ length: count }, (_, share) => Math.floor((rows + share) / count));
}

/** Into how many equal blocks of rows a matrix of weights is divided; 1: not at all. */
export function matrixBlocks(shape: number[]): number {
  const [rows, columns] = shape as [number, number];
  if (shape.length !== 2 || rows * columns < LARGE_MATRIX) {
    return 1;
  }
  const counts = Array.from({ length: CORES }, (_, index) => CORES - index);
  return counts.find((count) => rows % count === 0) as number;
}

/** The shape of one of so many equal blocks. tfjs may put axes of size 1 before a matrix. */
export function blockShape(shape: number[], count: number): [number, number] {
  const [rows, columns] = shape.slice(-2) as [number, number];
  return [rows / count, columns];
}

/** The axis of the rows: tfjs may put axes of size 1 before it. */
export function rowAxis(shape: number[]): number {
  return shape.findIndex((size) => size !== 1);
}

/** The shape of a share of so many rows. */
export function shareShape(shape: number[], rows: number): number[] {
  return withSize(shape, rowAxis(shape), rows);
}

/** The shape with another size along one axis. */
export function withSize(shape: number[], axis: number, size: number): number[] {
  return shape.map((other, index) => (index === axis ? size : other));
}

/** A call as it is recorded. */
export interface RecordedCall {
  op: string;
  attributes: Record<string, AttributeValue>;
  tensors: tf.TensorInfo[];
  output: tf.TensorInfo;
}

/**
 * What a share of a call takes for an input: its rows, everything, or, where the input is the shape
 * of the output, that of the share.
 */
export type Role = 'rows' | 'whole' | 'shape';

export interface Division {
  roles: Role[];
  /** The results of the shares are rows of the output, or are to be added. */
  result: 'rows' | 'sum';
}

/** The numbers of an input that is a constant; null for one that is computed. */
type ConstantOf = (input: tf.TensorInfo) => number[] | null;

/** How a call is divided by the rows of a batch of this size; null if it cannot be. */
export function divisionOf(
  call: RecordedCall,
  rows: number,
  constantOf: ConstantOf,
): Division | null {
  const division = DIVISIONS[call.op]?.(call, constantOf) ?? null;
  const hasRows = ({ shape }: tf.TensorInfo) => shape[rowAxis(shape)] === rows;
  const isPossible =
    division?.roles.every((role, index) => {
      const tensor = call.tensors[index];
      return role !== 'rows' || (tensor !== undefined && hasRows(tensor));
    }) &&
    (division.result === 'sum' || hasRows(call.output));
  return isPossible ? division : null;
}

const rowByRow = (...roles: Role[]): Division => ({ roles, result: 'rows' });
const summed = (...roles: Role[]): Division => ({ roles, result: 'sum' });

const ELEMENTWISE = [
  ...['Cast', 'Relu', 'Relu6', 'Sigmoid', 'Tanh', 'Elu', 'Selu', 'Softplus', 'LeakyRelu'],
  ...['Add', 'AddV2', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'Minimum'],
  ...['ReluGrad', 'SigmoidGrad', 'TanhGrad', 'EluGrad', 'SeluGrad'],
];

const DIVISIONS: Record<string, (call: RecordedCall, constantOf: ConstantOf) => Division | null> = {
  Conv2D: () => rowByRow('rows', 'whole'),
  Conv2DBackpropInput: () => rowByRow('shape', 'whole', 'rows'),
  Conv2DBackpropFilter: () => summed('rows', 'whole', 'rows'),
  DepthwiseConv2dNative: () => rowByRow('rows', 'whole'),
  DepthwiseConv2dNativeBackpropInput: () => rowByRow('shape', 'whole', 'rows'),
  DepthwiseConv2dNativeBackpropFilter: () => summed('rows', 'whole', 'rows'),
  MaxPool: () => rowByRow('rows'),
  MaxPoolGrad: () => rowByRow('rows', 'rows', 'rows'),
  AvgPool: () => rowByRow('rows'),
  AvgPoolGrad: () => rowByRow('shape', 'rows'),
  Reshape: () => rowByRow('rows', 'shape'),
  BatchMatMulV2: matrixProduct,
  Sum: sumOverRows,
  Softmax: softmax,
  ...Object.fromEntries(ELEMENTWISE.map((op) => [op, elementwise])),
};

/** An input that is the same for all rows is not divided. */
function elementwise({ tensors, output }: RecordedCall): Division | null {
  const axis = rowAxis(output.shape);
  const roles = tensors.map(({ shape }): Role | null => {
    const missing = output.shape.length - shape.length;
    if (axis < missing || shape[axis - missing] === 1) {
      return 'whole';
    }
    return missing === 0 && rowAxis(shape) === axis ? 'rows' : null;
  });
  return roles.includes(null) ? null : rowByRow(...(roles as Role[]));
}

function softmax({ tensors }: RecordedCall): Division | null {
  const [{ shape }] = tensors as [tf.TensorInfo];
  return rowAxis(shape) < shape.length - 1 ? rowByRow('rows') : null;
}

function matrixProduct({ attributes, tensors }: RecordedCall): Division | null {
  const isMatrix = ({ shape }: tf.TensorInfo) => rowAxis(shape) === shape.length - 2;
  const [left, right] = tensors as [tf.TensorInfo, tf.TensorInfo];
  if (!isMatrix(left)) {
    return null;
  }
  if (attributes.adj_x?.value === false) {
    return rowByRow('rows', 'whole');
  }
  return attributes.adj_y?.value === false && isMatrix(right) ? summed('rows', 'rows') : null;
}

function sumOverRows({ attributes, tensors }: RecordedCall, constantOf: ConstantOf) {
  const [values, axes] = tensors as [tf.TensorInfo, tf.TensorInfo];
  const isSum = constantOf(axes)?.includes(rowAxis(values.shape));
  return isSum && attributes.keep_dims?.value === false && values.dtype === 'float32'
    ? summed('rows', 'whole')
    : null;
}

/** About as long as a number's way through memory take so many multiplications. */
const MULTIPLICATIONS = 50;

/** About how much a call has to do, in numbers that go through memory. */
export function work(call: RecordedCall): number {
  if (call.op === 'Reshape') {
    return 0;
  }
  const sizes = [...call.tensors, call.output].map(({ shape }) => tf.util.sizeFromShape(shape));
  return Math.max(...sizes) + multiplications(call) / MULTIPLICATIONS;
}

function multiplications({ op, tensors, output }: RecordedCall): number {
  const [first, second, third] = [...tensors, output].map(({ shape }) => shape) as [
    number[],
    number[],
    number[],
  ];
  const sizeOf = tf.util.sizeFromShape;
  const perPlace = (filter: number[]) => sizeOf(filter.slice(0, 3));
  switch (op) {
    case 'BatchMatMulV2':
      return Math.sqrt(sizeOf(first) * sizeOf(second) * sizeOf(third));
    case 'Conv2D':
      return sizeOf(output.shape) * perPlace(second);
    case 'Conv2DBackpropInput':
      return sizeOf(third) * perPlace(second);
    case 'Conv2DBackpropFilter':
      return sizeOf(third) * perPlace(output.shape);
    default:
      return 0;
  }
}
