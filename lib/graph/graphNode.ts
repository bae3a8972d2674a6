/**
 * The graph while it is being put together: plain objects that point at each other. `savedModel.ts`
 * writes them in TensorFlow's format.
 */
import type * as tf from '../tensorflow';
import { DT_FLOAT, DT_INT32 } from './native';

/** The values of a constant, kept apart from tfjs so that they outlive the tensor. */
export interface ConstantValue {
  /** TensorFlow's number of the data type. */
  dtype: number;
  shape: number[];
  bytes: Uint8Array;
}

export type AttributeValue =
  | { kind: 'string'; value: string }
  | { kind: 'int'; value: number | number[] }
  | { kind: 'float'; value: number | number[] }
  | { kind: 'bool'; value: boolean }
  | { kind: 'type'; value: number }
  | { kind: 'types'; value: number[] }
  | { kind: 'shape'; value: number[] }
  | { kind: 'tensor'; value: ConstantValue };

/** One operation. */
export interface GraphNode {
  /** The name of TensorFlow's op, for example "Conv2D". */
  op: string;
  attributes: Record<string, AttributeValue>;
  inputs: GraphValue[];
  /** Nodes that must have run before this one, though it takes nothing from them. */
  after: GraphNode[];
  /** The layer in which the op was called, for error messages. */
  layer?: string | undefined;
  /** For placeholders and variables, whose names must be known from outside the graph. */
  name?: string;
}

/** One of a node's outputs. */
export interface GraphValue {
  node: GraphNode;
  index: number;
}

export const type = (value: number): AttributeValue => ({ kind: 'type', value });
export const types = (value: number[]): AttributeValue => ({ kind: 'types', value });
export const bool = (value: boolean): AttributeValue => ({ kind: 'bool', value });
export const int = (value: number | number[]): AttributeValue => ({ kind: 'int', value });
export const string = (value: string): AttributeValue => ({ kind: 'string', value });

/** Makes a node. */
export function graphNode(
  op: string,
  inputs: GraphValue[],
  attributes: Record<string, AttributeValue> = {},
  after: GraphNode[] = [],
): GraphNode {
  return { op, inputs, attributes, after };
}

/** Makes a node with one output and returns that output. */
export function graphValue(
  op: string,
  inputs: GraphValue[],
  attributes: Record<string, AttributeValue> = {},
  after: GraphNode[] = [],
): GraphValue {
  return { node: graphNode(op, inputs, attributes, after), index: 0 };
}

/** A constant of the graph. */
export function constant(value: ConstantValue): GraphValue {
  return graphValue('Const', [], { dtype: type(value.dtype), value: { kind: 'tensor', value } });
}

/** A constant number. */
export function scalar(value: number, dtype: typeof DT_FLOAT | typeof DT_INT32): GraphValue {
  const values = dtype === DT_FLOAT ? Float32Array.of(value) : Int32Array.of(value);
  return constant({ dtype, shape: [], bytes: new Uint8Array(values.buffer) });
}

/** What makes the node that puts values one after the other along an axis. */
export function concatenation(
  values: GraphValue[],
  axis: number,
  dtype: number,
): [op: string, inputs: GraphValue[], attributes: Record<string, AttributeValue>] {
  const attributes = { T: type(dtype), N: int(values.length), Tidx: type(DT_INT32) };
  return ['ConcatV2', [...values, scalar(axis, DT_INT32)], attributes];
}

/** A value that is fed from outside at each run. */
export function placeholder(name: string, dtype: number, shape: number[]): GraphValue {
  const value = graphValue('Placeholder', [], {
    dtype: type(dtype),
    shape: { kind: 'shape', value: shape },
  });
  value.node.name = name;
  return value;
}

/** A variable that lives in the session from one run to the next; the value is its handle. */
export function variableHandle(name: string, dtype: number, shape: tf.Shape): GraphValue {
  const handle = graphValue('VarHandleOp', [], {
    dtype: type(dtype),
    shape: { kind: 'shape', value: shape as number[] },
    shared_name: string(name),
  });
  handle.node.name = name;
  return handle;
}

/** The present value of a variable. */
export function readVariable(
  handle: GraphValue,
  dtype: number,
  after: GraphNode[] = [],
): GraphValue {
  return graphValue('ReadVariableOp', [handle], { dtype: type(dtype) }, after);
}

/** Puts a value into a variable. */
export function assignVariable(
  handle: GraphValue,
  value: GraphValue,
  dtype: number,
  after: GraphNode[] = [],
): GraphNode {
  return graphNode('AssignVariableOp', [handle, value], { dtype: type(dtype) }, after);
}

/** The given nodes and all that they need, each after those that it needs. */
export function inOrder(wanted: GraphNode[]): GraphNode[] {
  const found = new Set<GraphNode>();
  const ordered: GraphNode[] = [];
  // A stack of its own instead of recursion: a graph can be thousands of nodes deep.
  const stack = wanted.map((node) => ({ node, entered: false }));
  while (stack.length > 0) {
    const { node, entered } = stack.pop() as { node: GraphNode; entered: boolean };
    if (entered) {
      ordered.push(node);
    } else if (!found.has(node)) {
      found.add(node);
      stack.push({ node, entered: true });
      for (const needed of [...node.inputs.map((input) => input.node), ...node.after]) {
        if (!found.has(needed)) {
          stack.push({ node: needed, entered: false });
        }
      }
    }
  }
  return ordered;
}
