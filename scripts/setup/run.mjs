// Runs other programs quietly, with a time limit, and never leaves them behind.
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { hasCode } from './files.mjs';
import { cachesInProject, project, temporaryFiles } from './project.mjs';

const windows = process.platform === 'win32';
/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
/** @type {(pid: number | undefined) => void} */
let onChange = () => {};

/** A program that ended with an error, was stopped, or could not be started at all. */
export class CommandError extends Error {
  /** @override */
  name = 'CommandError';

  /**
   * @param {string} program
   * @param {string} reason
   * @param {string} output
   */
  constructor(program, reason, output) {
    super(`${program} ${reason}`);
    this.output = output;
  }

  /** The last lines that the program printed, where programs say what went wrong. */
  get lastLines() {
    return this.output.trim().split('\n').slice(-10).join('\n');
  }
}

/**
 * @typedef {object} RunOptions
 * @property {Record<string, string>} [env] variables in addition to this process's own
 * @property {number} [timeLimit] in seconds; half an hour unless given
 * @property {boolean} [shell]
 * @property {() => boolean} [stalled] is called every second; ends the program by returning true
 * @property {(text: string) => void} [onOutput] is called with what the program prints on standard
 *   output, as it comes
 */

/**
 * Runs a program, in the project's folder.
 *
 * @param {string} command
 * @param {string[]} args
 * @param {RunOptions} [options]
 * @returns {Promise<string>} what it printed on standard output
 * @throws {CommandError} if it could not be started, failed or was stopped
 */
export function run(
  command,
  args,
  { env, timeLimit = 1800, shell = false, stalled, onOutput = () => {} } = {},
) {
  makeTemporaryFolder();
  const child = spawn(command, args, {
    cwd: project,
    shell,
    env: { ...process.env, ...cachesInProject(), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that the programs it starts can be stopped with it.
    detached: !windows,
  });
  running.add(child);

  return new Promise((resolve, reject) => {
    let standardOutput = '';
    let output = '';
    /** @type {string | undefined} */
    let stopped;
    const started = performance.now();
    const watch = setInterval(() => {
      if (performance.now() - started > timeLimit * 1000) {
        stopped = `did not finish within ${timeLimit} seconds`;
      } else if (stalled?.()) {
        stopped = 'stopped making progress';
      }
      if (stopped) {
        stop(child);
      }
    }, 1000);
    child.stdout.setEncoding('utf8').on('data', (text) => {
      standardOutput += text;
      output += text;
      onOutput(text);
    });
    child.stderr.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
    /** @param {string | undefined} reason */
    const finish = (reason) => {
      clearInterval(watch);
      running.delete(child);
      if (reason) {
        reject(new CommandError(nameOf(command, args), reason, output));
      } else {
        resolve(standardOutput);
      }
      notify(undefined);
    };
    /**
     * An error of the listener, for example because of a full disk, makes this call fail.
     *
     * @param {number | undefined} pid
     */
    const notify = (pid) => {
      try {
        onChange(pid);
      } catch (error) {
        stop(child);
        reject(error);
      }
    };
    child.on('error', (error) => finish(`could not be started (${error.message})`));
    child.on('close', (code, signal) => {
      const failure = signal
        ? `was ended by ${signal}`
        : code
          ? `ended with code ${code}`
          : undefined;
      finish(stopped ?? failure);
    });
    notify(child.pid);
  });
}

/** Makes the folder for temporary files, which is removed when this process ends. */
function makeTemporaryFolder() {
  if (mkdirSync(temporaryFiles, { recursive: true })) {
    process.on('exit', () => rmSync(temporaryFiles, { recursive: true, force: true }));
  }
}

/**
 * Registers a function that is called with the program that runs now (undefined: none).
 *
 * @param {(pid: number | undefined) => void} listener
 */
export function whenRunning(listener) {
  onChange = listener;
}

/** Ends every program that is still running: for Ctrl-C. */
export function stopAll() {
  running.forEach(stop);
}

/**
 * What a program is called in messages: its script, where an interpreter runs one.
 *
 * @param {string} command
 * @param {string[]} args
 */
function nameOf(command, args) {
  const script = args[0] && /\.(m?js|py)$/.test(args[0]) ? args[0] : command;
  return path.basename(script);
}

/** @param {import('node:child_process').ChildProcess} child */
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
    if (!hasCode(error, 'ESRCH')) {
      throw error;
    }
  }
}
