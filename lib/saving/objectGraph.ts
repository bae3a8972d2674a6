/**
 * The note in a checkpoint of TensorFlow 2 about the Python objects it was made from: which object
 * holds which, under which name. TensorFlow restores a checkpoint by it, not by the names of the
 * tensors. Format: tensorflow/core/protobuf/trackable_object_graph.proto.
 */
import { type Field, readFields, writeFields } from './protobuf';

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
export function parseObjectGraph(bytes: Buffer): TrackedObject {
  const messages = readFields(bytes).map(([, node]) => readFields(node as Buffer));
  const objects = messages.map(() => trackedObject());
  const objectOf = (id: unknown): TrackedObject => {
    const object = objects[Number(id ?? 0)];
    if (!object) {
      throw new Error('The note about objects in the checkpoint is damaged.');
    }
    return object;
  };
  for (const [id, fields] of messages.entries()) {
    const object = objectOf(id);
    for (const [field, message] of fields) {
      const part = new Map(readFields(message as Buffer));
      if (field === 1) {
        object.children.set(String(part.get(2)), objectOf(part.get(1)));
      } else if (field === 2 && String(part.get(1)) === 'VARIABLE_VALUE') {
        object.key = String(part.get(3));
      } else if (field === 3) {
        object.slots.push({
          variable: objectOf(part.get(1)),
          slot: String(part.get(2)),
          value: objectOf(part.get(3)),
        });
      }
    }
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
  const idOf = (object: TrackedObject) => ids.get(object) as number;
  return writeFields([...objects].map((object) => [1, objectMessage(object, idOf)]));
}

function objectMessage(object: TrackedObject, idOf: (object: TrackedObject) => number): Buffer {
  const fields: Field[] = [];
  for (const [name, child] of object.children) {
    fields.push([1, writeFields([numberField(1, idOf(child)), textField(2, name)])]);
  }
  if (object.key !== undefined) {
    const fullName = object.key.replace(/\/\.ATTRIBUTES.*/, '');
    const parts = ['VARIABLE_VALUE', fullName, object.key].map((text, i) => textField(i + 1, text));
    fields.push([2, writeFields(parts)]);
  }
  for (const { variable, slot, value } of object.slots) {
    const parts = [numberField(1, idOf(variable)), textField(2, slot), numberField(3, idOf(value))];
    fields.push([3, writeFields(parts)]);
  }
  return writeFields(fields);
}

function numberField(field: number, value: number): Field {
  return [field, value];
}

function textField(field: number, text: string): Field {
  return [field, Buffer.from(text)];
}
