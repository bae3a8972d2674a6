/** Protocol buffers as far as TensorFlow's checkpoints need them: numbers, and bytes with a length. */

/** Reads from the beginning of some bytes to their end. */
export class ByteReader {
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

/** A field of a message: numbers, or bytes for texts and messages inside. */
export type Field = [field: number, value: number | Uint8Array];

/** The fields of a message. */
export function readFields(message: Buffer): [field: number, value: number | Buffer][] {
  const reader = new ByteReader(message);
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

/** A message of the fields. */
export function writeFields(fields: Field[]): Buffer {
  const parts = fields.flatMap(([field, value]) =>
    typeof value === 'number'
      ? [numberBytes(field << 3), numberBytes(value)]
      : [numberBytes((field << 3) | 2), numberBytes(value.length), value],
  );
  return Buffer.concat(parts);
}

function numberBytes(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  for (; rest >= 128; rest = Math.floor(rest / 128)) {
    bytes.push((rest % 128) + 128);
  }
  return Buffer.from([...bytes, rest]);
}
