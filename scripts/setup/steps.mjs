// The set-up's steps in order. Each knows whether it is done (`isDone`) and how to do it (`work`).
import { rmSync, statfsSync } from 'node:fs';
import path from 'node:path';
import * as kernelspec from './kernelspec.mjs';
import * as library from './library.mjs';
import { releaseLock, takeLock } from './lock.mjs';
import * as nativeTensorFlow from './nativeTensorFlow.mjs';
import * as nodePackages from './nodePackages.mjs';
import * as plotlyExtension from './plotlyExtension.mjs';
import { StepLine } from './progress.mjs';
import { cache, project } from './project.mjs';
import * as python from './python.mjs';
import { SetUpProblem } from './requirements.mjs';
import { CommandFailed, stopAll, temporaryFiles } from './run.mjs';

// Python comes first, since it is what a machine may lack. TensorFlow uses Python's pip and the
// Node packages, so it comes after both.
const steps = [python, nodePackages, nativeTensorFlow, kernelspec, plotlyExtension, library];

// What the first run takes at its peak (1.6 GB stay, the wheel comes on top), with some room.
const gigabytesNeeded = 3;

/** Does what is left to do. Resolves to the exit code: 0, or 1 when a step failed. */
export async function setUp() {
  if (steps.every((step) => step.isDone())) {
    return 0;
  }
  for (const [signal, code] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ]) {
    process.on(signal, () => {
      stopAll();
      releaseLock();
      console.log(
        `\nSet-up stopped (${signal}). The same command goes on where this one left off.`,
      );
      process.exit(code);
    });
  }
  try {
    await takeLock(path.join(cache, 'set-up.lock'), {
      onWait: (pid) =>
        console.log(`Another set-up (process ${pid}) is at work here; waiting for it …`),
    });
    await doSteps();
    rmSync(temporaryFiles, { recursive: true, force: true });
    return 0;
  } catch (error) {
    if (error instanceof SetUpProblem) {
      console.error(`\nSet-up stopped: ${error.message}`);
    } else if (error instanceof CommandFailed) {
      console.error(`\nSet-up stopped: ${error.message}.\n${error.lastLines}`);
    } else {
      throw error;
    }
    return 1;
  } finally {
    releaseLock();
  }
}

async function doSteps() {
  checkDiskSpace();
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

function checkDiskSpace() {
  if (nodePackages.isDone() && nativeTensorFlow.isDone()) {
    return;
  }
  const { bavail, bsize } = statfsSync(project);
  const free = (bavail * bsize) / 1e9;
  if (free < gigabytesNeeded) {
    throw new SetUpProblem(
      `the first set-up needs about ${gigabytesNeeded} GB of free disk space and ${project} has ` +
        `${free.toFixed(1)}: make room and run the same command again.`,
    );
  }
}
