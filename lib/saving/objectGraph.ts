/**
 * The note in a checkpoint of TensorFlow 2 about the Python objects it was made from: which object
 * holds which, under which name. TensorFlow restores a checkpoint by it, not by the names of the
 * tensors. Format: tensorflow/core/protobuf/trackable_object_graph.proto.
 */
import { BinaryWriter } from 'google-protobuf';
import { readMessage, readScalars } from './protobuf';

/** The name of the note among the checkpoint's tensors. */
export const objectGraphKey = '_CHECKPOINTABLE_OBJECT_GRAPH';

/** A Python object: a model, a layer, a list, or a variable. */
export interface TrackedObject {
  /** The objects it holds, by the names it has for them. */
  children: Map<string, TrackedObject>;
  /** A variable's name in the checkpoint. */
  key?: string;
  /** What an optimiser before TensorFlow 2.11 remembers: the slot of a variable. */
  slots: { variable: TrackedObject; slot: string; value: TrackedObject }[];
}

/** An object that holds nothing yet, or the variable stored under a key. */
export function trackedObject(key?: string): TrackedObject {
  return { children: new Map(), slots: [], ...(key === undefined ? {} : { key }) };
}

/** The object at a path such as `layer_with_weights-0/kernel`, made if it is not there. */
export function objectMadeAt(root: TrackedObject, path: string): TrackedObject {
  let object = root;
  for (const name of path.split('/')) {
    const child = object.children.get(name) ?? trackedObject();
    object.children.set(name, child);
    object = child;
  }
  return object;
}

/** The object at a path, or undefined. */
export function objectAt(root: TrackedObject, path: string): TrackedObject | undefined {
  let object: TrackedObject | undefined = root;
  for (const name of path.split('/')) {
    object = object?.children.get(name);
  }
  return object;
}

/** The objects of the note; the first of them, the root, is what was saved. */
export function parseObjectGraph(bytes: Uint8Array): TrackedObject {
  const messages: Uint8Array[] = [];
  readMessage(bytes, { 1: (reader) => messages.push(reader.readBytes()) });
  const objects = messages.map(() => trackedObject());
  const objectOf = (id: unknown): TrackedObject => {
    const object = objects[Number(id ?? 0)];
    if (!object) {
      throw new Error('The note about objects in the checkpoint is damaged.');
    }
    return object;
  };
  for (const [id, message] of messages.entries()) {
    const object = objectOf(id);
    readMessage(message, {
      1: (reader) => {
        const child = readScalars(reader.readBytes());
        object.children.set(String(child.get(2)), objectOf(child.get(1)));
      },
      2: (reader) => {
        const tensor = readScalars(reader.readBytes());
        if (tensor.get(1) === 'VARIABLE_VALUE') {
          object.key = String(tensor.get(3));
        }
      },
      3: (reader) => {
        const slot = readScalars(reader.readBytes());
        const [variable, value] = [objectOf(slot.get(1)), objectOf(slot.get(3))];
        object.slots.push({ variable, slot: String(slot.get(2)), value });
      },
    });
  }
  return objectOf(0);
}

/** The bytes of the note. */
export function serializeObjectGraph(root: TrackedObject): Buffer {
  const objects = new Set([root]);
  // Those found are gone through as well.
  for (const object of objects) {
    for (const child of object.children.values()) {
      objects.add(child);
    }
    for (const { value } of object.slots) {
      objects.add(value);
    }
  }
  const ids = new Map([...objects].map((object, id) => [object, id]));
  const writer = new BinaryWriter();
  for (const object of objects) {
    writer.writeMessage(1, object, () => writeObject(writer, object, ids));
  }
  return Buffer.from(writer.getResultBuffer());
}

function writeObject(
  writer: BinaryWriter,
  { children, key, slots }: TrackedObject,
  ids: ReadonlyMap<TrackedObject, number>,
): void {
  for (const [name, child] of children) {
    writer.writeMessage(1, child, () => {
      writer.writeInt32(1, ids.get(child));
      writer.writeString(2, name);
    });
  }
  if (key !== undefined) {
    const fullName = key.replace(/\/\.ATTRIBUTES.*/, '');
    writer.writeMessage(2, key, () => {
      writer.writeString(1, 'VARIABLE_VALUE');
      writer.writeString(2, fullName);
      writer.writeString(3, key);
    });
  }
  for (const { variable, slot, value } of slots) {
    writer.writeMessage(3, slot, () => {
      writer.writeInt32(1, ids.get(variable));
      writer.writeString(2, slot);
      writer.writeInt32(3, ids.get(value));
    });
  }
}
