// One program at a time: a lock file that names its owner's process, and the program the owner is
// running at the moment. A killed set-up can leave, say, `npm ci` behind; the next one waits for
// that too, since two of them would destroy each other's work.
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
   * Notes in the lock which program its owner is running now (undefined: none).
   *
   * @param {number | undefined} child
   */
  recordChild(child) {
    writeWhole(this.#file, JSON.stringify({ owner: process.pid, child }));
  }

  /** Gives the lock back. */
  release() {
    rmSync(this.#file, { force: true });
  }
}

/**
 * Waits until nobody else holds the lock, and takes it.
 *
 * @param {string} file where the lock lies
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
 * The lock appears with its content or not at all: a reader never sees half of it.
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
      return undefined; // given back a moment ago
    }
    if (error instanceof SyntaxError) {
      return {}; // damaged, by a full disk for example: nobody's
    }
    throw error;
  }
}

/**
 * Two waiting set-ups can find the same dead owner. Moving the file away is atomic, so only one
 * of them gets it; if what it got is a newer lock after all, it is put back.
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
 * Whether another process with this number runs. What carries our own number is left from before:
 * numbers are used again, above all in containers.
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
    return hasCode(error, 'EPERM'); // somebody else's process, but it runs
  }
}
