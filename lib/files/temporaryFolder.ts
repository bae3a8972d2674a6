import { lstatSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAbandoned, ownName, ownNamePattern } from './temporaryNames';

/**
 * Makes a folder in the system's temporary folder that only its owner can open. Removes folders for
 * the same purpose that killed processes of this user left behind. The caller removes the new one.
 *
 * @param purpose the beginning of its name.
 * @returns Its path.
 */
export function makeTemporaryFolder(purpose: string): string {
  removeAbandonedFolders(purpose);
  const folder = join(tmpdir(), `${purpose}-${ownName()}`);
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

function removeAbandonedFolders(purpose: string): void {
  const pattern = new RegExp(`^${purpose}-${ownNamePattern}$`);
  for (const name of readdirSync(tmpdir())) {
    const path = join(tmpdir(), name);
    const stats = pattern.test(name) ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
    const isOwn = stats?.isDirectory() && stats.uid === (process.getuid?.() ?? stats.uid);
    if (stats && isOwn && isAbandoned(name, stats)) {
      rmSync(path, { recursive: true, force: true });
    }
  }
}
