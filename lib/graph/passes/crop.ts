/**
 * Leaves out what max pooling throws away. Windows of 2 × 2 in an image of 11 × 11 never see its
 * last row and column: the convolution before need not compute them, and of its gradient they are
 * zero. Such a value is cropped: only the upper left of the tensor that it stands for is there.
 */

import { type } from '../../native/attributes';
import { DT_INT32 } from '../../native/backend';
import {
  type Graph,
  type GraphNode,
  type GraphValue,
  inputOf,
  integers,
  nodesOf,
  numbersOf,
  shapeOf,
} from '../../native/graphNode';
import { attributeIs, copyOf, float, sameShape, slice } from '../builders';
import { GRADIENT_KERNELS, OPERATIONS } from '../operations';
import { markOrigin, type Pass, Rewriting } from '../transform';

/** Height and width. */
type Size = [number, number];

/** A node that takes cropped inputs; `isCropped` if its result is a cropped gradient too. */
interface Cropped {
  node: GraphNode;
  isCropped: boolean;
}

/** How a node works with cropped inputs; `given` is the size of the one that is a cropped gradient. */
type CropRule = (crops: Crops, node: GraphNode, given: Size | null) => Cropped | null;

const RULES: Record<string, CropRule> = {
  MaxPool: pooling,
  MaxPoolGrad: poolingGradient,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
  BiasAddGrad: biasGradient,
};

export const crop: Pass = (graph) => {
  const crops = new Crops();
  for (const node of nodesOf(graph)) {
    crops.add(node);
  }
  return crops.cutFromWhole(crops.finish(graph));
};

class Crops extends Rewriting {
  /** Nodes cropped to a size, by the node that computes the whole. */
  private readonly crops = new Map<GraphNode, Map<string, GraphValue>>();
  /** The cropped gradients of the new graph by the node that they stand for. */
  private readonly gradients = new Map<GraphNode, GraphNode>();

  /** Takes a node over into the new graph. */
  add(node: GraphNode): void {
    const given = node.inputs.filter((input) => this.gradients.has(input.node));
    const rule = RULES[node.op] ?? (GRADIENT_KERNELS.has(node.op) ? activationGradient : undefined);
    if (given.length > 1 || rule === undefined) {
      this.keep(node);
      return;
    }
    const inputs = node.inputs.map((input) => this.asItIs(input));
    const size = given[0] ? sizeOfImage(this.asItIs(given[0])) : null;
    const cropped = rule(this, { ...node, inputs }, size);
    if (cropped === null) {
      this.keep(node);
    } else if (cropped.isCropped) {
      this.gradients.set(node, cropped.node);
      this.set(node, () => padded(cropped.node, node));
    } else {
      this.set(node, { node: cropped.node, index: 0 });
    }
  }

  /** What a value has become: a gradient may be cropped. */
  private asItIs(value: GraphValue): GraphValue {
    const node = this.gradients.get(value.node);
    return node ? { ...value, node } : this.whole(value);
  }

  /** The upper left of a value of the new graph that is whole. */
  crop(value: GraphValue, size: Size): GraphValue {
    const { node, index } = value;
    if (index > 0) {
      return cropOf(value, size);
    }
    if (sameShape(sizeOfImage(value), size)) {
      return value;
    }
    const crops = this.crops.get(node) ?? new Map<string, GraphValue>();
    this.crops.set(node, crops);
    let cropped = crops.get(String(size));
    if (cropped === undefined) {
      cropped = this.computeCropped(node, size);
      markOrigin([cropped], node);
      crops.set(String(size), cropped);
    }
    return cropped;
  }

  private computeCropped(node: GraphNode, size: Size): GraphValue {
    const needed = neededOfInput(node, size);
    if (needed === null) {
      return cropOf({ node, index: 0 }, size);
    }
    const [first, ...others] = node.inputs;
    const inputs = first ? [this.crop(first, needed), ...others] : [];
    return { node: copyOf(node, inputs, resized(shapeOf({ node, index: 0 }), size)), index: 0 };
  }

  /** What is needed as a whole too is not computed twice: it is cropped afterwards. */
  cutFromWhole(graph: Graph): Graph {
    if (this.crops.size === 0) {
      return graph;
    }
    const live = new Set(nodesOf(graph));
    for (const [node, crops] of this.crops) {
      for (const cropped of live.has(node) ? crops.values() : []) {
        const { op, inputs, attributes } = cropOf({ node, index: 0 }, sizeOfImage(cropped)).node;
        Object.assign(cropped.node, { op, inputs, attributes });
      }
    }
    // Another graph by now, of other nodes.
    return { ...graph };
  }
}

/** A cropped gradient in the shape of the whole: what it leaves out is zero. */
function padded(cropped: GraphNode, whole: GraphNode): GraphValue {
  const value: GraphValue = { node: cropped, index: 0 };
  const [shape, present] = [shapeOf({ node: whole, index: 0 }), shapeOf(value)];
  const margins = shape.flatMap((size, axis) => [0, size - (present[axis] ?? 0)]);
  const inputs = [value, integers(margins, [shape.length, 2])];
  return float('Pad', inputs, shape, { Tpaddings: type(DT_INT32) });
}

