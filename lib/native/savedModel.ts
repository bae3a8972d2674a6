/**
 * Writes a graph as the bytes of a `saved_model.pb`, TensorFlow's exchange format, with the
 * protobuf classes that come with tfjs-node (generated code without types; hence the declarations).
 *
 * Format: https://www.tensorflow.org/guide/saved_model, tensorflow/core/protobuf/saved_model.proto.
 */
import type { AttributeValue } from './attributes';
import { type GraphNode, inOrder } from './graphNode';

/** A message has a setter for each of its fields: `setName`, `setInputList` … */
interface Message {
  serializeBinary(): Uint8Array;
  getAttrMap(): { set(name: string, value: Message): void };
  [setter: `set${string}`]: ((value: unknown) => void) | undefined;
}
type MessageType = new () => Message;

interface Protobuf {
  SavedModel: MessageType;
  MetaGraphDef: MessageType & { MetaInfoDef: MessageType };
  GraphDef: MessageType;
  VersionDef: MessageType;
  NodeDef: MessageType;
  AttrValue: MessageType & { ListValue: MessageType };
  Tensor: MessageType;
  TensorShape: MessageType & { Dim: MessageType };
}

const protobuf: Protobuf = require('@tensorflow/tfjs-node/dist/proto/api_pb');

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
  const graph = message(protobuf.GraphDef, {
    NodeList: nodes.map((node) => nodeMessage(node, nameOf)),
    Versions: message(protobuf.VersionDef, { Producer: GRAPH_DEF_VERSION }),
  });
  const information = message(protobuf.MetaGraphDef.MetaInfoDef, { TagsList: [GRAPH_TAG] });
  const metaGraph = message(protobuf.MetaGraphDef, { MetaInfoDef: information, GraphDef: graph });
  const savedModel = message(protobuf.SavedModel, {
    SavedModelSchemaVersion: 1,
    MetaGraphsList: [metaGraph],
  });
  return { bytes: savedModel.serializeBinary(), nameOf };
}

/** @param fields by their names in the generated code, without `set`. */
function message(type: MessageType, fields: Record<string, unknown>): Message {
  const made = new type();
  for (const [name, value] of Object.entries(fields)) {
    const setter = made[`set${name}`];
    if (setter === undefined) {
      throw new Error(
        `tfjs-node's protobuf classes have no field ${name}; ` +
          'this version of tfjs-node is not supported.',
      );
    }
    setter.call(made, value);
  }
  return made;
}

function nodeMessage(node: GraphNode, nameOf: Map<GraphNode, string>): Message {
  const made = message(protobuf.NodeDef, {
    Name: nameOf.get(node),
    Op: node.op,
    InputList: [
      ...node.inputs.map((input) => `${nameOf.get(input.node)}:${input.index}`),
      ...node.after.map((earlier) => `^${nameOf.get(earlier)}`),
    ],
  });
  for (const [name, attribute] of Object.entries(node.attributes)) {
    made.getAttrMap().set(name, message(protobuf.AttrValue, attributeField(attribute)));
  }
  return made;
}

function attributeField({ kind, value }: AttributeValue): Record<string, unknown> {
  const list = (field: string, values: unknown = value) => ({
    List: message(protobuf.AttrValue.ListValue, { [field]: values }),
  });
  switch (kind) {
    case 'string':
      return { S: Buffer.from(value) };
    case 'strings':
      return list(
        'SList',
        value.map((text) => Buffer.from(text)),
      );
    case 'bool':
      return { B: value };
    case 'type':
      return { Type: value };
    case 'types':
      return list('TypeList');
    case 'shape':
      return { Shape: shapeMessage(value) };
    case 'int':
      return Array.isArray(value) ? list('IList') : { I: value };
    case 'float':
      return Array.isArray(value) ? list('FList') : { F: value };
    case 'tensor': {
      const { dtype, shape, bytes } = value;
      const content = { Dtype: dtype, TensorShape: shapeMessage(shape), TensorContent: bytes };
      return { Tensor: message(protobuf.Tensor, content) };
    }
  }
}

function shapeMessage(shape: number[]): Message {
  const dimensions = shape.map((size) => message(protobuf.TensorShape.Dim, { Size: size }));
  return message(protobuf.TensorShape, { DimList: dimensions });
}
