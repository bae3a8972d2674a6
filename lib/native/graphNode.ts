/**
 * The graph while it is being built: plain objects that refer to each other. `savedModel.ts` writes
 * them in TensorFlow's format.
 */
import type * as tf from '../tensorflow';
import {
  type Attributes,
  type ConstantValue,
  shape as shapeAttribute,
  string,
  type,
} from './attributes';
import { DT_FLOAT, DT_INT32, DT_RESOURCE } from './backend';

/** The type of a node's output. */
export interface TensorType {
  shape: number[];
  /** TensorFlow's number of the data type. */
  dtype: number;
}

/** The part of a step that a node belongs to. */
export type Phase = 'forward' | 'backward' | 'update';

/** Where a node comes from. */
export interface Origin {
  /** How many operations were called before it. */
  position: number;
  phase: Phase;
  /** The innermost layer that was called, such as `layer "dense" (Dense)`. */
  layer?: string | undefined;
  /** Outside layers, the line of the user's function, such as `step.ts:12`. */
  line?: string | undefined;
}

/** One operation. */
export interface GraphNode {
  /** The name of TensorFlow's op, for example "Conv2D". */
  op: string;
  attributes: Attributes;
  inputs: GraphValue[];
  /** Control dependencies: nodes that have to run before this one, although none is its input. */
  after: GraphNode[];
  outputs: TensorType[];
  /** For a node that changes variables: the reads of the values that it overwrites. */
  overwrites?: GraphNode[];
  origin?: Origin;
  /** The processor core that a shard's node is meant for, from 0. */
  core?: number;
  /** For placeholders and variables, whose names must be known from outside the graph. */
  name?: string;
  /** For variables, their name in tfjs. */
  label?: string;
}

/** One of a node's outputs. */
export interface GraphValue {
  node: GraphNode;
  index: number;
}

/** The graph of one function. */
export interface Graph {
  /** Placeholders, in the order in which they are fed. */
  fed: GraphNode[];
  outputs: GraphValue[];
  /** The nodes that assign new values to variables. */
  updates: GraphNode[];
  /** The size of the batch: the first dimension of the function's first input. */
  rows: number;
  /** The handles of the blocks of rows in which a variable is held, by the handle of the whole. */
  blocks: ReadonlyMap<GraphNode, GraphValue[]>;
  /**
   * Whether each operation should use one core only: nearly all work is sharded among them, or the
   * operations are too small to be divided; null if it makes no difference.
   */
  oneCoreEach: boolean | null;
}

/** Makes a node. */
export function graphNode(
  op: string,
  inputs: GraphValue[],
  attributes: Attributes = {},
  outputs: TensorType[] = [],
  after: GraphNode[] = [],
): GraphNode {
  return { op, inputs, attributes, outputs, after };
}

/** Makes a node with one output and returns that output. */
export function graphValue(...parts: Parameters<typeof graphNode>): GraphValue {
  return { node: graphNode(...parts), index: 0 };
}

/** The type of a value. */
export function typeOf({ node, index }: GraphValue): TensorType {
  const found = node.outputs[index];
  if (found === undefined) {
    throw new Error(`Output ${index} of a node ${node.op} is of unknown type.`);
  }
  return found;
}

export function shapeOf(value: GraphValue): number[] {
  return typeOf(value).shape;
}

/** One of the node's inputs, counted from 0; throws if there is none. */
export function inputOf(node: GraphNode, index: number): GraphValue {
  const found = node.inputs[index];
  if (found === undefined) {
    throw new Error(`A node ${node.op} has no input ${index}.`);
  }
  return found;
}

/** The numbers of an attribute; none if the node does not have it. */
export function numbersOf({ attributes }: GraphNode, name: string): number[] {
  const attribute = attributes[name];
  return attribute?.kind === 'int' || attribute?.kind === 'float' ? [attribute.value].flat() : [];
}

/** A constant of the graph. */
export function constant(value: ConstantValue): GraphValue {
  const { shape, dtype } = value;
  const attributes: Attributes = { dtype: type(dtype), value: { kind: 'tensor', value } };
  return graphValue('Const', [], attributes, [{ shape, dtype }]);
}

/** A constant number. */
export function scalar(value: number, dtype: typeof DT_FLOAT | typeof DT_INT32): GraphValue {
  const values = dtype === DT_FLOAT ? Float32Array.of(value) : Int32Array.of(value);
  return constant({ dtype, shape: [], bytes: new Uint8Array(values.buffer) });
}

/** A constant of whole numbers. */
export function integers(values: number[], shape = [values.length]): GraphValue {
  const bytes = new Uint8Array(Int32Array.from(values).buffer);
  return constant({ dtype: DT_INT32, shape, bytes });
}

