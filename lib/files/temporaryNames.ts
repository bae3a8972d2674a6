/**
 * Names of temporary files and folders that contain the process which made them, to tell the
 * leftovers of a killed process from what another process is still writing.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';

/** Machines that share a folder number their processes independently of each other. */
const machine = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);

/** Another machine's files count as left behind after this long without a change. */
const idleTime = 60_000;

/** A name that no other process uses: it contains the machine and the process. */
export function ownName(): string {
  return `${machine}-${process.pid}-${randomBytes(6).toString('hex')}`;
}

/** The part of a file name that `ownName` made. */
export const ownNamePattern = '([0-9a-f]{8})-(\\d+)-[0-9a-f]{12}';

/** A hidden name beside `name`, for a file that is being written. */
export function temporaryName(name: string): string {
  return `.${name}.${ownName()}.tmp`;
}

/** The name that `temporaryName` was given; undefined if it did not make this one. */
export function nameOfTemporary(name: string): string | undefined {
  return new RegExp(`^\\.(.+)\\.${ownNamePattern}\\.tmp$`).exec(name)?.[1];
}

/**
 * Removes the temporary files in a folder whose process ended before it could.
 *
 * @param folder where they are; it has to exist.
 * @param suffixes what follows the names that `temporaryName` made. Default: nothing.
 */
export async function removeAbandonedFiles(folder: string, suffixes = ['']): Promise<void> {
  const pattern = new RegExp(`^\\..+\\.${ownNamePattern}\\.tmp(.*)$`);
  for (const name of await readdir(folder)) {
    const [, , , suffix] = pattern.exec(name) ?? [];
    if (suffix === undefined || !suffixes.includes(suffix)) {
      continue;
    }
    const path = join(folder, name);
    const stats = await lstat(path).catch(undefinedIfMissing);
    if (stats && isAbandoned(name, stats)) {
      await rm(path, { force: true });
    }
  }
}

/** Whether the process that a temporary name contains has ended. */
export function isAbandoned(name: string, { mtimeMs }: Stats): boolean {
  const [, ofMachine, processId] = new RegExp(ownNamePattern).exec(name) ?? [];
  if (ofMachine === machine) {
    return !isRunning(Number(processId));
  }
  return Date.now() - mtimeMs > idleTime;
}

function isRunning(processId: number): boolean {
  try {
    process.kill(processId, 0);
    return true;
  } catch (error) {
    // EPERM: it is running, as another user.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function undefinedIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') {
    throw error;
  }
}
