import { constants } from 'node:fs';
import { access } from 'node:fs/promises';
import type { Group, h5wasm } from 'h5wasm/node' with { 'resolution-mode': 'import' };
import { replaceFile } from '../files/replaceFile';

export type { Group };

/** A named array as a file stores it. */
export interface StoredArray {
  name: string;
  shape: number[];
  values: Float32Array | Int32Array | BigInt64Array;
}

/**
 * Opens an HDF5 file and hands its root group to `read`.
 * Throws an error that says what is wrong if the file is missing, cut short or not HDF5.
 */
export async function readHdf5<Result>(
  path: string,
  read: (root: Group) => Result,
): Promise<Result> {
  await access(path, constants.R_OK).catch((error) => {
    throw new Error(`There is no file ${path} that can be read.`, { cause: error });
  });
  const hdf5 = await loadHdf5();
  let file: InstanceType<typeof hdf5.File>;
  try {
    file = new hdf5.File(path, 'r');
  } catch (error) {
    throw new Error(`${path} cannot be read as an HDF5 file: ${reasonOf(error)}`, { cause: error });
  }
  try {
    return read(file);
  } finally {
    file.close();
  }
}

/** Writes an HDF5 file as a whole (see `replaceFile`); `write` fills its root group. */
export async function writeHdf5(path: string, write: (root: Group) => void): Promise<void> {
  const hdf5 = await loadHdf5();
  await replaceFile(path, (temporaryPath) => {
    const file = new hdf5.File(temporaryPath, 'w');
    try {
      write(file);
    } finally {
      file.close();
    }
  });
}

/** A text attribute, or undefined if there is none of that name. */
export function readText(group: Group, attribute: string): string | undefined {
  const value = group.attrs[attribute]?.value;
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== 'string') {
    throw new Error(`Attribute ${attribute} of ${group.path} should be text.`);
  }
  return value;
}

/**
 * An attribute that is a list of texts, or undefined if there is none of that name. h5py splits a
 * list of more than 64 kB into `name0`, `name1`, …; they are put together again.
 */
export function readTexts(group: Group, attribute: string): string[] | undefined {
  const parts =
    attribute in group.attrs
      ? [attribute]
      : Object.keys(group.attrs)
          .filter(
            (name) => name.startsWith(attribute) && /^\d+$/.test(name.slice(attribute.length)),
          )
          .sort((a, b) => Number(a.slice(attribute.length)) - Number(b.slice(attribute.length)));
  if (parts.length === 0) {
    return undefined;
  }
  return parts.flatMap((name) => {
    const value = group.attrs[name]?.value;
    // An empty list is stored as numbers, as NumPy does.
    if (ArrayBuffer.isView(value) && value.byteLength === 0) {
      return [];
    }
    if (!Array.isArray(value) || value.some((text) => typeof text !== 'string')) {
      throw new Error(`Attribute ${name} of ${group.path} should be a list of texts.`);
    }
    return value as string[];
  });
}

/** Stores a text attribute, of any length. */
export function writeText(group: Group, attribute: string, text: string): void {
  group.create_attribute(attribute, text, null, 'S');
}

/** Stores a list of texts as one attribute. */
export function writeTexts(group: Group, attribute: string, texts: string[]): void {
  // The library cannot write an empty list of texts; an empty list of numbers is what h5py writes.
  if (texts.length === 0) {
    group.create_attribute(attribute, new Float64Array(0), [0]);
  } else {
    group.create_attribute(attribute, texts, null, 'S');
  }
}

/** The group inside `group`; throws if there is none. */
export function groupIn(group: Group, name: string): Group {
  const found = group.get(name);
  if (!found || !('create_group' in found)) {
    throw new Error(`The file has no group ${joined(group, name)}.`);
  }
  return found;
}

/** Reads a dataset of 32-bit floating-point numbers, or of whole numbers (64-bit ones too). */
export function readArray(group: Group, name: string): StoredArray {
  const found = group.get(name);
  if (!found || !('filters' in found)) {
    throw new Error(`The file has no array ${joined(group, name)}.`);
  }
  const { dtype, shape, value } = found;
  const isFloat32 = dtype === '<f';
  const isWhole = dtype === '<i' || dtype === '<q';
  if (!shape || (!isFloat32 && !isWhole)) {
    throw new Error(
      `Array ${joined(group, name)} has numbers of type ${JSON.stringify(dtype)}; ` +
        'only 32-bit floating point and whole numbers can be read.',
    );
  }
  if (ArrayBuffer.isView(value)) {
    return { name, shape, values: value as StoredArray['values'] };
  }
  // A number alone comes as such.
  return {
    name,
    shape,
    values: isFloat32 ? Float32Array.of(Number(value)) : Int32Array.of(Number(value)),
  };
}

/** Stores an array; folders in its name become groups. */
export function writeArray(group: Group, { name, shape, values }: StoredArray): void {
  const parts = name.split('/');
  const last = parts.pop() ?? name;
  let folder = group;
  for (const part of parts) {
    folder = folder.keys().includes(part) ? groupIn(folder, part) : folder.create_group(part);
  }
  folder.create_dataset({ name: last, data: values, shape });
}

async function loadHdf5(): Promise<typeof h5wasm> {
  // h5wasm is an ECMAScript module; this is how a CommonJS one loads it.
  const { default: hdf5 } = await import('h5wasm/node');
  const library = await hdf5.ready;
  // Errors become exceptions instead of lines on stderr.
  library.activate_throwing_error_handler();
  return hdf5;
}

function joined(group: Group, name: string): string {
  return `${group.path}/${name}`.replace(/\/+/g, '/');
}

/** The innermost line of HDF5's own error report, which is the one that says why. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes('signature not found')) {
    return 'it is not an HDF5 file.';
  }
  if (text.includes('truncated file')) {
    return 'it is cut short.';
  }
  const lines = [...text.matchAll(/#\d+: .*\(\): (.*)/g)];
  return lines.at(-1)?.[1] ?? text;
}
