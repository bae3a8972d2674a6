/** What rewrites of recorded calls are made of. */
import type * as tf from '../tensorflow';
import {
  type AttributeValue,
  type ConstantValue,
  constant,
  type GraphValue,
  type,
} from './graphNode';
import { DT_FLOAT, DT_INT32 } from './native';

/** A recorded call. */
export interface Call {
  op: string;
  attributes: Record<string, AttributeValue>;
  inputs: GraphValue[];
  /** The tensors that the inputs were. */
  tensors: tf.TensorInfo[];
  /** The first output. */
  output: tf.TensorInfo;
}

/** Adds a node to the graph and returns its first output. */
export type AddNode = (
  op: string,
  inputs: GraphValue[],
  attributes: Record<string, AttributeValue>,
) => GraphValue;

/** The faster equal of a call with one output; null if there is none. */
export type Rewrite = (call: Call, add: AddNode) => GraphValue | null;

export const FLOAT = { T: type(DT_FLOAT) };

export function reshape(
  value: GraphValue,
  shape: number[],
  add: AddNode,
  dtype = DT_FLOAT,
): GraphValue {
  return add('Reshape', [value, constant(integers(shape))], {
    T: type(dtype),
    Tshape: type(DT_INT32),
  });
}

export function integers(values: number[]): ConstantValue {
  const bytes = new Uint8Array(Int32Array.from(values).buffer);
  return { dtype: DT_INT32, shape: [values.length], bytes };
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
