/** Makes the nodes that passes put graphs together from. */

import { type AttributeValue, bool, int, string, type } from '../native/attributes';
import { DT_FLOAT, DT_INT32 } from '../native/backend';
import {
  constantOf,
  type GraphNode,
  type GraphValue,
  graphNode,
  graphValue,
  inputOf,
  integers,
  scalar,
  shapeOf,
  type TensorType,
  typeOf,
} from '../native/graphNode';

/** The attribute `T` of the kernels that work on float32. */
export const FLOAT: { T: AttributeValue } = { T: type(DT_FLOAT) };

/** The order of the axes of images. */
const CHANNELS_LAST = { data_format: string('NHWC') };

/** A float32 result. */
export function float(
  op: string,
  inputs: GraphValue[],
  shape: number[],
  attributes: Record<string, AttributeValue> = {},
): GraphValue {
  return graphValue(op, inputs, { ...FLOAT, ...attributes }, [{ shape, dtype: DT_FLOAT }]);
}

/** A vector added along the last axis. */
export function biasAdd(values: GraphValue, bias: GraphValue): GraphValue {
  return float('BiasAdd', [values, bias], shapeOf(values), CHANNELS_LAST);
}

/** The gradient of a bias: its sums over all axes but the last. */
export function biasAddGrad(gradient: GraphValue): GraphValue {
  return float('BiasAddGrad', [gradient], shapeOf(gradient).slice(-1), CHANNELS_LAST);
}

/** The sum of float32 values over some of their axes. */
export function sum(values: GraphValue, axes: number[]): GraphValue {
  const shape = shapeOf(values).filter((_, axis) => !axes.includes(axis));
  const attributes = { Tidx: type(DT_INT32), keep_dims: bool(false) };
  return float('Sum', [values, integers(axes)], shape, attributes);
}

/** The sums of float32 values over all axes but the last. */
export function sumOfRows(values: GraphValue): GraphValue {
  return sum(values, axesOfRows(shapeOf(values)));
}

/** Whether a node is such sums. */
export function isSumOfRows(node: GraphNode): boolean {
  if (node.op !== 'Sum') {
    return false;
  }
  const { dtype, shape } = typeOf(inputOf(node, 0));
  const axes = axesOfRows(shape);
  return (
    dtype === DT_FLOAT &&
    axes.length > 0 &&
    inputIs(node, 1, axes) &&
    attributeIs(node, 'keep_dims', false)
  );
}

function axesOfRows(shape: number[]): number[] {
  return [...shape.keys()].slice(0, -1);
}

/** The value by way of another node, which may have to wait for others. */
export function identity(value: GraphValue, after: GraphNode[] = []): GraphValue {
  const output = typeOf(value);
  return graphValue('Identity', [value], { T: type(output.dtype) }, [output], after);
}

/** The same operation on other inputs; its first output may be of another shape. */
export function copyOf(node: GraphNode, inputs: GraphValue[], shape?: number[]): GraphNode {
  const [first, ...others] = node.outputs;
  const outputs = shape && first ? [{ ...first, shape }, ...others] : node.outputs;
  return { ...node, inputs, outputs };
}

export function sameShape(shape: number[], other: number[]): boolean {
  return shape.length === other.length && shape.every((size, axis) => size === other[axis]);
}

/** The shape with another size along one axis. */
export function withSize(shape: number[], axis: number, size: number): number[] {
  return shape.map((other, index) => (index === axis ? size : other));
}

/** The value in another shape; the value itself if it has that shape. */
export function reshape(value: GraphValue, shape: number[]): GraphValue {
  const source = value.node.op === 'Reshape' ? inputOf(value.node, 0) : value;
  const { dtype, shape: present } = typeOf(source);
  if (sameShape(present, shape)) {
    return source;
  }
  const attributes = { T: type(dtype), Tshape: type(DT_INT32) };
  return graphValue('Reshape', [source, integers(shape)], attributes, [{ shape, dtype }]);
}

/** Whether a node gives a value another shape, of which the last axis is the same. */
export function keepsLastAxis(node: GraphNode): boolean {
  return (
    node.op === 'Reshape' && shapeOf(inputOf(node, 0)).at(-1) === shapeOf({ node, index: 0 }).at(-1)
  );
}

