import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { DatasetFile } from './description';

const gunzipAsync = promisify(gunzip);

/**
 * Unpacks a file if it is gzip-compressed and makes sure that it is the published one.
 *
 * @returns the uncompressed bytes.
 * @throws with the reason when it is not: truncated, damaged, or a different file.
 */
export async function unpackAndVerify(file: DatasetFile, packed: Uint8Array): Promise<Uint8Array> {
  const isGzip = packed[0] === 0x1f && packed[1] === 0x8b;
  const bytes = isGzip ? await unpack(file, packed) : packed;
  if (bytes.length !== file.bytes) {
    throw new Error(`wrong length: ${bytes.length} bytes, expected ${file.bytes}`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== file.sha256) {
    throw new Error(`wrong contents: SHA-256 ${sha256}, expected ${file.sha256}`);
  }
  return bytes;
}

async function unpack(file: DatasetFile, packed: Uint8Array): Promise<Uint8Array> {
  try {
    return await gunzipAsync(packed, { maxOutputLength: file.bytes });
  } catch (error) {
    throw new Error(`damaged gzip data: ${(error as Error).message}`, { cause: error });
  }
}
