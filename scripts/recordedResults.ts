/** Writes measurements into results/, with the date, the machine and the versions. */
import { writeFile } from 'node:fs/promises';
import os from 'node:os';
import { replaceFile } from '../lib/files/replaceFile';
import * as tf from '../lib/tensorflow';

/** Today's date, as YYYY-MM-DD. */
export function today(): string {
  return new Date().toISOString().slice(0, 10);
}

/** Replaces a file as a whole: an interrupted program leaves the old one. Makes missing folders. */
export function writeResult(file: string, content: unknown): Promise<void> {
  const isText = typeof content === 'string' || content instanceof Uint8Array;
  const bytes = isText ? content : `${JSON.stringify(content, null, 2)}\n`;
  return replaceFile(file, (temporaryFile) => writeFile(temporaryFile, bytes));
}

/** The machine of a measurement. */
export function machine(): { cpu: string; cores: number } {
  const cpus = os.cpus();
  return { cpu: cpus[0]?.model.trim() ?? 'unknown', cores: cpus.length };
}

/** The versions of the software that the library runs on. */
export function versions(): Record<string, string> {
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
  return {
    'tfjs-node': tf.version['tfjs-node'],
    tensorflow: binding.TF_Version,
    node: process.versions.node,
  };
}
