// One set-up at a time in a folder: a lock file that names its owner's process, and the program
// the owner is running at the moment. A killed set-up can leave, say, `npm ci` behind; the next
// one waits for that too, since two of them would destroy each other's work.
import { linkSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { SetUpProblem } from './requirements.mjs';

let held;

/**
 * Waits until no other set-up is at work in the folder and takes the lock.
 *
 * @param {string} file where the lock lies
 * @param {{ onWait?: (pid: number) => void, timeLimit?: number }} [options] `onWait` is called once
 *   when there is somebody to wait for; `timeLimit` in seconds
 */
export async function takeLock(file, { onWait = () => {}, timeLimit = 1800 } = {}) {
  const started = performance.now();
  mkdirSync(path.dirname(file), { recursive: true });
  let waitingFor;
  for (;;) {
    if (createLock(file)) {
      held = file;
      return;
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
      throw new SetUpProblem(
        `another set-up (process ${busy}) has been at work in this folder for very long: end it, ` +
          `or delete ${file} if that process is something else, and run the same command again.`,
      );
    }
    await sleep(250);
  }
}

/** Gives the lock back. */
export function releaseLock() {
  if (held) {
    rmSync(held, { force: true });
    held = undefined;
  }
}

/** Notes in the lock which program its owner is running now (undefined: none). */
export function recordChild(child) {
  if (held) {
    replaceLock(held, { owner: process.pid, child });
  }
}

// The lock appears with its content or not at all: a reader never sees half of it.
function createLock(file) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify({ owner: process.pid }));
  try {
    linkSync(draft, file);
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') {
      return false;
    }
    throw error;
  } finally {
    rmSync(draft);
  }
}

function replaceLock(file, content) {
  const draft = `${file}.${process.pid}`;
  writeFileSync(draft, JSON.stringify(content));
  renameSync(draft, file);
}

function readLock(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    if (error.code === 'ENOENT') {
      return undefined; // given back a moment ago
    }
    if (error instanceof SyntaxError) {
      return {}; // damaged, by a full disk for example: nobody's
    }
    throw error;
  }
}

// Two waiting set-ups can find the same dead owner. Moving the file away is atomic, so only one
// of them gets it; if what it got is a newer lock after all, it is put back.
function removeStale(file, stale) {
  const aside = `${file}.stale.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (error.code === 'ENOENT') {
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

function isRunning(pid) {
  // A lock with our own number is left from before: numbers are used again, above all in containers.
  if (pid === undefined || pid === process.pid) {
    return false;
  }
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM'; // somebody else's process, but it runs
  }
}
