/**
 * The part of tfjs-node's backend that graphs need. tfjs-node types its backend privately, so the
 * members used here are declared once, in this file.
 */
import * as tf from '../tensorflow';
import { NotCompilableError } from './notCompilableError';

/** What tfjs uses to find a tensor's values: an object compared by identity. */
export type DataId = object;

/** TensorFlow's numbers for data types (`DataType` in types.proto). */
export const DT_FLOAT = 1;
export const DT_INT32 = 3;
export const DT_UINT8 = 4;
export const DT_STRING = 7;
export const DT_INT64 = 9;
export const DT_BOOL = 10;
export const DT_RESOURCE = 20;

export interface NativeTensor {
  id: number;
  shape: number[];
  dtype: number;
}

export interface OpAttribute {
  name: string;
  /** One of the binding's TF_ATTR_… numbers. */
  type: number;
  value: boolean | number | string | object | number[];
}

export type TypedArray = Float32Array | Int32Array | Uint8Array;

export interface NativeBinding {
  createTensor(shape: number[], dtype: number, values: TypedArray): number;
  deleteTensor(id: number): void;
  tensorDataSync(id: number): TypedArray;
  /** @param configuration A ConfigProto. The addon that comes with tfjs-node ignores it. */
  loadSavedModel(folder: string, tags: string, configuration?: Uint8Array): number;
  deleteSavedModel(session: number): void;
  runSavedModel(
    session: number,
    inputIds: number[],
    inputNames: string,
    outputNames: string,
  ): NativeTensor[];
  readonly TF_Version: string;
  readonly TF_ATTR_STRING: number;
  readonly TF_ATTR_INT: number;
  readonly TF_ATTR_FLOAT: number;
  readonly TF_ATTR_BOOL: number;
  readonly TF_ATTR_TYPE: number;
  readonly TF_ATTR_SHAPE: number;
}

export interface NativeBackend {
  readonly binding: NativeBinding;
  executeSingleOutput(op: string, attributes: OpAttribute[], inputs: tf.TensorInfo[]): tf.Tensor;
  executeMultipleOutputs(
    op: string,
    attributes: OpAttribute[],
    inputs: tf.TensorInfo[],
    outputCount: number,
  ): tf.Tensor[];
  getInputTensorIds(tensors: tf.TensorInfo[]): number[];
  createOutputTensor(native: NativeTensor): tf.Tensor;
  readSync(dataId: DataId): TypedArray | string[];
  read(dataId: DataId): Promise<TypedArray | string[]>;
  /** How many tensors have these values. */
  refCount(dataId: DataId): number;
  incRef(dataId: DataId): void;
  /** @param force whether to free the values, whatever the count. */
  disposeData(dataId: DataId, force: boolean): boolean;
  /** Stores values under an identity that has none. */
  move(
    dataId: DataId,
    values: TypedArray,
    shape: number[],
    dtype: tf.DataType,
    refCount: number,
  ): void;
}

/**
 * The backend of tfjs-node.
 *
 * @throws NotCompilableError if tfjs runs on another backend.
 */
export function nativeBackend(): NativeBackend {
  if (tf.getBackend() !== 'tensorflow') {
    throw new NotCompilableError(
      `Graphs need tfjs-node's backend "tensorflow", but tfjs runs on "${tf.getBackend()}": ` +
        "call tf.setBackend('tensorflow') first.",
    );
  }
  return tf.backend() as unknown as NativeBackend;
}

const TYPES: { [dtype: string]: number } = { float32: DT_FLOAT, int32: DT_INT32, bool: DT_BOOL };

/** TensorFlow's number for a data type of tfjs; undefined for one that graphs do not carry. */
export function nativeType(dtype: tf.DataType): number | undefined {
  return TYPES[dtype];
}

/** What tfjs calls one of TensorFlow's data types. */
export function nameOfType(number: number): string {
  return Object.entries(TYPES).find(([, other]) => other === number)?.[0] ?? `type ${number}`;
}
