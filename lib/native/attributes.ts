/** The attributes of TensorFlow's operations, in graphs and in calls. */
import type * as tf from '../tensorflow';
import { type NativeBinding, nativeBackend, type OpAttribute } from './backend';
import { NotCompilableError } from './notCompilableError';

/** A copy of a constant's values, which outlives the tensor. */
export interface ConstantValue {
  /** TensorFlow's number of the data type. */
  dtype: number;
  shape: number[];
  bytes: Uint8Array;
}

export type AttributeValue =
  | { kind: 'string'; value: string }
  | { kind: 'strings'; value: string[] }
  | { kind: 'int'; value: number | number[] }
  | { kind: 'float'; value: number | number[] }
  | { kind: 'bool'; value: boolean }
  | { kind: 'type'; value: number }
  | { kind: 'types'; value: number[] }
  | { kind: 'shape'; value: number[] }
  | { kind: 'tensor'; value: ConstantValue };

export type Attributes = Record<string, AttributeValue>;

export const type = (value: number): AttributeValue => ({ kind: 'type', value });
export const types = (value: number[]): AttributeValue => ({ kind: 'types', value });
export const bool = (value: boolean): AttributeValue => ({ kind: 'bool', value });
export const int = (value: number | number[]): AttributeValue => ({ kind: 'int', value });
export const float = (value: number): AttributeValue => ({ kind: 'float', value });
export const string = (value: string): AttributeValue => ({ kind: 'string', value });
export const strings = (value: string[]): AttributeValue => ({ kind: 'strings', value });
export const shape = (value: number[]): AttributeValue => ({ kind: 'shape', value });

/** The binding's number for each kind of attribute. */
const NUMBERS: Partial<Record<AttributeValue['kind'], keyof NativeBinding & `TF_ATTR_${string}`>> =
  {
    string: 'TF_ATTR_STRING',
    int: 'TF_ATTR_INT',
    float: 'TF_ATTR_FLOAT',
    bool: 'TF_ATTR_BOOL',
    type: 'TF_ATTR_TYPE',
    shape: 'TF_ATTR_SHAPE',
  };

/**
 * The attributes that tfjs calls an operation with.
 *
 * @throws NotCompilableError for a kind of attribute that no kernel of tfjs 4.22 uses.
 */
export function attributesOfCall(op: string, given: OpAttribute[]): Attributes {
  const { binding } = nativeBackend();
  const kinds = Object.entries(NUMBERS);
  return Object.fromEntries(
    given.map(({ name, type, value }) => {
      const [kind] = kinds.find(([, number]) => binding[number] === type) ?? [];
      if (kind === undefined) {
        throw new NotCompilableError(`The op ${op} has an attribute "${name}" of unknown type.`);
      }
      return [name, { kind, value } as AttributeValue];
    }),
  );
}

/** Attributes as tfjs-node's backend takes them. */
export function attributesForCall(attributes: Attributes): OpAttribute[] {
  const { binding } = nativeBackend();
  return Object.entries(attributes).map(([name, { kind, value }]) => {
    const number = NUMBERS[kind];
    if (number === undefined) {
      throw new TypeError(
        `tfjs-node cannot call an operation with the attribute "${name}" of kind ${kind}.`,
      );
    }
    return { name, type: binding[number], value };
  });
}

/** Calls one of TensorFlow's operations as tfjs's kernels do; tfjs knows no gradient for it. */
export function callOperation(op: string, attributes: Attributes, inputs: tf.Tensor[]): tf.Tensor {
  return nativeBackend().executeSingleOutput(op, attributesForCall(attributes), inputs);
}
