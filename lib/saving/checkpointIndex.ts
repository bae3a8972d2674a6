import { readFile } from 'node:fs/promises';

/** One entry of a checkpoint. */
export interface CheckpointEntry {
  /** TensorFlow's number of the data type (`DataType` in types.proto). */
  dtype: number;
  shape: number[];
}

const footerSize = 48;
const magic = 0xdb4775248b80fb57n;

/**
 * The entries of a checkpoint by name, from its `.index` file. TensorFlow has no operation that
 * lists them. The file is a sorted table of blocks, as in LevelDB (tensorflow/core/lib/io/format.h);
 * its values are `BundleEntryProto` messages (tensorflow/core/protobuf/tensor_bundle.proto).
 */
export async function readCheckpointIndex(prefix: string): Promise<Map<string, CheckpointEntry>> {
  const path = `${prefix}.index`;
  const file = await readFile(path);
  if (file.length < footerSize || file.readBigUInt64LE(file.length - 8) !== magic) {
    throw new Error(`${path} is not the index of a TensorFlow checkpoint, or it is cut short.`);
  }
  const entries = new Map<string, CheckpointEntry>();
  try {
    const footer = new Reader(file.subarray(file.length - footerSize));
    footer.blockHandle(); // of the table's metadata, which is empty
    for (const [, handle] of keysAndValues(block(file, footer.blockHandle()))) {
      for (const [key, value] of keysAndValues(block(file, new Reader(handle).blockHandle()))) {
        // The entry without a name is about the whole file.
        if (key !== '') {
          entries.set(key, entryOf(value));
        }
      }
    }
  } catch (error) {
    throw new Error(`${path} is damaged: it cannot be read as a table.`, { cause: error });
  }
  return entries;
}

/** Reads from the beginning of some bytes to their end. */
class Reader {
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

  blockHandle(): BlockHandle {
    return { offset: this.number(), size: this.number() };
  }
}

interface BlockHandle {
  offset: number;
  size: number;
}

/** A block without the table of entry points at its end. */
function block(file: Buffer, { offset, size }: BlockHandle): Buffer {
  const whole = file.subarray(offset, offset + size);
  const entryPoints = whole.readUInt32LE(size - 4);
  return whole.subarray(0, size - 4 - 4 * entryPoints);
}

/** A key is stored as the part that differs from the key before it. */
function* keysAndValues(data: Buffer): Generator<[string, Buffer]> {
  const reader = new Reader(data);
  let key = Buffer.alloc(0);
  while (!reader.atEnd) {
    const shared = reader.number();
    const [newLength, valueLength] = [reader.number(), reader.number()];
    key = Buffer.concat([key.subarray(0, shared), reader.bytes(newLength)]);
    yield [key.toString('utf8'), reader.bytes(valueLength)];
  }
}

function entryOf(message: Buffer): CheckpointEntry {
  const entry: CheckpointEntry = { dtype: 0, shape: [] };
  for (const [field, value] of fields(message)) {
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
  for (const [field, dimension] of fields(message)) {
    if (field !== 2) {
      continue;
    }
    const size = fields(dimension as Buffer).find(([inner]) => inner === 1);
    shape.push((size?.[1] as number | undefined) ?? 0);
  }
  return shape;
}

/** The fields of a protobuf message: numbers, or bytes for texts and messages inside. */
function fields(message: Buffer): [field: number, value: number | Buffer][] {
  const reader = new Reader(message);
  const found: [number, number | Buffer][] = [];
  while (!reader.atEnd) {
    const tag = reader.number();
    const wireType = tag & 7;
    if (wireType === 0) {
      found.push([tag >> 3, reader.number()]);
    } else if (wireType === 2) {
      found.push([tag >> 3, reader.bytes(reader.number())]);
    } else {
      found.push([tag >> 3, reader.bytes(wireType === 1 ? 8 : 4)]);
    }
  }
  return found;
}