/** The value before such a reshape, if it had several axes; sums over all others are equal. */
export function beforeReshape(value: GraphValue): GraphValue {
  if (!keepsLastAxis(value.node)) {
    return value;
  }
  const source = inputOf(value.node, 0);
  return shapeOf(source).length > 1 ? source : value;
}

/** A piece of a value; a size of -1 means up to the end. */
export function slice(value: GraphValue, begin: number[], size: number[]): GraphValue {
  const { dtype, shape } = typeOf(value);
  const output: TensorType = {
    dtype,
    shape: size.map((length, axis) =>
      length < 0 ? (shape[axis] ?? 0) - (begin[axis] ?? 0) : length,
    ),
  };
  const attributes = { T: type(dtype), Index: type(DT_INT32) };
  return graphValue('Slice', [value, integers(begin), integers(size)], attributes, [output]);
}

/** Cuts a value along an axis into pieces of these sizes. */
export function cut(value: GraphValue, axis: number, sizes: number[]): GraphValue[] {
  const shape = shapeOf(value);
  let start = 0;
  return sizes.map((size) => {
    const begin = shape.map((_, index) => (index === axis ? start : 0));
    start += size;
    return slice(value, begin, withSize(shape, axis, size));
  });
}

/** Puts values one after the other along an axis; a single one is the result itself. */
export function concatenate(values: GraphValue[], axis: number): GraphValue {
  const [first] = values;
  if (first === undefined) {
    throw new Error('There are no values to concatenate.');
  }
  if (values.length === 1) {
    return first;
  }
  const { dtype, shape } = typeOf(first);
  const total = values.reduce((sum, value) => sum + (shapeOf(value)[axis] ?? 0), 0);
  const attributes = { T: type(dtype), N: int(values.length), Tidx: type(DT_INT32) };
  const inputs = [...values, scalar(axis, DT_INT32)];
  const output = { dtype, shape: withSize(shape, axis, total) };
  return graphValue('ConcatV2', inputs, attributes, [output]);
}

/** The parts of a value along its first axis, without that axis. */
export function unpack(value: GraphValue): GraphValue[] {
  const { dtype, shape } = typeOf(value);
  const [count = 0, ...others] = shape;
  const attributes = { T: type(dtype), num: int(count), axis: int(0) };
  const outputs = Array.from({ length: count }, () => ({ dtype, shape: others }));
  const node = graphNode('Unpack', [value], attributes, outputs);
  return outputs.map((_, index) => ({ node, index }));
}

/** The sum of float32 values of one shape; a single one is the result itself. */
export function addAll(values: GraphValue[]): GraphValue {
  const [first, ...others] = values as [GraphValue, ...GraphValue[]];
  return others.length === 0
    ? first
    : float('AddN', values, shapeOf(first), { N: int(values.length) });
}

/** The product of two matrices, each of which may be taken transposed. */
export function matMul(
  left: GraphValue,
  right: GraphValue,
  transposeLeft: boolean,
  transposeRight: boolean,
): GraphValue {
  const rows = shapeOf(left)[transposeLeft ? 1 : 0] ?? 0;
  const columns = shapeOf(right)[transposeRight ? 0 : 1] ?? 0;
  return float('MatMul', [left, right], [rows, columns], {
    transpose_a: bool(transposeLeft),
    transpose_b: bool(transposeRight),
  });
}

/** A matrix transposed. */
export function transpose(matrix: GraphValue): GraphValue {
  const attributes = { Tperm: type(DT_INT32) };
  return float('Transpose', [matrix, integers([1, 0])], shapeOf(matrix).toReversed(), attributes);
}

/** Whether an attribute has one of these values. */
export function attributeIs(
  { attributes }: GraphNode,
  name: string,
  ...values: (string | boolean | number)[]
): boolean {
  return values.some((value) => attributes[name]?.value === value);
}

/** Whether an input is a constant vector of just these numbers. */
export function inputIs(node: GraphNode, index: number, numbers: number[]): boolean {
  const found = constantOf(inputOf(node, index));
  return found !== null && sameShape(found, numbers);
}
