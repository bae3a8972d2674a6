// Runs another program for a set-up step: quietly, with a limit, and never left behind.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { recordChild } from './lock.mjs';
import { cache, project } from './project.mjs';

const windows = process.platform === 'win32';
const running = new Set();

/** Where the programs put their temporary files: inside the project, as /tmp may be small. */
export const temporaryFiles = path.join(cache, 'tmp');
const temporaryFolder = { TMPDIR: temporaryFiles, TEMP: temporaryFiles, TMP: temporaryFiles };

/** A program that ended with an error, was stopped, or could not be started at all. */
export class CommandFailed extends Error {
  name = 'CommandFailed';

  constructor(command, reason, output) {
    super(`${path.basename(command)} ${reason}`);
    this.output = output;
  }

  /** The last lines the program printed: where programs say what went wrong. */
  get lastLines() {
    return this.output.trim().split('\n').slice(-5).join('\n');
  }
}

/**
 * Runs a program and resolves to what it printed on standard output.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {{ env?: object, timeLimit?: number, shell?: boolean,
 *   stalled?: () => boolean }} [options] `timeLimit` in seconds; `stalled` is asked every second
 *   and ends the program when it answers true
 */
export function run(command, args, { env, timeLimit = 1800, shell, stalled } = {}) {
  mkdirSync(temporaryFiles, { recursive: true });
  const child = spawn(command, args, {
    cwd: project,
    shell,
    env: { ...process.env, ...temporaryFolder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that the programs it starts can be stopped with it.
    detached: !windows,
  });
  running.add(child);
  recordChild(child.pid);

  return new Promise((resolve, reject) => {
    let standardOutput = '';
    let output = '';
    let stopped;
    const started = performance.now();
    const watch = setInterval(() => {
      if (performance.now() - started > timeLimit * 1000) {
        stopped = `did not finish within ${timeLimit} seconds`;
      } else if (stalled?.()) {
        stopped = 'made no progress any more';
      }
      if (stopped) {
        stop(child);
      }
    }, 1000);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      standardOutput += text;
      output += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    const finish = (reason) => {
      clearInterval(watch);
      running.delete(child);
      recordChild(undefined);
      if (reason) {
        reject(new CommandFailed(command, reason, output));
      } else {
        resolve(standardOutput);
      }
    };
    child.on('error', (error) => finish(`could not be started (${error.message})`));
    child.on('close', (code, signal) => {
      finish(stopped ?? (signal ? `was ended by ${signal}` : code && `ended with code ${code}`));
    });
  });
}

/** Ends every program that is still running: for Ctrl-C. */
export function stopAll() {
  running.forEach(stop);
}

function stop(child) {
  if (child.pid === undefined) {
    return;
  }
  try {
    if (windows) {
      child.kill();
    } else {
      process.kill(-child.pid, 'SIGKILL');
    }
  } catch (error) {
    // ESRCH: it has ended by itself in the meantime.
    if (error.code !== 'ESRCH') {
      throw error;
    }
  }
}
