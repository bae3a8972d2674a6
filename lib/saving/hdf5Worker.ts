/**
 * Runs the HDF5 library on one file after the other, in a thread of its own: a damaged file that
 * makes the library stop stops this thread only, and a slow one keeps nobody waiting.
 *
 * The library's file system is in memory and holds one file: whatever the file says, no other file
 * of the machine can be read or written.
 */
import { parentPort } from 'node:worker_threads';
import type { Dataset, Group, h5wasm, Module } from 'h5wasm' with { 'resolution-mode': 'import' };
import {
  emptyGroup,
  type Hdf5Array,
  type Hdf5Group,
  type Hdf5Problem,
  type StoredNumbers,
} from './hdf5Tree';

type Library = typeof Module;

/** What the thread is to do: read the file's bytes, or write the tree as a file. */
export type Hdf5Task = { read: Uint8Array } | { write: Hdf5Group };

/** What the thread answers with. */
export type Hdf5Answer = { tree: Hdf5Group } | { bytes: Uint8Array } | { problem: string };

/** The answer, and whether all went well, so that the library can be trusted with another file. */
export interface Hdf5Result {
  answer: Hdf5Answer;
  isSound: boolean;
}

const fileName = '/file.h5';

/** Links can go round in circles; no model comes near these bounds. */
const mostMembers = 200_000;
const deepest = 64;

/** Compressed weights are not much smaller; more than this is a file made to fill the memory. */
const largestExpansion = 100;
const smallSize = 16 * 2 ** 20;

/** HDF5's number for the filter that adds a Fletcher-32 checksum. */
const fletcher32 = 3;

class TreeReader {
  /** Whether nothing was found that is not as it should be. */
  isSound = true;
  private members = 0;
  private byteCount = 0;

  constructor(
    private readonly library: Library,
    private readonly hdf5: typeof h5wasm,
    private readonly fileSize: number,
  ) {}

  group(group: Group, depth = 0): Hdf5Group {
    if (depth > deepest) {
      throw new Error('its groups are nested without end');
    }
    const tree = emptyGroup(group.path);
    for (const name of this.library.get_attribute_names(group.file_id, group.path)) {
      tree.attributes.set(
        name,
        this.orProblem(() => attributeValue(group.get_attribute(name, false))),
      );
    }
    for (const name of group.keys()) {
      this.members++;
      if (this.members > mostMembers) {
        throw new Error(`it has more than ${mostMembers} groups and arrays, or they go in circles`);
      }
      tree.members.set(name, this.member(group, name, depth));
    }
    return tree;
  }

  private member(group: Group, name: string, depth: number) {
    const member = this.orProblem(() => group.get(name));
    if (member instanceof this.hdf5.Group) {
      return this.group(member, depth + 1);
    }
    if (member instanceof this.hdf5.Dataset) {
      this.count(member);
      return this.orProblem(() => arrayOf(member));
    }
    if (member && 'kind' in member) {
      return member;
    }
    if (member && 'filename' in member) {
      return problem(`is a link into another file (${member.filename}), which is not followed`);
    }
    if (member && 'target' in member) {
      return problem(`is a link to ${member.target}, which is not there`);
    }
    return problem('is neither a group nor an array');
  }

  private count(dataset: Dataset): void {
    const { size, total_size } = dataset.metadata;
    this.byteCount += size * total_size;
    if (this.byteCount > this.fileSize * largestExpansion + smallSize) {
      throw new Error(
        `it says that it holds more than ${Math.floor(this.byteCount / 2 ** 20)} MB of numbers, ` +
          `but has ${Math.ceil(this.fileSize / 2 ** 20)} MB`,
      );
    }
  }

  private orProblem<Value>(read: () => Value): Value | Hdf5Problem {
    try {
      return read();
    } catch (error) {
      // After that nothing works any more.
      if (error instanceof WebAssembly.RuntimeError) {
        throw error;
      }
      this.isSound = false;
      return problem(reasonOf(error));
    }
  }
}

function problem(reason: string): Hdf5Problem {
  return { kind: 'problem', reason };
}

function attributeValue(value: unknown): string | string[] | StoredNumbers | Hdf5Problem {
  const isTexts = Array.isArray(value) && value.every((text) => typeof text === 'string');
  if (typeof value === 'string' || isTexts) {
    return value as string | string[];
  }
  if (ArrayBuffer.isView(value)) {
    return value as StoredNumbers;
  }
  return typeof value === 'number'
    ? Float64Array.of(value)
    : problem('is neither text nor an array of numbers');
}

function arrayOf(dataset: Dataset): Hdf5Array | Hdf5Problem {
  const { dtype, shape, metadata } = dataset;
  if (metadata.virtual_sources) {
    return problem('is put together from other files, which are not read');
  }
  if (!shape || typeof dtype !== 'string' || !/^<[bhiqBHIQfd]$/.test(dtype)) {
    return problem(`has numbers of type ${JSON.stringify(dtype)}, which cannot be read`);
  }
  const { value } = dataset;
  if (ArrayBuffer.isView(value)) {
    return { kind: 'array', shape, values: value as StoredNumbers };
  }
  // A number alone comes as such.
  return { kind: 'array', shape, values: numberAlone(dtype, value as number | bigint) };
}

