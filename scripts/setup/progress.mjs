// One line per step. In a terminal the line is rewritten as the step goes on; in a log file it
// only grows, and only every ten seconds.
import { readdirSync, statSync } from 'node:fs';
import path from 'node:path';

export class StepLine {
  #terminal = process.stdout.isTTY;
  #started = performance.now();
  #lastUpdate = performance.now();

  constructor(title) {
    this.title = title;
    process.stdout.write(`${title} …`);
  }

  /** Shows what the step is doing now, "downloading 42 of 207 MB" for example. */
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

  #end(text) {
    process.stdout.write(this.#terminal ? `\r\x1b[K${this.title}: ${text}\n` : ` ${text}\n`);
  }
}

/** Bytes in a folder and everything under it: how far a download has come. 0 if there is none. */
export function folderSize(folder) {
  let entries;
  try {
    entries = readdirSync(folder, { withFileTypes: true });
  } catch {
    return 0; // not there yet, or moved while we look
  }
  let size = 0;
  for (const entry of entries) {
    const name = path.join(folder, entry.name);
    size += entry.isDirectory()
      ? folderSize(name)
      : (statSync(name, { throwIfNoEntry: false })?.size ?? 0);
  }
  return size;
}
