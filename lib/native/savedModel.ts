/**
 * Writes a graph as the bytes of a `saved_model.pb`, TensorFlow's exchange format. Field by field: the
 * protobuf classes that come with tfjs-node take three times as long for the first graph of a process.
 *
 * Format: https://www.tensorflow.org/guide/saved_model; tensorflow/core/protobuf/saved_model.proto and
 * meta_graph.proto, tensorflow/core/framework/graph.proto, node_def.proto and attr_value.proto.
 */
import { BinaryWriter } from 'google-protobuf';
import type { AttributeValue } from './attributes';
import { type GraphNode, inOrder } from './graphNode';

/** The numbers of the fields that are written, message by message. */
const SavedModel = { schemaVersion: 1, metaGraphs: 2 };
const MetaGraphDef = { metaInfoDef: 1, graphDef: 2 };
const MetaInfoDef = { tags: 4 };
const GraphDef = { node: 1, versions: 4 };
const VersionDef = { producer: 1 };
const NodeDef = { name: 1, op: 2, input: 3, attr: 5 };
const MapEntry = { key: 1, value: 2 };
const AttrValue = { list: 1, s: 2, i: 3, f: 4, b: 5, type: 6, shape: 7, tensor: 8 };
const TensorShape = { dim: 2 };
const Dim = { size: 1 };
const Tensor = { dtype: 1, tensorShape: 2, tensorContent: 4 };

/** The tag under which the graph is stored and loaded. */
export const GRAPH_TAG = 'graph';

/** The version of the graph format (`TF_GRAPH_DEF_VERSION`): that of TensorFlow 2.9. */
const GRAPH_DEF_VERSION = 1087;

/** A graph in TensorFlow's format, and the names of its nodes in it. */
export interface WrittenGraph {
  bytes: Uint8Array;
  nameOf: Map<GraphNode, string>;
}

/** Writes the given nodes and all that they depend on. */
export function writeSavedModel(wanted: GraphNode[]): WrittenGraph {
  const nodes = inOrder(wanted);
  const nameOf = new Map<GraphNode, string>();
  for (const node of nodes) {
    // TensorFlow's own operations begin with _, which a name must not.
    nameOf.set(node, node.name ?? `${node.op.replace(/^_/, '')}_${nameOf.size}`);
  }
  const writer = new BinaryWriter();
  const message = (field: number, write: () => void) => writer.writeMessage(field, true, write);
  writer.writeInt64(SavedModel.schemaVersion, 1);
  message(SavedModel.metaGraphs, () => {
    message(MetaGraphDef.metaInfoDef, () => writer.writeString(MetaInfoDef.tags, GRAPH_TAG));
    message(MetaGraphDef.graphDef, () => {
      for (const node of nodes) {
        message(GraphDef.node, () => writeNode(writer, node, nameOf));
      }
      message(GraphDef.versions, () => writer.writeInt32(VersionDef.producer, GRAPH_DEF_VERSION));
    });
  });
  return { bytes: writer.getResultBuffer(), nameOf };
}

const bytesOf = (text: string): Uint8Array => Buffer.from(text);

function writeNode(
  writer: BinaryWriter,
  node: GraphNode,
  nameOf: ReadonlyMap<GraphNode, string>,
): void {
  writer.writeString(NodeDef.name, nameOf.get(node));
  writer.writeString(NodeDef.op, node.op);
  for (const { node: input, index } of node.inputs) {
    writer.writeString(NodeDef.input, `${nameOf.get(input)}:${index}`);
  }
  for (const earlier of node.after) {
    writer.writeString(NodeDef.input, `^${nameOf.get(earlier)}`);
  }
  for (const [name, attribute] of Object.entries(node.attributes)) {
    writer.writeMessage(NodeDef.attr, attribute, () => {
      writer.writeString(MapEntry.key, name);
      writer.writeMessage(MapEntry.value, attribute, () => writeAttribute(writer, attribute));
    });
  }
}

function writeAttribute(writer: BinaryWriter, { kind, value }: AttributeValue): void {
  // A list has the same fields for its values.
  const list = (write: () => void) => writer.writeMessage(AttrValue.list, true, write);
  switch (kind) {
    case 'string':
      writer.writeBytes(AttrValue.s, bytesOf(value));
      break;
    case 'strings':
      list(() => writer.writeRepeatedBytes(AttrValue.s, value.map(bytesOf)));
      break;
    case 'bool':
      writer.writeBool(AttrValue.b, value);
      break;
    case 'type':
      writer.writeEnum(AttrValue.type, value);
      break;
    case 'types':
      list(() => writer.writePackedEnum(AttrValue.type, value));
      break;
    case 'shape':
      writeShape(writer, AttrValue.shape, value);
      break;
    case 'int':
      if (Array.isArray(value)) {
        list(() => writer.writePackedInt64(AttrValue.i, value));
      } else {
        writer.writeInt64(AttrValue.i, value);
      }
      break;
    case 'float':
      if (Array.isArray(value)) {
        list(() => writer.writePackedFloat(AttrValue.f, value));
      } else {
        writer.writeFloat(AttrValue.f, value);
      }
      break;
    case 'tensor':
      writer.writeMessage(AttrValue.tensor, value, () => {
        writer.writeEnum(Tensor.dtype, value.dtype);
        writeShape(writer, Tensor.tensorShape, value.shape);
        writer.writeBytes(Tensor.tensorContent, value.bytes);
      });
  }
}

function writeShape(writer: BinaryWriter, field: number, shape: number[]): void {
  writer.writeMessage(field, shape, () => {
    for (const size of shape) {
      writer.writeMessage(TensorShape.dim, shape, () => writer.writeInt64(Dim.size, size));
    }
  });
}