function numberAlone(dtype: string, value: number | bigint): StoredNumbers {
  if (typeof value === 'bigint') {
    return BigInt64Array.of(value);
  }
  if (dtype === '<f') {
    return Float32Array.of(value);
  }
  return dtype === '<d' ? Float64Array.of(value) : Int32Array.of(value);
}

/** What HDF5 says in many lines; the innermost one says why. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (text.includes('signature not found')) {
    return 'is not an HDF5 file';
  }
  if (text.includes('truncated file')) {
    return 'is cut short';
  }
  if (text.includes('external raw data file')) {
    return 'has its numbers in another file, which is not read';
  }
  if (text.includes('component not found')) {
    return 'is a link that leads nowhere';
  }
  if (/checksum|filter returned failure/.test(text)) {
    return 'is damaged: its checksum or its compression is wrong';
  }
  const lines = [...text.matchAll(/#\d+: .*\(\): (.*)/g)];
  return `is damaged (${lines.at(-1)?.[1] ?? text.split('\n')[0]})`;
}

function readTree(library: Library, hdf5: typeof h5wasm, bytes: Uint8Array): Hdf5Result {
  if (bytes[0] === 0x50 && bytes[1] === 0x4b) {
    return unsound('is not an HDF5 file but a zip, as .keras files are: use saving.loadModel');
  }
  library.FS.writeFile(fileName, bytes);
  try {
    const file = new hdf5.File(fileName, 'r');
    const reader = new TreeReader(library, hdf5, bytes.length);
    const tree = reader.group(file);
    file.close();
    return { answer: { tree }, isSound: reader.isSound };
  } catch (error) {
    const isHdf5Report = error instanceof Error && /#\d+: /.test(error.message);
    if (!isHdf5Report && !(error instanceof WebAssembly.RuntimeError)) {
      return unsound(`is damaged or not what it seems: ${(error as Error).message}`);
    }
    return unsound(reasonOf(error));
  }
}

function unsound(reason: string): Hdf5Result {
  return { answer: { problem: reason }, isSound: false };
}

function writeTree(library: Library, hdf5: typeof h5wasm, tree: Hdf5Group): Hdf5Result {
  // This version of the format, of 2008, has checksums of all but the numbers; those have their own.
  const file = new hdf5.File(fileName, 'w', { libver: ['v108', 'v108'] });
  try {
    writeGroup(file, tree);
  } finally {
    file.close();
  }
  return { answer: { bytes: library.FS.readFile(fileName) }, isSound: true };
}

function writeGroup(group: Group, tree: Hdf5Group): void {
  for (const [name, value] of tree.attributes) {
    writeAttribute(group, name, value);
  }
  for (const [name, member] of tree.members) {
    if (member.kind === 'group') {
      writeGroup(group.create_group(name), member);
    } else if (member.kind === 'array') {
      writeNumbers(group, name, member);
    }
  }
}

function writeAttribute(group: Group, name: string, value: unknown): void {
  if (ArrayBuffer.isView(value)) {
    group.create_attribute(name, value as StoredNumbers, [(value as StoredNumbers).length]);
  } else if (Array.isArray(value) && value.length === 0) {
    // The library cannot write an empty list of texts; an empty list of numbers is what h5py writes.
    group.create_attribute(name, new Float64Array(0), [0]);
  } else {
    group.create_attribute(name, value as string | string[], null, 'S');
  }
}

function writeNumbers(group: Group, name: string, { shape, values }: Hdf5Array): void {
  // Only what is stored in chunks has a checksum; a number alone and an empty array cannot be.
  const hasChecksum = shape.length > 0 && values.length > 0;
  const checksum = { chunks: shape, compression: fletcher32, compression_opts: [] };
  group.create_dataset({ name, data: values, shape, ...(hasChecksum ? checksum : {}) });
}

/** Keras's texts are UTF-8, whether the file says so or (as h5py does with bytes) not. */
function readTextsAsUtf8(library: Library): void {
  const metadataOf = library.get_attribute_metadata;
  library.get_attribute_metadata = (...where: Parameters<typeof metadataOf>) => ({
    ...metadataOf(...where),
    cset: 1,
  });
}

async function loadLibrary(): Promise<(task: Hdf5Task) => Hdf5Result> {
  // h5wasm is an ECMAScript module; this is how a CommonJS one loads it. Its build for Node.js
  // would work on the machine's own files; this one, for browsers, has its files in memory.
  const { default: hdf5 } = await import('h5wasm');
  const library = await hdf5.ready;
  // Errors become exceptions instead of lines on stderr.
  library.activate_throwing_error_handler();
  readTextsAsUtf8(library);
  return (task) => {
    const result =
      'read' in task ? readTree(library, hdf5, task.read) : writeTree(library, hdf5, task.write);
    if (library.FS.analyzePath(fileName).exists) {
      library.FS.unlink(fileName);
    }
    return result;
  };
}

const loading = loadLibrary();
parentPort?.on('message', (task: Hdf5Task) => {
  void loading.then((run) => parentPort?.postMessage(run(task)));
});
