import { type, types } from '../native/attributes';
import { DT_INT32, DT_INT64, DT_STRING, nativeBackend, nativeType } from '../native/backend';
import {
  type GraphNode,
  type GraphValue,
  graphNode,
  graphValue,
  placeholder,
} from '../native/graphNode';
import { writeSavedModel } from '../native/savedModel';
import { Session } from '../native/session';
import * as tf from '../tensorflow';
import type { CheckpointEntry } from './checkpointIndex';

/** A tensor and its name in the checkpoint. */
export interface NamedTensor {
  name: string;
  tensor: tf.Tensor;
  /** Store an int32 tensor as 64-bit numbers, as TensorFlow does with counters. */
  asInt64?: boolean;
  /** The tensor holds bytes: notes of TensorFlow's own. */
  isNote?: boolean;
}

/**
 * Writes `<prefix>.index` and `<prefix>.data-00000-of-00001` with TensorFlow's operation SaveV2. It
 * takes a list of data types, which tfjs cannot give to an operation called alone: hence the graph.
 */
export function writeTensors(prefix: string, entries: NamedTensor[]): void {
  const dtypesOfTensors = entries.map(({ name, tensor, isNote }) => {
    const dtype = isNote ? DT_STRING : nativeType(tensor.dtype);
    if (dtype === undefined) {
      throw new Error(`"${name}" cannot be saved: it is a tensor of ${tensor.dtype} values.`);
    }
    return dtype;
  });
  const values = entries.map(({ tensor, asInt64 }, i): GraphValue => {
    const fed = placeholder(`value_${i}`, dtypesOfTensors[i] as number, tensor.shape);
    if (!asInt64) {
      return fed;
    }
    return graphValue('Cast', [fed], { SrcT: type(DT_INT32), DstT: type(DT_INT64) });
  });
  const dtypes = entries.map(({ asInt64 }, i) =>
    asInt64 ? DT_INT64 : (dtypesOfTensors[i] as number),
  );
  const where = placeInCheckpoint(entries.length);
  const save = graphNode('SaveV2', [...where, ...values], { dtypes: types(dtypes) });
  const saved = graphValue('Identity', [where[0]], { T: type(DT_STRING) }, [], [save]);
  const names = entries.map(({ name }) => name);
  const tensors = entries.map(({ tensor }) => tensor);
  tf.dispose(runGraph([saved], prefix, names, tensors));
}

/** Reads tensors with TensorFlow's operation RestoreV2; 64-bit whole numbers become int32. */
export function readTensors(prefix: string, entries: [string, CheckpointEntry][]): tf.Tensor[] {
  const dtypes = entries.map(([, { dtype }]) => dtype);
  const where = placeInCheckpoint(entries.length);
  const restore = graphNode('RestoreV2', where, { dtypes: types(dtypes) });
  const outputs = dtypes.map((dtype, index): GraphValue => {
    const output = { node: restore, index };
    if (dtype !== DT_INT64) {
      return output;
    }
    return graphValue('Cast', [output], { SrcT: type(DT_INT64), DstT: type(DT_INT32) });
  });
  const names = entries.map(([name]) => name);
  return runGraph(outputs, prefix, names, []);
}

/** The first three inputs of both operations: the prefix, the names, which parts (all). */
function placeInCheckpoint(count: number): [GraphValue, GraphValue, GraphValue] {
  return [
    placeholder('prefix', DT_STRING, []),
    placeholder('names', DT_STRING, [count]),
    placeholder('slices', DT_STRING, [count]),
  ];
}

function runGraph(
  outputs: GraphValue[],
  prefix: string,
  names: string[],
  values: tf.Tensor[],
): tf.Tensor[] {
  const { bytes, nameOf } = writeSavedModel(outputs.map(({ node }) => node));
  const session = new Session(bytes);
  const place = [
    tf.scalar(prefix),
    tf.tensor1d(names, 'string'),
    tf.fill([names.length], '', 'string'),
  ];
  try {
    const fed = ['prefix', 'names', 'slices', ...values.map((_, i) => `value_${i}`)];
    const wanted = outputs.map(({ node, index }) => `${nameOf.get(node as GraphNode)}:${index}`);
    const backend = nativeBackend();
    const ids = backend.getInputTensorIds([...place, ...values]);
    const results = session.run(fed.map((name) => `${name}:0`).join(), ids, wanted.join());
    return results.map((result) => backend.createOutputTensor(result));
  } finally {
    tf.dispose(place);
    session.dispose();
  }
}
