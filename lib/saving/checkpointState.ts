import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { replaceFile } from '../files/replaceFile';

/** The checkpoint that the folder's `checkpoint` file names; undefined if there is no such file. */
export async function namedCheckpoint(directory: string): Promise<string | undefined> {
  const stateFile = stateFileIn(directory);
  if (!existsSync(stateFile)) {
    return undefined;
  }
  const match = /^model_checkpoint_path: "((?:[^"\\]|\\.)*)"/m.exec(
    await readFile(stateFile, 'utf8'),
  );
  if (!match?.[1]) {
    throw new Error(`${stateFile} does not name a checkpoint: it is damaged.`);
  }
  const named = unescaped(match[1]);
  return isAbsolute(named) ? named : join(directory, named);
}

/** Makes a checkpoint the newest of its folder, in TensorFlow's text format. */
export async function markLatest(prefix: string): Promise<void> {
  const name = `"${basename(prefix).replace(/["\\]/g, '\\$&')}"`;
  const text = `model_checkpoint_path: ${name}\nall_model_checkpoint_paths: ${name}\n`;
  await replaceFile(stateFileIn(dirname(prefix)), (path) => writeFile(path, text));
}

/** Where TensorFlow notes which checkpoint of a folder is the newest. */
export function stateFileIn(directory: string): string {
  return join(directory, 'checkpoint');
}

/** TensorFlow writes bytes outside ASCII as octal numbers: `\303\251` is é. */
function unescaped(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : code,
  );
  return Buffer.from(plain, 'latin1').toString('utf8');
}