/** The integers of a constant vector or scalar; null for a value that is computed. */
export function constantOf({ node }: GraphValue): number[] | null {
  const content = node.attributes.value;
  if (node.op !== 'Const' || content?.kind !== 'tensor') {
    return null;
  }
  const { buffer, byteOffset, byteLength } = content.value.bytes;
  return [...new Int32Array(buffer, byteOffset, byteLength / 4)];
}

/** A placeholder, whose value is fed at each run. */
export function placeholder(name: string, dtype: number, shape: number[]): GraphValue {
  const attributes: Attributes = { dtype: type(dtype), shape: shapeAttribute(shape) };
  const value = graphValue('Placeholder', [], attributes, [{ shape, dtype }]);
  value.node.name = name;
  return value;
}

/** A variable that lives in the session from one run to the next; the value is its handle. */
export function variableHandle(
  name: string,
  dtype: number,
  shape: tf.Shape | number[],
  label = name,
): GraphValue {
  const size = shape.map((length) => length ?? -1);
  const attributes: Attributes = {
    dtype: type(dtype),
    shape: shapeAttribute(size),
    shared_name: string(name),
  };
  const handle = graphValue('VarHandleOp', [], attributes, [{ shape: [], dtype: DT_RESOURCE }]);
  return { ...handle, node: Object.assign(handle.node, { name, label }) };
}

/** The type of a handle's variable. */
export function variableType({ node }: GraphValue): TensorType {
  const { dtype, shape } = node.attributes;
  if (dtype?.kind !== 'type' || shape?.kind !== 'shape') {
    throw new Error(`A node ${node.op} is taken for the handle of a variable.`);
  }
  return { dtype: dtype.value, shape: shape.value };
}

export function isHandle({ node }: GraphValue): boolean {
  return node.op === 'VarHandleOp';
}

/** The present value of a variable. */
export function readVariable(handle: GraphValue, after: GraphNode[] = []): GraphValue {
  const output = variableType(handle);
  return graphValue('ReadVariableOp', [handle], { dtype: type(output.dtype) }, [output], after);
}

/** Assigns a value to a variable. */
export function assignVariable(handle: GraphValue, value: GraphValue): GraphNode {
  const { dtype } = variableType(handle);
  return graphNode('AssignVariableOp', [handle, value], { dtype: type(dtype) });
}

/** A number for each node, in their order. */
export function numbered(nodes: readonly GraphNode[]): Map<GraphNode, number> {
  return new Map(nodes.map((node, number) => [node, number]));
}

/**
 * A key that is equal for nodes that compute the same, except for the values of constants.
 *
 * @param numbers the number of each node of the graph.
 */
export function keyOf(node: GraphNode, numbers: ReadonlyMap<GraphNode, number>): string {
  const attributes = Object.entries(node.attributes).filter(([, { kind }]) => kind !== 'tensor');
  const inputs = node.inputs.map((input) => [numbers.get(input.node), input.index]);
  const outputs = node.outputs.map(({ dtype, shape }) => [dtype, shape]);
  return JSON.stringify([node.op, node.name, attributes, inputs, outputs]);
}

/** The given nodes and all that they depend on, each after those that it depends on. */
export function inOrder(wanted: GraphNode[]): GraphNode[] {
  const entered = new Set<GraphNode>();
  const ordered = new Set<GraphNode>();
  // An explicit stack instead of recursion: a graph can be thousands of nodes deep.
  const stack = wanted.toReversed();
  for (let node = stack.at(-1); node !== undefined; node = stack.at(-1)) {
    if (entered.has(node)) {
      stack.pop();
      ordered.add(node);
    } else {
      entered.add(node);
      const { inputs, after } = node;
      for (let place = after.length - 1; place >= 0; place--) {
        stack.push(after[place] as GraphNode);
      }
      for (let place = inputs.length - 1; place >= 0; place--) {
        stack.push((inputs[place] as GraphValue).node);
      }
    }
  }
  return [...ordered];
}

const nodesOfGraphs = new WeakMap<Graph, readonly GraphNode[]>();

/**
 * All nodes that a function's outputs and updates depend on, in the order in which they were
 * called: each comes after those that it depends on. They are looked for once for each graph.
 */
export function nodesOf(graph: Graph): readonly GraphNode[] {
  const known = nodesOfGraphs.get(graph);
  if (known) {
    return known;
  }
  const nodes = inOrder([...graph.outputs.map(({ node }) => node), ...graph.updates]);
  nodes.sort((a, b) => positionOf(a) - positionOf(b));
  nodesOfGraphs.set(graph, nodes);
  return nodes;
}

function positionOf({ origin }: GraphNode): number {
  return origin?.position ?? -1;
}
