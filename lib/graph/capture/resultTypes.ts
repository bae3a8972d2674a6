/** What is known of the results of TensorFlow's operations before they are run. */

import { DT_FLOAT } from '../../native/backend';
import { constantOf, type GraphNode, inputOf, numbersOf, shapeOf } from '../../native/graphNode';
import * as tf from '../../tensorflow';
import { attributeIs, withSize } from '../builders';
import { sameEntry } from '../operations';
import { axesOf } from '../sharding';

/** The type of a result. */
export interface ResultType {
  shape: number[];
  dtype: 'float32' | 'bool';
}

/** The shape of a node's result; null where it is not known before the node has run. */
type ShapeRule = (node: GraphNode) => number[] | null;

const broadcast: ShapeRule = (node) =>
  node.inputs.map(shapeOf).reduce(tf.backend_util.assertAndGetBroadcastShape);

const ofInput =
  (index: number): ShapeRule =>
  (node) =>
    shapeOf(inputOf(node, index));

/** An input holds the numbers of the shape. */
const givenByInput =
  (index: number): ShapeRule =>
  (node) =>
    constantOf(inputOf(node, index));

export const BOOL_RULES = sameEntry(
  'Equal Greater GreaterEqual Less LessEqual LogicalAnd LogicalNot LogicalOr NotEqual',
  broadcast,
);

const ELEMENTWISE = `
  Abs Add Elu EluGrad Exp LeakyRelu Log Maximum Minimum Mul Neg OnesLike Pow RealDiv Reciprocal Relu
  Relu6 ReluGrad Rsqrt Selu Sigmoid SigmoidGrad Softplus Sqrt Square SquaredDifference Sub Tanh
  TanhGrad ZerosLike
`;

export const FLOAT_RULES: Record<string, ShapeRule> = {
  ...sameEntry(ELEMENTWISE, broadcast),
  AvgPool: pooling,
  AvgPoolGrad: givenByInput(0),
  BatchMatMulV2: product,
  Cast: ofInput(0),
  ConcatV2: concatenation,
  Conv2D: convolution,
  Conv2DBackpropFilter: givenByInput(1),
  Conv2DBackpropInput: givenByInput(0),
  DepthwiseConv2dNative: convolution,
  DepthwiseConv2dNativeBackpropFilter: givenByInput(1),
  DepthwiseConv2dNativeBackpropInput: givenByInput(0),
  Max: reduction,
  MaxPool: pooling,
  MaxPoolGrad: ofInput(0),
  Mean: reduction,
  PadV2: enlargement,
  Reshape: givenByInput(1),
  Select: ofInput(1),
  Slice: givenByInput(2),
  Softmax: ofInput(0),
  Sum: reduction,
  Tile: repetition,
  Transpose: transposition,
};

/** Rules for operations with several results, float32 too. */
export const MANY_FLOATS_RULES: Record<string, (node: GraphNode) => number[][] | null> = {
  FusedBatchNorm: (node) => normalization(node).slice(0, 5),
  FusedBatchNormGradV3: normalizationGradient,
  FusedBatchNormV3: normalization,
  SplitV: split,
};

/**
 * The types of a node's results.
 *
 * @returns null where they are not known before the node has run.
 */
export function resultTypes(node: GraphNode): ResultType[] | null {
  const isBool = node.op in BOOL_RULES;
  const shapes = isBool ? [BOOL_RULES[node.op]?.(node)] : shapesOfFloats(node);
  const isKnown = (shape: number[] | null | undefined): shape is number[] =>
    shape?.every((size) => size >= 0) ?? false;
  return shapes?.every(isKnown)
    ? shapes.map((shape) => ({ shape, dtype: isBool ? 'bool' : 'float32' }))
    : null;
}

function shapesOfFloats(node: GraphNode): (number[] | null | undefined)[] | null {
  const isOfFloats = ['T', 'DstT'].some((name) => attributeIs(node, name, DT_FLOAT));
  const shapes = () => MANY_FLOATS_RULES[node.op]?.(node) ?? [FLOAT_RULES[node.op]?.(node)];
  return isOfFloats ? shapes() : null;
}

function concatenation(node: GraphNode): number[] | null {
  const shapes = node.inputs.slice(0, -1).map(shapeOf);
  const [first = []] = shapes;
  const [axis] = axesOf(node, shapes.length) ?? [];
  const sizes = shapes.map((shape) => shape[axis ?? 0] ?? 0);
  return axis === undefined ? null : withSize(first, axis, tf.util.sum(sizes));
}

