import { mkdir, open, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { removeAbandonedFiles, temporaryName } from './temporaryNames';

/**
 * Replaces a file as a whole: `write` fills a temporary file in the same folder, which then takes
 * the file's name. Any reader of `path` finds the complete old file or the complete new one.
 * Missing folders are made, and temporary files that killed processes left in the folder are
 * removed.
 */
export async function replaceFile(
  path: string,
  write: (temporaryPath: string) => void | Promise<void>,
): Promise<void> {
  const folder = dirname(path);
  await mkdir(folder, { recursive: true });
  await removeAbandonedFiles(folder);
  const temporaryPath = join(folder, temporaryName(basename(path)));
  try {
    await write(temporaryPath);
    await flushToDisk(temporaryPath);
    await rename(temporaryPath, path);
  } finally {
    await rm(temporaryPath, { force: true });
  }
}

/** Without this, a power cut soon after the renaming could leave an empty file. */
export async function flushToDisk(path: string): Promise<void> {
  const file = await open(path, 'r+');
  try {
    await file.sync();
  } finally {
    await file.close();
  }
}
