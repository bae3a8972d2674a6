/**
 * Leaves out what max pooling throws away. Windows of 2 × 2 in a picture of 11 × 11 never see its
 * last row and column: the convolution before need not compute them, and of its gradient they are
 * zero. Such a value is kept in the graph as a part, the upper left of the tensor that it stands for.
 */
import { type AttributeValue, constant, type GraphNode, type GraphValue, type } from './graphNode';
import { DT_INT32 } from './native';
import { GRADIENT_OPS } from './nativeGradients';
import { type AddNode, type Call, constantOf, FLOAT, integers } from './rewriteNodes';

/** Height and width. */
type Size = [number, number];

/** A call that takes parts, and the size of its result where that is a part of a gradient. */
interface ReducedCall {
  call: Call;
  size?: Size;
}

/** Operations whose result at one position needs the first input at that position only. */
const BY_POSITION = ['BiasAdd', 'Relu', 'Sigmoid', 'Tanh'];

export class PictureParts {
  /** The parts of a node's first output, by their size. */
  private readonly parts = new Map<GraphNode, Map<string, GraphValue>>();
  /** The gradients that are parts, with their size; what they leave out is zero. */
  private readonly gradients = new Map<GraphNode, Size>();
  private readonly wholes = new Map<GraphNode, GraphValue>();

  /** @param shapeOf The shape of a tensor that the value stands for, where it is known. */
  constructor(
    private readonly shapeOf: (value: GraphValue) => number[] | undefined,
    private readonly add: AddNode,
  ) {}

  /** Notes that a gradient is a part. */
  noteGradient({ node }: GraphValue, size: Size): void {
    this.gradients.set(node, size);
  }

  /** The value itself, or with zeros around it if it is a part of a gradient. */
  whole(value: GraphValue, shape: number[]): GraphValue {
    const size = this.gradients.get(value.node);
    if (size === undefined) {
      return value;
    }
    let whole = this.wholes.get(value.node);
    if (whole === undefined) {
      const [, height, width] = shape as [number, number, number];
      const margins = integers([0, 0, 0, height - size[0], 0, width - size[1], 0, 0]);
      const attributes = { ...FLOAT, Tpaddings: type(DT_INT32) };
      whole = this.add('Pad', [value, constant({ ...margins, shape: [4, 2] })], attributes);
      this.wholes.set(value.node, whole);
    }
    return whole;
  }

  /** The call for parts of its inputs; null if it needs them whole. */
  reduce(call: Call): ReducedCall | null {
    const reduce = REDUCTIONS[call.op];
    const given = call.inputs.filter(({ node }) => this.gradients.has(node));
    const size = given[0] && this.gradients.get(given[0].node);
    return reduce && given.length < 2 ? reduce(this, call, size) : null;
  }

  /** The upper left of a value that is whole. */
  part(value: GraphValue, size: Size): GraphValue {
    const { node, index } = value;
    if (index > 0) {
      return this.add(...slice(value, size));
    }
    if (String(this.shapeOf(value)?.slice(1, 3)) === String(size)) {
      return value;
    }
    const parts = this.parts.get(node) ?? new Map<string, GraphValue>();
    this.parts.set(node, parts);
    let part = parts.get(String(size));
    if (part === undefined) {
      const inputSize = this.neededOfInput(node, size);
      const [first, ...others] = node.inputs as [GraphValue];
      part =
        inputSize === null
          ? this.add(...slice(value, size))
          : this.add(node.op, [this.part(first, inputSize), ...others], node.attributes);
      parts.set(String(size), part);
    }
    return part;
  }

  /** How much of its first input a node needs for a part of its result; null if that is no gain. */
  private neededOfInput(node: GraphNode, size: Size): Size | null {
    const [first, second] = node.inputs as [GraphValue, GraphValue];
    if (BY_POSITION.includes(node.op)) {
      return size;
    }
    if (node.op === 'MaxPool' && hasNoMargin(node.attributes) && isConvolution(first)) {
      return seen(size, windowOf(node.attributes), node.attributes);
    }
    const kernel = node.op === 'Conv2D' ? this.shapeOf(second) : undefined;
    return kernel && hasNoMargin(node.attributes) ? seen(size, kernel, node.attributes) : null;
  }

  /** What is needed as a whole too is not computed twice: its parts are cut from it. */
  cutFrom(live: Set<GraphNode>): void {
    for (const [node, parts] of this.parts) {
      for (const [size, part] of live.has(node) ? parts : []) {
        const [op, inputs, attributes] = slice({ node, index: 0 }, size.split(',').map(Number));
        Object.assign(part.node, { op, inputs, attributes });
      }
    }
  }
}

/** Reduces a call; `size` is that of the one input that is a part of a gradient. */
type Reduction = (parts: PictureParts, call: Call, size?: Size) => ReducedCall | null;