function split(node: GraphNode): number[][] | null {
  const sizes = constantOf(inputOf(node, 1));
  const [axis] = axesOf(node, 2) ?? [];
  return axis === undefined || sizes === null
    ? null
    : sizes.map((size) => withSize(shapeOf(inputOf(node, 0)), axis, size));
}

function enlargement(node: GraphNode): number[] | null {
  const widths = constantOf(inputOf(node, 1));
  const around = (axis: number) => (widths?.[2 * axis] ?? 0) + (widths?.[2 * axis + 1] ?? 0);
  return widths && shapeOf(inputOf(node, 0)).map((size, axis) => size + around(axis));
}

function repetition(node: GraphNode): number[] | null {
  const times = constantOf(inputOf(node, 1));
  return times && shapeOf(inputOf(node, 0)).map((size, axis) => size * (times[axis] ?? 1));
}

function transposition(node: GraphNode): number[] | null {
  const shape = shapeOf(inputOf(node, 0));
  return constantOf(inputOf(node, 1))?.map((axis) => shape[axis] ?? 0) ?? null;
}

function reduction(node: GraphNode): number[] | null {
  const axes = axesOf(node, 1);
  const rest = attributeIs(node, 'keep_dims', true) ? [1] : [];
  const shape = shapeOf(inputOf(node, 0));
  return axes && shape.flatMap((size, axis) => (axes.includes(axis) ? rest : [size]));
}

function product(node: GraphNode): number[] {
  const [left, right] = ['adj_x', 'adj_y'].map((transposition, index) => {
    const shape = shapeOf(inputOf(node, index));
    const sizes = shape.slice(-2);
    const isTransposed = attributeIs(node, transposition, true);
    return { batches: shape.slice(0, -2), sizes: isTransposed ? sizes.reverse() : sizes };
  }) as [Matrices, Matrices];
  const batches = tf.backend_util.assertAndGetBroadcastShape(left.batches, right.batches);
  return [...batches, left.sizes[0], right.sizes[1]];
}

interface Matrices {
  batches: number[];
  sizes: [number, number];
}

type ShapeOfImages = [number, number, number, number];

function convolution(node: GraphNode): number[] | null {
  const [images, filter] = node.inputs.map(shapeOf) as [ShapeOfImages, ShapeOfImages];
  const [strides, dilations] = [heightAndWidth(node, 'strides'), heightAndWidth(node, 'dilations')];
  const padding = paddingOf(node);
  const isDepthwise = node.op === 'DepthwiseConv2dNative';
  const { computeConv2DInfo } = tf.backend_util;
  return (
    padding &&
    computeConv2DInfo(images, filter, strides, dilations, padding, 'floor', isDepthwise).outShape
  );
}

/** The sizes of a pooling of images; null for explicit padding, and for channels that come first. */
export function poolingOf(node: GraphNode): tf.backend_util.Conv2DInfo | null {
  const images = shapeOf(inputOf(node, 0)) as ShapeOfImages;
  const [size, strides] = [heightAndWidth(node, 'ksize'), heightAndWidth(node, 'strides')];
  const padding = paddingOf(node);
  return padding && tf.backend_util.computePool2DInfo(images, size, strides, 1, padding);
}

function pooling(node: GraphNode): number[] | null {
  return poolingOf(node)?.outShape ?? null;
}

function heightAndWidth(node: GraphNode, attribute: string): [number, number] {
  const [, height = 1, width = 1] = numbersOf(node, attribute);
  return [height, width];
}

/** Null for explicit padding, and for channels that come first. */
function paddingOf(node: GraphNode): 'same' | 'valid' | null {
  const paddings = attributeIs(node, 'data_format', 'NHWC') ? (['same', 'valid'] as const) : [];
  return paddings.find((name) => attributeIs(node, 'padding', name.toUpperCase())) ?? null;
}

/** The images; mean and variance twice; and what only another kernel has something in. */
function normalization(node: GraphNode): number[][] {
  const [images, channels] = node.inputs.map(shapeOf) as [number[], number[]];
  return [images, channels, channels, channels, channels, [0]];
}

/** The gradients of the images, of scale and offset, and two of what does not exist in training. */
function normalizationGradient(node: GraphNode): number[][] {
  const [, images, channels] = node.inputs.map(shapeOf) as [number[], number[], number[]];
  return [images, channels, channels, [], []];
}