/** How much of its first input a node needs for a part of its result; null if that is no gain. */
function neededOfInput(node: GraphNode, size: Size): Size | null {
  if (OPERATIONS[node.op]?.isPointwise) {
    return size;
  }
  const isPooling = node.op === 'MaxPool' && isConvolution(inputOf(node, 0));
  const isUsed = (isPooling || node.op === 'Conv2D') && hasNoMargin(node);
  return isUsed ? seen(size, node, windowOf(node)) : null;
}

function pooling(crops: Crops, node: GraphNode): Cropped | null {
  const images = inputOf(node, 0);
  if (!hasNoMargin(node) || !isConvolution(images)) {
    return null;
  }
  const size = seen(sizeOfImage({ node, index: 0 }), node, windowOf(node));
  return { node: copyOf(node, [crops.crop(images, size)]), isCropped: false };
}

function poolingGradient(crops: Crops, node: GraphNode, given: Size | null): Cropped | null {
  const [images, pooled, gradient] = [inputOf(node, 0), inputOf(node, 1), inputOf(node, 2)];
  const pooledSize = given ?? sizeOfImage(gradient);
  const size = seen(pooledSize, node, windowOf(node));
  const isWhole = sameShape(size, sizeOfImage({ node, index: 0 }));
  if (isWhole || !hasNoMargin(node) || !isConvolution(images)) {
    return null;
  }
  return croppedTo(size, node, [
    crops.crop(images, size),
    crops.crop(pooled, pooledSize),
    gradient,
  ]);
}

function activationGradient(crops: Crops, node: GraphNode, given: Size | null): Cropped | null {
  if (given === null) {
    return null;
  }
  const [first, second] = [inputOf(node, 0), inputOf(node, 1)];
  const inputs = GRADIENT_KERNELS.get(node.op)
    ? [crops.crop(first, given), second]
    : [first, crops.crop(second, given)];
  return croppedTo(given, node, inputs);
}

function inputGradient(_crops: Crops, node: GraphNode, given: Size | null): Cropped | null {
  if (given === null || !hasNoMargin(node)) {
    return null;
  }
  const [filter, gradient] = [inputOf(node, 1), inputOf(node, 2)];
  const size = seen(given, node, windowOfFilter(shapeOf(filter)));
  const shape = integers(resized(shapeOf({ node, index: 0 }), size));
  return croppedTo(size, node, [shape, filter, gradient]);
}

function filterGradient(crops: Crops, node: GraphNode, given: Size | null): Cropped | null {
  if (given === null || !hasNoMargin(node)) {
    return null;
  }
  const size = seen(given, node, windowOfFilter(shapeOf({ node, index: 0 })));
  const inputs = [crops.crop(inputOf(node, 0), size), inputOf(node, 1), inputOf(node, 2)];
  return { node: copyOf(node, inputs), isCropped: false };
}

/** Zeros do not change a sum. */
function biasGradient(_crops: Crops, node: GraphNode, given: Size | null): Cropped | null {
  return given && { node: copyOf(node, node.inputs), isCropped: false };
}

function croppedTo(size: Size, node: GraphNode, inputs: GraphValue[]): Cropped {
  return {
    node: copyOf(node, inputs, resized(shapeOf({ node, index: 0 }), size)),
    isCropped: true,
  };
}

/** Whether the value is a convolution, perhaps with bias and activation, that can be cropped. */
function isConvolution({ node }: GraphValue): boolean {
  return OPERATIONS[node.op]?.isPointwise
    ? isConvolution(inputOf(node, 0))
    : node.op === 'Conv2D' && hasNoMargin(node);
}

function hasNoMargin(node: GraphNode): boolean {
  const dilations = numbersOf(node, 'dilations');
  return (
    attributeIs(node, 'padding', 'VALID') &&
    attributeIs(node, 'data_format', 'NHWC') &&
    dilations.every((step) => step === 1)
  );
}

/** The window of a pooling, or the size of a convolution's filter. */
function windowOf(node: GraphNode): Size {
  return node.op === 'Conv2D'
    ? windowOfFilter(shapeOf(inputOf(node, 1)))
    : windowOfFilter(numbersOf(node, 'ksize').slice(1));
}

function windowOfFilter([height = 1, width = 1]: number[]): Size {
  return [height, width];
}

/** How much windows see that are put side by side for a result of this size. */
function seen([rows, columns]: Size, node: GraphNode, [height, width]: Size): Size {
  const [, down = 1, across = 1] = numbersOf(node, 'strides');
  return [(rows - 1) * down + height, (columns - 1) * across + width];
}

function sizeOfImage(value: GraphValue): Size {
  const [, height = 1, width = 1] = shapeOf(value);
  return [height, width];
}

function resized([count = 1, , , channels = 1]: number[], [height, width]: Size): number[] {
  return [count, height, width, channels];
}

function cropOf(value: GraphValue, [height, width]: Size): GraphValue {
  return slice(value, [0, 0, 0, 0], [-1, height, width, -1]);
}