const REDUCTIONS: Record<string, Reduction> = {
  MaxPool: pooling,
  MaxPoolGrad: poolingGradient,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
  Sum: biasGradient,
  Reshape: reshapeToSameShape,
  ...Object.fromEntries(GRADIENT_OPS.map(({ op }) => [op, activationGradient])),
};

function pooling(parts: PictureParts, call: Call): ReducedCall | null {
  const [pictures] = call.inputs as [GraphValue];
  const pooled = call.output.shape.slice(1, 3) as Size;
  if (!hasNoMargin(call.attributes) || !isConvolution(pictures)) {
    return null;
  }
  const size = seen(pooled, windowOf(call.attributes), call.attributes);
  return { call: { ...call, inputs: [parts.part(pictures, size)] } };
}

function poolingGradient(parts: PictureParts, call: Call, given?: Size): ReducedCall | null {
  const [pictures, pooled, gradient] = call.inputs as [GraphValue, GraphValue, GraphValue];
  const pooledSize = given ?? (call.tensors[2]?.shape.slice(1, 3) as Size);
  const size = seen(pooledSize, windowOf(call.attributes), call.attributes);
  const isWhole = String(size) === String(call.output.shape.slice(1, 3));
  if (isWhole || !hasNoMargin(call.attributes) || !isConvolution(pictures)) {
    return null;
  }
  const inputs = [parts.part(pictures, size), parts.part(pooled, pooledSize), gradient];
  return { call: { ...call, inputs }, size };
}

function activationGradient(parts: PictureParts, call: Call, size?: Size): ReducedCall | null {
  if (size === undefined) {
    return null;
  }
  const known = GRADIENT_OPS.find(({ op }) => op === call.op);
  const [first, second] = call.inputs as [GraphValue, GraphValue];
  const inputs = known?.outputFirst
    ? [parts.part(first, size), second]
    : [first, parts.part(second, size)];
  return { call: { ...call, inputs }, size };
}

function inputGradient(_parts: PictureParts, call: Call, given?: Size): ReducedCall | null {
  if (given === undefined || !hasNoMargin(call.attributes)) {
    return null;
  }
  const [, filter, gradient] = call.inputs as [GraphValue, GraphValue, GraphValue];
  const size = seen(given, call.tensors[1]?.shape as number[], call.attributes);
  const [count, , , channels] = call.output.shape as [number, number, number, number];
  const shape = constant(integers([count, ...size, channels]));
  return { call: { ...call, inputs: [shape, filter, gradient] }, size };
}

function filterGradient(parts: PictureParts, call: Call, given?: Size): ReducedCall | null {
  if (given === undefined || !hasNoMargin(call.attributes)) {
    return null;
  }
  const [pictures, shape, gradient] = call.inputs as [GraphValue, GraphValue, GraphValue];
  const size = seen(given, call.output.shape, call.attributes);
  return { call: { ...call, inputs: [parts.part(pictures, size), shape, gradient] } };
}

/** Zeros do not change a sum. */
function biasGradient(_parts: PictureParts, call: Call, size?: Size): ReducedCall | null {
  return size && String(constantOf(call.inputs[1] as GraphValue)) === '0,1,2' ? { call } : null;
}

/** tfjs's gradients often end in such a reshape, which `rewrites.ts` leaves out. */
function reshapeToSameShape(_parts: PictureParts, call: Call, size?: Size): ReducedCall | null {
  return size && String(call.tensors[0]?.shape) === String(call.output.shape)
    ? { call, size }
    : null;
}

/** Whether the value is a convolution, perhaps with bias and activation, of which a part can be computed. */
function isConvolution({ node }: GraphValue): boolean {
  return BY_POSITION.includes(node.op)
    ? isConvolution(node.inputs[0] as GraphValue)
    : node.op === 'Conv2D' && hasNoMargin(node.attributes);
}

function hasNoMargin({ padding, data_format, dilations }: Record<string, AttributeValue>): boolean {
  return (
    padding?.value === 'VALID' &&
    data_format?.value === 'NHWC' &&
    (dilations === undefined || String(dilations.value) === '1,1,1,1')
  );
}

function windowOf({ ksize }: Record<string, AttributeValue>): number[] {
  return ((ksize as AttributeValue).value as number[]).slice(1, 3);
}

/** How much windows see that are put side by side for a result of this size. */
function seen(size: Size, window: number[], { strides }: Record<string, AttributeValue>): Size {
  const [, down, across] = (strides as AttributeValue).value as [number, number, number];
  const [height, width] = window as Size;
  return [(size[0] - 1) * down + height, (size[1] - 1) * across + width];
}

function slice(value: GraphValue, [height, width]: number[]): Parameters<AddNode> {
  const begin = constant(integers([0, 0, 0, 0]));
  const size = constant(integers([-1, height as number, width as number, -1]));
  return ['Slice', [value, begin, size], { ...FLOAT, Index: type(DT_INT32) }];
}
