import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { DatasetFile } from './description';

/** The prefix of unfinished files and folders in the cache. */
export const temporaryPrefix = 'part-';

/** The cache cannot be written; another source of the file would not help. */
export class CacheWriteError extends Error {
  constructor(what: string, folder: string, problem: string, cause: unknown) {
    const remedy = 'Correct that, or choose another folder with the option "folder".';
    super(`${what} could not be stored in ${folder}: ${problem}. ${remedy}`, { cause });
  }
}

export const diskIsFull = 'the disk is full';

const problems: Readonly<Record<string, string>> = {
  ENOSPC: diskIsFull,
  EDQUOT: 'the disk quota is used up',
  EACCES: 'the folder may not be written',
  EROFS: 'the disk is read-only',
};

/**
 * Puts a file into the cache completely or not at all: it is written under a unique temporary name
 * and then renamed, so that other processes never see a part of it.
 */
export async function storeInCache(
  folder: string,
  file: DatasetFile,
  bytes: Uint8Array,
): Promise<void> {
  const temporaryPath = join(folder, `${temporaryPrefix}${randomUUID()}`);
  try {
    await mkdir(folder, { recursive: true });
    await removeLeftovers(folder);
    await writeFile(temporaryPath, bytes);
    await rename(temporaryPath, join(folder, file.name));
  } catch (error) {
    await rm(temporaryPath, { force: true }).catch(() => {
      // The first error is the one to report: the folder could not be written at all.
    });
    const { code, message } = error as NodeJS.ErrnoException;
    const problem = problems[code ?? ''] ?? message;
    throw new CacheWriteError(
      `${file.name} (${megabytes(bytes.length)} MB)`,
      folder,
      problem,
      error,
    );
  }
}

/** Removes what a killed process has left behind. */
async function removeLeftovers(folder: string): Promise<void> {
  const anHourAgo = Date.now() - 60 * 60_000;
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    if (name.startsWith(temporaryPrefix) && modified(path) < anHourAgo) {
      await rm(path, { recursive: true, force: true });
    }
  }
}

/** When the file was last changed; now, if another process has just renamed or removed it. */
function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? Date.now();
}

function megabytes(bytes: number): string {
  return (bytes / 1e6).toFixed(1);
}
