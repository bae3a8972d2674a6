// One line per step. In a terminal the line is rewritten during the step; in a log file it only
// grows, at most every ten seconds.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

export class StepLine {
  #terminal = process.stdout.isTTY;
  #started = performance.now();
  #lastUpdate = performance.now();

  /** @param {string} title */
  constructor(title) {
    this.title = title;
    process.stdout.write(`${title} …`);
  }

  /**
   * Shows what the step is doing now, "downloading 42 of 207 MB" for example.
   *
   * @param {string} text
   */
  update(text) {
    if (this.#terminal) {
      process.stdout.write(`\r\x1b[K${this.title} … ${text}`);
    } else if (performance.now() - this.#lastUpdate > 10_000) {
      this.#lastUpdate = performance.now();
      process.stdout.write(` ${text} …`);
    }
  }

  done() {
    this.#end(`${((performance.now() - this.#started) / 1000).toFixed(1)} s`);
  }

  failed() {
    this.#end('failed');
  }

  /** @param {string} text */
  #end(text) {
    process.stdout.write(this.#terminal ? `\r\x1b[K${this.title}: ${text}\n` : ` ${text}\n`);
  }
}

/**
 * The sizes of the files in a folder and everything under it, in bytes.
 *
 * @param {string} folder
 * @returns {number[]} none if there is no such folder
 */
export function fileSizes(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return []; // not there yet, or moved in the meantime
  }
  return entries.flatMap((entry) => {
    const name = path.join(folder, entry.name);
    return entry.isDirectory()
      ? fileSizes(name)
      : [statSync(name, { throwIfNoEntry: false })?.size ?? 0];
  });
}

/**
 * Watches a download. The returned function is to be called every second; it returns true when the
 * folder has not changed for too long.
 *
 * @param {string} folder
 * @param {number} seconds
 * @param {(bytes: number) => void} report is called with the size of the largest file: programs
 *   collect a download in one place and then copy it to another
 * @returns {() => boolean}
 */
export function stallWatch(folder, seconds, report) {
  let total = -1;
  let changed = performance.now();
  return () => {
    const sizes = fileSizes(folder);
    const now = sizes.reduce((sum, size) => sum + size, 0);
    if (now !== total) {
      total = now;
      changed = performance.now();
      report(Math.max(0, ...sizes));
    }
    return performance.now() - changed > seconds * 1000;
  };
}
