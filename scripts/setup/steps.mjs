// The set-up's steps in order. Each knows whether it is done (`isDone`) and how to do it (`work`).
import { existsSync, readdirSync, rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import { hasCode } from './files.mjs';
import * as kernelspec from './kernelspec.mjs';
import * as labExtensions from './labExtensions.mjs';
import * as library from './library.mjs';
import { isRunning, takeLock } from './lock.mjs';
import * as nodePackages from './nodePackages.mjs';
import { StepLine } from './progress.mjs';
import { cache, project, temporaryFiles } from './project.mjs';
import * as python from './python.mjs';
import { missingRequirements, oldestNode, outdatedNode, SetUpError } from './requirements.mjs';
import { CommandError, stopAll, whenRunning } from './run.mjs';
import * as addon from './tensorflow/addon.mjs';
import * as nativeTensorFlow from './tensorflow/step.mjs';

/**
 * @typedef {object} Step
 * @property {string} title
 * @property {() => boolean} isDone
 * @property {(progress: StepLine) => void | Promise<void>} work
 */

// Python comes first: TensorFlow uses its pip, and the Node packages.
/** @type {readonly Step[]} */
const steps = [python, nodePackages, nativeTensorFlow, kernelspec, labExtensions, library];

const nodeVersion = Number(process.versions.node.split('.')[0]);

// The peak of the first run (1.8 GB remain, plus the wheel), with some room.
const gigabytesNeeded = 3;

/** Does what is left to do. Resolves to the exit code: 0, or 1 when a step failed. */
export async function setUp() {
  if (nodeVersion >= outdatedNode && steps.every((step) => step.isDone())) {
    return 0;
  }
  /** @type {import('./lock.mjs').Lock | undefined} */
  let lock;
  for (const [signal, code] of /** @type {const} */ ([
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ])) {
    process.on(signal, () => {
      stopAll();
      lock?.release();
      console.log(
        `\nSet-up stopped (${signal}). The same command goes on where this one left off.`,
      );
      process.exit(code);
    });
  }
  try {
    await checkRequirements();
    lock = await takeLock(path.join(cache, 'set-up.lock'), {
      onWait: (pid) =>
        console.log(`Another set-up (process ${pid}) is at work here; waiting for it …`),
    });
    whenRunning((pid) => lock?.recordChild(pid));
    await doSteps();
    removeLeftovers(path.dirname(temporaryFiles));
    return 0;
  } catch (error) {
    console.error(`\nSet-up stopped: ${explain(error)}`);
    return 1;
  } finally {
    whenRunning(() => {});
    lock?.release();
  }
}

async function doSteps() {
  for (const [index, step] of steps.entries()) {
    if (step.isDone()) {
      continue;
    }
    const line = new StepLine(`[${index + 1}/${steps.length}] ${step.title}`);
    try {
      await step.work(line);
    } catch (error) {
      line.failed();
      throw error;
    }
    line.done();
  }
}

/**
 * Removes the temporary files of processes that were killed. Their folders are named by number.
 *
 * @param {string} folder
 */
function removeLeftovers(folder) {
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (Number(name) !== process.pid && !isRunning(Number(name))) {
      rmSync(path.join(folder, name), { recursive: true, force: true });
    }
  }
}

/**
 * Checks all requirements of the machine before anything is done, and names all that are missing.
 */
async function checkRequirements() {
  /** @type {import('./requirements.mjs').Missing[]} */
  const missing = [];
  if (nodeVersion < outdatedNode) {
    missing.push({ what: 'node', detail: `this is ${process.versions.node}` });
  } else if (nodeVersion < oldestNode) {
    console.warn(
      `Node.js ${nodeVersion} gets no security fixes any more; this project is made for ` +
        `${oldestNode} and newer. It still works with ${nodeVersion}.`,
    );
  }
  if (!python.isDone()) {
    const found = await python.findPython();
    if ('missing' in found) {
      missing.push(found.missing);
    }
  }
  if (!nativeTensorFlow.isDone() && addon.isCompiledHere() && !(await addon.findCompiler())) {
    missing.push({ what: 'compiler' });
  }
  if (!nodePackages.isDone() || !nativeTensorFlow.isDone()) {
    const { bavail, bsize } = statfsSync(project);
    const free = (bavail * bsize) / 1e9;
    if (free < gigabytesNeeded) {
      const detail = `${gigabytesNeeded} GB are needed, ${project} has ${free.toFixed(1)}`;
      missing.push({ what: 'space', detail });
    }
  }
  if (missing.length > 0) {
    throw missingRequirements(missing);
  }
}

/**
 * Whether a full disk was the reason, here or in a program; most programs only print it.
 *
 * @param {unknown} error
 * @returns {boolean}
 */
function diskIsFull(error) {
  const output = error instanceof CommandError ? error.output : '';
  return (
    hasCode(error, 'ENOSPC', 'EDQUOT') ||
    /ENOSPC|EDQUOT|No space left on device|[Dd]isk quota exceeded/.test(output) ||
    (error instanceof Error && error.cause !== undefined && diskIsFull(error.cause))
  );
}

/**
 * The message for an error; throws the error if it was not foreseeable.
 *
 * @param {unknown} error
 * @returns {string}
 */
export function explain(error) {
  if (diskIsFull(error)) {
    return (
      `the disk is full. The first set-up needs about ${gigabytesNeeded} GB in ${project}: make ` +
      'room and run the same command again; it goes on where it stopped.'
    );
  }
  if (hasCode(error, 'EACCES', 'EPERM', 'EROFS') && error instanceof Error) {
    return (
      `a file cannot be written (${error.message}). Everything goes into ${project}: make that ` +
      'folder and what is in it your own, then run the same command again.'
    );
  }
  if (error instanceof SetUpError) {
    return error.message;
  }
  if (error instanceof CommandError) {
    return `${error.message}.\n${error.lastLines}`;
  }
  throw error;
}
