import { readFile } from 'node:fs/promises';
import { ByteReader, readFields } from './protobuf';

/** One entry of a checkpoint. */
export interface CheckpointEntry {
  /** TensorFlow's number of the data type (`DataType` in types.proto). */
  dtype: number;
  shape: number[];
}

/** Parts of one variable have entries of their own; that of the whole variable leads to them. */
const sliceStart = '\0';

const footerSize = 48;
const magic = 0xdb4775248b80fb57n;

/** What the index of a checkpoint tells. */
export interface CheckpointIndex {
  entries: Map<string, CheckpointEntry>;
  /** In how many files the numbers are. */
  partCount: number;
}

/**
 * The entries of a checkpoint by name, from its `.index` file. TensorFlow has no operation that
 * lists them. The file is a sorted table of blocks, as in LevelDB (tensorflow/core/lib/io/format.h);
 * its values are `BundleEntryProto` messages (tensorflow/core/protobuf/tensor_bundle.proto).
 */
export async function readCheckpointIndex(prefix: string): Promise<CheckpointIndex> {
  const path = `${prefix}.index`;
  const file = await readFile(path);
  if (file.length < footerSize || file.readBigUInt64LE(file.length - 8) !== magic) {
    throw new Error(`${path} is not the index of a TensorFlow checkpoint, or it is cut short.`);
  }
  const index: CheckpointIndex = { entries: new Map(), partCount: 1 };
  try {
    const footer = new ByteReader(file.subarray(file.length - footerSize));
    blockHandle(footer); // of the table's metadata, which is empty
    for (const [, handle] of keysAndValues(block(file, blockHandle(footer)))) {
      for (const [key, value] of keysAndValues(block(file, blockHandle(new ByteReader(handle))))) {
        if (key === '') {
          index.partCount = partCountOf(value);
        } else if (!key.startsWith(sliceStart)) {
          index.entries.set(key, entryOf(value));
        }
      }
    }
  } catch (error) {
    throw new Error(`${path} is damaged: it cannot be read as a table.`, { cause: error });
  }
  return index;
}

interface BlockHandle {
  offset: number;
  size: number;
}

function blockHandle(reader: ByteReader): BlockHandle {
  return { offset: reader.number(), size: reader.number() };
}

/** A block without the table of entry points at its end. */
function block(file: Buffer, { offset, size }: BlockHandle): Buffer {
  const whole = file.subarray(offset, offset + size);
  const entryPoints = whole.readUInt32LE(size - 4);
  return whole.subarray(0, size - 4 - 4 * entryPoints);
}

/** A key is stored as the part that differs from the key before it. */
function* keysAndValues(data: Buffer): Generator<[string, Buffer]> {
  const reader = new ByteReader(data);
  let key = Buffer.alloc(0);
  while (!reader.atEnd) {
    const shared = reader.number();
    const [newLength, valueLength] = [reader.number(), reader.number()];
    key = Buffer.concat([key.subarray(0, shared), reader.bytes(newLength)]);
    yield [key.toString('utf8'), reader.bytes(valueLength)];
  }
}

/** The entry without a name is a `BundleHeaderProto`. */
function partCountOf(message: Buffer): number {
  const count = readFields(message).find(([field]) => field === 1);
  return (count?.[1] as number | undefined) ?? 1;
}

function entryOf(message: Buffer): CheckpointEntry {
  const entry: CheckpointEntry = { dtype: 0, shape: [] };
  for (const [field, value] of readFields(message)) {
    if (field === 1) {
      entry.dtype = value as number;
    }
    if (field === 2) {
      entry.shape = shapeOf(value as Buffer);
    }
  }
  return entry;
}

function shapeOf(message: Buffer): number[] {
  const shape: number[] = [];
  for (const [field, dimension] of readFields(message)) {
    if (field !== 2) {
      continue;
    }
    const size = readFields(dimension as Buffer).find(([inner]) => inner === 1);
    shape.push((size?.[1] as number | undefined) ?? 0);
  }
  return shape;
}
