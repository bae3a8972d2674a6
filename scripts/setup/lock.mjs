// A lock file, for one set-up at a time. It contains the process of its owner and the program that
// the owner is running. A killed set-up can leave, say, `npm ci` behind; the next set-up waits for
// that too, because two of them would destroy each other's work.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { hasCode, writeWhole } from './files.mjs';
import { SetUpError } from './requirements.mjs';

/** @typedef {{ owner?: number, child?: number | undefined }} Holder */

/** A lock that this process holds. */
export class Lock {
  #file;

  /** @param {string} file */
  constructor(file) {
    this.#file = file;
  }

  /**
   * Records in the lock which program its owner is running (undefined: none).
   *
   * @param {number | undefined} child
   */
  recordChild(child) {
    writeWhole(this.#file, JSON.stringify({ owner: process.pid, child }));
  }

  /** Releases the lock. */
  release() {
    rmSync(this.#file, { force: true });
  }
}

/**
 * Waits until no other process holds the lock, and acquires it.
 *
 * @param {string} file the lock file
 * @param {{ onWait?: (pid: number) => void, timeLimit?: number }} [options] `onWait` is called once
 *   when there is somebody to wait for; `timeLimit` in seconds
 * @returns {Promise<Lock>}
 */
export async function takeLock(file, { onWait = () => {}, timeLimit = 1800 } = {}) {
  const started = performance.now();
  mkdirSync(path.dirname(file), { recursive: true });
  let waitingFor;
  for (;;) {
    if (createLock(file)) {
      return new Lock(file);
    }
    const holder = readLock(file);
    const busy = holder && [holder.owner, holder.child].find(isRunning);
    if (holder && !busy) {
      removeStale(file, holder);
      continue;
    }
    if (busy && busy !== waitingFor) {
      waitingFor = busy;
      onWait(busy);
    }
    if (performance.now() - started > timeLimit * 1000) {
      throw new SetUpError(
        `another set-up (process ${busy}) has been at work in this folder for very long: end it, ` +
          `or delete ${file} if that process is something else, and run the same command again.`,
      );
    }
    await sleep(250);
  }
}

/**
 * The lock file appears with its complete content or not at all.
 *
 * @param {string} file
 */
function createLock(file) {
  const draft = `${file}.${process.pid}`;
  try {
    writeFileSync(draft, JSON.stringify({ owner: process.pid }));
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) {
      return false;
    }
    throw error;
  } finally {
    rmSync(draft, { force: true });
  }
}

/**
 * @param {string} file
 * @returns {Holder | undefined}
 */
function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return undefined; // released a moment ago
    }
    if (error instanceof SyntaxError) {
      return {}; // damaged, by a full disk for example: no owner
    }
    throw error;
  }
}

/**
 * Two waiting set-ups can find the same dead owner. Moving the file away is atomic, so only one of
 * them gets it; if it turns out to be a newer lock, it is put back.
 *
 * @param {string} file
 * @param {Holder} stale
 */
function removeStale(file, stale) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) {
      return;
    }
    throw error;
  }
  if (readLock(aside)?.owner !== stale.owner) {
    renameSync(aside, file);
    return;
  }
  rmSync(aside);
}

/**
 * Whether another process with this number runs. A lock with this process's own number is an old
 * one: numbers are reused, especially in containers.
 *
 * @param {number | undefined} pid
 */
export function isRunning(pid) {
  if (pid === undefined || pid === process.pid) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, 'EPERM'); // another user's process, but it is running
  }
}
