import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { replaceFile } from './atomicFile';

/**
 * The newest checkpoint in a folder, by the folder's `checkpoint` file: the path to give to
 * `loadWeights` or `loadCheckpoint`. Undefined if there is none.
 *
 * @param directory the folder that holds the checkpoints.
 * @throws An error if the `checkpoint` file is damaged, or names a checkpoint that is not there.
 * @see https://www.tensorflow.org/api_docs/python/tf/train/latest_checkpoint
 */
export async function latestCheckpoint(directory: string): Promise<string | undefined> {
  const stateFile = join(directory, 'checkpoint');
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
  const prefix = isAbsolute(named) ? named : join(directory, named);
  if (!existsSync(`${prefix}.index`)) {
    throw new Error(
      `${stateFile} names the checkpoint ${prefix}, but there is no ${prefix}.index.`,
    );
  }
  return prefix;
}

/** Makes a checkpoint the newest of its folder, in TensorFlow's text format. */
export async function markLatest(prefix: string): Promise<void> {
  const name = `"${basename(prefix).replace(/["\\]/g, '\\$&')}"`;
  const text = `model_checkpoint_path: ${name}\nall_model_checkpoint_paths: ${name}\n`;
  await replaceFile(join(dirname(prefix), 'checkpoint'), (path) => writeFile(path, text));
}

/** TensorFlow writes bytes outside ASCII as octal numbers: `\303\251` is é. */
function unescaped(text: string): string {
  const bytes = Buffer.from(text).toString('latin1');
  const plain = bytes.replace(/\\([0-7]{3}|.)/g, (_, code: string) =>
    code.length === 3 ? String.fromCharCode(Number.parseInt(code, 8)) : code,
  );
  return Buffer.from(plain, 'latin1').toString('utf8');
}
