// How a step knows that it is done: its last act is to write down a fingerprint of what it was
// made from, next to the result. A missing or different fingerprint means: do it (again).
import { createHash } from 'node:crypto';
import { createReadStream, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { pipeline } from 'node:stream/promises';

/** A short text that changes when any of the values does. */
export function fingerprint(...values) {
  return createHash('sha256').update(JSON.stringify(values)).digest('hex');
}

/** A file's text, or undefined where there is no such file. */
export function readIfThere(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') {
      return undefined;
    }
    throw error;
  }
}

/** Writes a file under a temporary name and renames it: it is there in full or not at all. */
export function writeWhole(file, text) {
  const draft = `${file}.${process.pid}.partial`;
  writeFileSync(draft, text);
  renameSync(draft, file);
}

/** The SHA-256 checksum of a file of any size. */
export async function fileChecksum(file) {
  const hash = createHash('sha256');
  await pipeline(createReadStream(file), hash);
  return hash.digest('hex');
}
