/** Messages of TensorFlow for which tfjs-node has no classes, by the library below those that it has. */
import { BinaryReader } from 'google-protobuf';

/**
 * Reads a message.
 *
 * @param fields what to do with each field, by its number; others are skipped.
 * @throws Error if the bytes are no message.
 */
export function readMessage(
  bytes: Uint8Array,
  fields: Record<number, (reader: BinaryReader) => void>,
): void {
  const reader = new BinaryReader(bytes);
  while (reader.nextField()) {
    const read = fields[reader.getFieldNumber()];
    if (read) {
      read(reader);
    } else {
      reader.skipField();
    }
    if (reader.getError()) {
      throw new Error('The bytes are not a protobuf message, or are cut short.');
    }
  }
}

/** The fields of a message that has whole numbers and texts only, by their numbers. */
export function readScalars(bytes: Uint8Array): Map<number, number | string> {
  const values = new Map<number, number | string>();
  const reader = new BinaryReader(bytes);
  while (reader.nextField()) {
    const value = reader.isDelimited() ? reader.readString() : reader.readInt32();
    values.set(reader.getFieldNumber(), value);
  }
  return values;
}
