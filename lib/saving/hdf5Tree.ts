/** The contents of an HDF5 file as plain objects, and what reads and makes them. */

/** Numbers as a file stores them. */
export type StoredNumbers =
  | Int8Array
  | Uint8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | BigUint64Array
  | Float32Array
  | Float64Array;

/** An array of numbers. */
export interface Hdf5Array {
  kind: 'array';
  shape: number[];
  values: StoredNumbers;
}

/** Something that cannot be read, and why: an error only if it is asked for. */
export interface Hdf5Problem {
  kind: 'problem';
  reason: string;
}

/** A group: what other systems call a folder. */
export interface Hdf5Group {
  kind: 'group';
  /** For messages: `/model_weights/dense`. */
  path: string;
  attributes: Map<string, string | string[] | StoredNumbers | Hdf5Problem>;
  members: Map<string, Hdf5Group | Hdf5Array | Hdf5Problem>;
}

/** A named array of numbers that a tensor can hold. */
export interface StoredArray {
  name: string;
  shape: number[];
  values: Float32Array | Int32Array | Uint32Array | BigInt64Array;
}

/** A new group that nothing is in; the root of a file, unless a path is given. */
export function emptyGroup(path = '/'): Hdf5Group {
  return { kind: 'group', path, attributes: new Map(), members: new Map() };
}

/** Makes a group inside `group`, or gives the one that is there. */
export function groupMadeIn(group: Hdf5Group, name: string): Hdf5Group {
  const found = group.members.get(name);
  if (found?.kind === 'group') {
    return found;
  }
  const made = emptyGroup(pathIn(group, name));
  group.members.set(name, made);
  return made;
}

/** Stores an array; folders in its name become groups. */
export function writeArray(group: Hdf5Group, { name, shape, values }: StoredArray): void {
  const parts = name.split('/');
  const last = parts.pop() ?? name;
  const folder = parts.reduce(groupMadeIn, group);
  folder.members.set(last, { kind: 'array', shape, values });
}

/** The group inside `group`; throws if there is none. */
export function groupIn(group: Hdf5Group, name: string): Hdf5Group {
  const found = memberOf(group, name);
  if (found?.kind !== 'group') {
    throw new Error(`The file has no group ${pathIn(group, name)}.`);
  }
  return found;
}

/** The array of 32-bit floating-point or whole numbers (64-bit ones too); throws if there is none. */
export function readArray(group: Hdf5Group, name: string): StoredArray {
  const found = memberOf(group, name);
  const path = pathIn(group, name);
  if (found?.kind !== 'array') {
    throw new Error(`The file has no array ${path}.`);
  }
  const { shape, values } = found;
  const isRead =
    values instanceof Float32Array ||
    values instanceof Int32Array ||
    values instanceof Uint32Array ||
    values instanceof BigInt64Array;
  if (!isRead) {
    throw new Error(
      `Array ${path} is a ${values.constructor.name}; ` +
        'only 32-bit floating point and whole numbers can be read.',
    );
  }
  return { name, shape, values };
}

/** A text attribute, or undefined if there is none of that name. */
export function readText(group: Hdf5Group, attribute: string): string | undefined {
  const value = attributeOf(group, attribute);
  if (value !== undefined && typeof value !== 'string') {
    throw new Error(`Attribute ${attribute} of ${group.path} should be text.`);
  }
  return value;
}

/**
 * An attribute that is a list of texts, or undefined if there is none of that name. h5py splits a
 * list of more than 64 kB into `name0`, `name1`, …; they are put together again.
 */
export function readTexts(group: Hdf5Group, attribute: string): string[] | undefined {
  const parts = group.attributes.has(attribute)
    ? [attribute]
    : [...group.attributes.keys()]
        .filter((name) => name.startsWith(attribute) && /^\d+$/.test(name.slice(attribute.length)))
        .sort((a, b) => Number(a.slice(attribute.length)) - Number(b.slice(attribute.length)));
  if (parts.length === 0) {
    return undefined;
  }
  return parts.flatMap((name) => {
    const value = attributeOf(group, name);
    // An empty list is stored as numbers, as NumPy does.
    if (ArrayBuffer.isView(value) && value.byteLength === 0) {
      return [];
    }
    if (!Array.isArray(value)) {
      throw new Error(`Attribute ${name} of ${group.path} should be a list of texts.`);
    }
    return value;
  });
}

/** What is at a path inside `group`, or undefined; throws if it is there and cannot be read. */
export function memberOf(group: Hdf5Group, name: string): Hdf5Group | Hdf5Array | undefined {
  let found: Hdf5Group | Hdf5Array | Hdf5Problem | undefined = group;
  for (const part of name.split('/')) {
    found = found?.kind === 'group' ? found.members.get(part) : undefined;
    if (found?.kind === 'problem') {
      throw new Error(`${pathIn(group, name)} ${found.reason}.`);
    }
  }
  return found;
}

function attributeOf(group: Hdf5Group, name: string) {
  const value = group.attributes.get(name);
  if (typeof value === 'object' && 'kind' in value) {
    throw new Error(`Attribute ${name} of ${group.path} ${value.reason}.`);
  }
  return value;
}

function pathIn(group: Hdf5Group, name: string): string {
  return `${group.path}/${name}`.replace(/\/+/g, '/');
}
