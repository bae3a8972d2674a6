/**
 * Writes a graph as the bytes of a `saved_model.pb`, TensorFlow's exchange format, with the
 * protobuf classes that come with tfjs-node (generated code without types; hence the declarations).
 *
 * Format: https://www.tensorflow.org/guide/saved_model, tensorflow/core/protobuf/saved_model.proto.
 */
import { type AttributeValue, type ConstantValue, type GraphNode, inOrder } from './graphNode';

interface Message {
  serializeBinary(): Uint8Array;
}
interface AttrValueMessage extends Message {
  setS(value: Uint8Array): void;
  setI(value: number): void;
  setF(value: number): void;
  setB(value: boolean): void;
  setType(value: number): void;
  setShape(value: Message): void;
  setTensor(value: Message): void;
  setList(value: Message): void;
}
interface Protobuf {
  SavedModel: new () => Message & {
    setSavedModelSchemaVersion(version: number): void;
    addMetaGraphs(graph: Message): void;
  };
  MetaGraphDef: {
    new (): Message & { setMetaInfoDef(info: Message): void; setGraphDef(graph: Message): void };
    MetaInfoDef: new () => Message & { setTagsList(tags: string[]): void };
  };
  GraphDef: new () => Message & {
    setNodeList(nodes: Message[]): void;
    setVersions(version: Message): void;
  };
  VersionDef: new () => Message & { setProducer(version: number): void };
  NodeDef: new () => Message & {
    setName(name: string): void;
    setOp(op: string): void;
    setInputList(inputs: string[]): void;
    getAttrMap(): { set(name: string, value: Message): void };
  };
  AttrValue: {
    new (): AttrValueMessage;
    ListValue: new () => Message & {
      setIList(values: number[]): void;
      setFList(v: number[]): void;
      setTypeList(values: number[]): void;
    };
  };
  Tensor: new () => Message & {
    setDtype(dtype: number): void;
    setTensorShape(shape: Message): void;
    setTensorContent(bytes: Uint8Array): void;
  };
  TensorShape: {
    new (): Message & { setDimList(dimensions: Message[]): void };
    Dim: new () => Message & { setSize(size: number): void };
  };
}

const protobuf: Protobuf = require('@tensorflow/tfjs-node/dist/proto/api_pb');

/** The tag under which the graph is stored and loaded. */
export const GRAPH_TAG = 'graph';

/** The version of the graph format (`TF_GRAPH_DEF_VERSION`): that of TensorFlow 2.9. */
const GRAPH_DEF_VERSION = 1087;

/** A graph in TensorFlow's format, and the names its nodes have got there. */
export interface WrittenGraph {
  bytes: Uint8Array;
  nameOf: Map<GraphNode, string>;
}

/** Writes the given nodes and all that they need. */
export function writeSavedModel(wanted: GraphNode[]): WrittenGraph {
  const nodes = inOrder(wanted);
  const nameOf = new Map<GraphNode, string>();
  for (const node of nodes) {
    nameOf.set(node, node.name ?? `${node.op}_${nameOf.size}`);
  }

  const graph = new protobuf.GraphDef();
  graph.setNodeList(nodes.map((node) => nodeMessage(node, nameOf)));
  const version = new protobuf.VersionDef();
  version.setProducer(GRAPH_DEF_VERSION);
  graph.setVersions(version);

  const information = new protobuf.MetaGraphDef.MetaInfoDef();
  information.setTagsList([GRAPH_TAG]);
  const metaGraph = new protobuf.MetaGraphDef();
  metaGraph.setMetaInfoDef(information);
  metaGraph.setGraphDef(graph);
  const savedModel = new protobuf.SavedModel();
  savedModel.setSavedModelSchemaVersion(1);
  savedModel.addMetaGraphs(metaGraph);
  return { bytes: savedModel.serializeBinary(), nameOf };
}

function nodeMessage(node: GraphNode, nameOf: Map<GraphNode, string>): Message {
  const message = new protobuf.NodeDef();
  message.setName(nameOf.get(node) as string);
  message.setOp(node.op);
  message.setInputList([
    ...node.inputs.map((input) => `${nameOf.get(input.node)}:${input.index}`),
    ...node.after.map((earlier) => `^${nameOf.get(earlier)}`),
  ]);
  for (const [name, value] of Object.entries(node.attributes)) {
    message.getAttrMap().set(name, attributeMessage(value));
  }
  return message;
}

function attributeMessage(attribute: AttributeValue): Message {
  const message = new protobuf.AttrValue();
  switch (attribute.kind) {
    case 'string':
      message.setS(Buffer.from(attribute.value));
      break;
    case 'bool':
      message.setB(attribute.value);
      break;
    case 'type':
      message.setType(attribute.value);
      break;
    case 'types': {
      const list = new protobuf.AttrValue.ListValue();
      list.setTypeList(attribute.value);
      message.setList(list);
      break;
    }
    case 'shape':
      message.setShape(shapeMessage(attribute.value));
      break;
    case 'tensor':
      message.setTensor(tensorMessage(attribute.value));
      break;
    case 'int':
      if (Array.isArray(attribute.value)) {
        const list = new protobuf.AttrValue.ListValue();
        list.setIList(attribute.value);
        message.setList(list);
      } else {
        message.setI(attribute.value);
      }
      break;
    case 'float':
      if (Array.isArray(attribute.value)) {
        const list = new protobuf.AttrValue.ListValue();
        list.setFList(attribute.value);
        message.setList(list);
      } else {
        message.setF(attribute.value);
      }
      break;
  }
  return message;
}

function shapeMessage(shape: number[]): Message {
  const message = new protobuf.TensorShape();
  message.setDimList(
    shape.map((size) => {
      const dimension = new protobuf.TensorShape.Dim();
      dimension.setSize(size);
      return dimension;
    }),
  );
  return message;
}

function tensorMessage(constant: ConstantValue): Message {
  const message = new protobuf.Tensor();
  message.setDtype(constant.dtype);
  message.setTensorShape(shapeMessage(constant.shape));
  message.setTensorContent(constant.bytes);
  return message;
}
