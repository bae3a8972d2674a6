import { readFile } from 'node:fs/promises';
import { readMessage } from './protobuf';

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

/** Reads from the beginning of some bytes to their end. */
class ByteReader {
  private position = 0;

  constructor(private readonly data: Buffer) {}

  get atEnd(): boolean {
    return this.position >= this.data.length;
  }

  /** A whole number of seven bits a byte, the lowest first. */
  number(): number {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.data.readUInt8(this.position++);
      value += (byte & 127) * factor;
      if (byte < 128) {
        return value;
      }
    }
  }

  bytes(length: number): Buffer {
    const from = this.position;
    this.position += length;
    if (this.position > this.data.length) {
      throw new RangeError('beyond the end of the data');
    }
    return this.data.subarray(from, this.position);
  }
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
  let count = 1;
  readMessage(message, {
    1: (reader) => {
      count = reader.readInt32();
    },
  });
  return count;
}

function entryOf(message: Buffer): CheckpointEntry {
  const entry: CheckpointEntry = { dtype: 0, shape: [] };
  readMessage(message, {
    1: (reader) => {
      entry.dtype = reader.readEnum();
    },
    2: (reader) => {
      entry.shape = shapeOf(reader.readBytes());
    },
  });
  return entry;
}

function shapeOf(message: Uint8Array): number[] {
  const shape: number[] = [];
  readMessage(message, {
    2: (dimension) => {
      const place = shape.push(0) - 1;
      readMessage(dimension.readBytes(), {
        1: (reader) => {
          shape[place] = reader.readInt64();
        },
      });
    },
  });
  return shape;
}
