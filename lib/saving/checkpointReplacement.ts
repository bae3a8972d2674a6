/**
 * A checkpoint is two files, which cannot be replaced in one moment. The new one is written beside
 * the old one under a temporary name; while it is copied over the old one, the folder's `checkpoint`
 * file names the temporary one. A process that ends meanwhile leaves a whole checkpoint, and the
 * next one that looks at the folder finishes its work.
 */
import { existsSync } from 'node:fs';
import { copyFile, readdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { replaceFile } from '../files/replaceFile';
import { isAbandoned, nameOfTemporary } from '../files/temporaryNames';
import { markLatest, namedCheckpoint, stateFileIn } from './checkpointState';

/** The two files of a checkpoint that is written here; the second names what is in the first. */
export const checkpointSuffixes = ['.data-00000-of-00001', '.index'];

/** Copying takes seconds; a process that is stopped must not stop another one for good. */
const longestWait = 120_000;

/** Puts a checkpoint that was written under a temporary name into its place, as the newest. */
export async function replaceCheckpoint(prefix: string, temporary: string): Promise<void> {
  if (existsSync(`${prefix}.index`)) {
    await markLatest(temporary);
    await copyOver(prefix, temporary);
    return;
  }
  for (const suffix of checkpointSuffixes) {
    await rename(temporary + suffix, prefix + suffix);
  }
  await markLatest(prefix);
}

/**
 * Finishes the replacement of a checkpoint that a process which has ended had begun; waits for one
 * that another process is at.
 */
export async function finishReplacement(folder: string): Promise<void> {
  const start = Date.now();
  for (;;) {
    const temporary = await namedCheckpoint(folder);
    const name = temporary && nameOfTemporary(basename(temporary));
    if (!temporary || !name) {
      return;
    }
    const index = await stat(`${temporary}.index`).catch(undefinedIfMissing);
    if (!index && (await namedCheckpoint(folder)) === temporary) {
      return;
    }
    if (index && isAbandoned(basename(temporary), index)) {
      await copyOver(join(folder, name), temporary);
      return;
    }
    if (Date.now() - start > longestWait) {
      throw new Error(
        `Another program is replacing the checkpoint ${join(folder, name)} and does not come to ` +
          `its end: ${stateFileIn(folder)} names ${temporary}. End that program and try again.`,
      );
    }
    await sleep(20);
  }
}

/** Removes a checkpoint's files. */
export async function removeCheckpoint(prefix: string): Promise<void> {
  for (const suffix of checkpointSuffixes) {
    await rm(prefix + suffix, { force: true });
  }
}

async function copyOver(prefix: string, temporary: string): Promise<void> {
  for (const suffix of checkpointSuffixes) {
    await replaceFile(prefix + suffix, (path) => copyFile(temporary + suffix, path));
  }
  await markLatest(prefix);
  await removeCheckpoint(temporary);
  await removeOtherParts(prefix);
}

/** TensorFlow may have written the old checkpoint in several parts. */
async function removeOtherParts(prefix: string): Promise<void> {
  const start = `${basename(prefix)}.data-`;
  for (const name of await readdir(dirname(prefix))) {
    const isPart = name.startsWith(start) && /^\d{5}-of-\d{5}$/.test(name.slice(start.length));
    if (isPart && name !== basename(prefix) + checkpointSuffixes[0]) {
      await rm(join(dirname(prefix), name), { force: true });
    }
  }
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') {
    throw error;
  }
}
