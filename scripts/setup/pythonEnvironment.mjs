// Makes a Python environment of a program's own in .cache/bench, unless it is there already:
//   node scripts/setup/pythonEnvironment.mjs keras|torch
//   node scripts/setup/pythonEnvironment.mjs distributed scripts/keras/requirements-distributed.txt
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fingerprint, readIfThere, writeWhole } from './fingerprint.mjs';
import { StepLine } from './progress.mjs';
import { cache, project, venvPython } from './project.mjs';
import { findPython } from './python.mjs';
import { SetUpProblem } from './requirements.mjs';
import { CommandFailed, run, stopAll } from './run.mjs';

const [name, list = `scripts/bench/requirements-${name}.txt`] = process.argv.slice(2);
const requirements = path.join(project, list);
const environment = path.join(cache, 'bench', name);
const done = path.join(environment, '.set-up');
// A virtual environment cannot be moved, so its place is part of its state.
const state = fingerprint(environment, readFileSync(requirements, 'utf8'));
const python = path.join(environment, 'bin/python');

async function make(progress) {
  const { command, args, version } = await findPython();
  progress.update(`new environment with Python ${version}`);
  rmSync(environment, { recursive: true, force: true });
  mkdirSync(path.dirname(environment), { recursive: true });
  await run(command, [...args, '-m', 'venv', environment]);
  progress.update('installing packages');
  await install();
  writeWhole(done, state);
}

// With the uv of the project's set-up; where that is missing or fails, pip does the same work.
async function install() {
  const env = { PIP_CACHE_DIR: path.join(cache, 'pip'), UV_CACHE_DIR: path.join(cache, 'uv') };
  const packages = ['--quiet', '--require-hashes', '--requirement', requirements];
  try {
    // Python would otherwise compile its modules in the first measurement.
    const uv = ['-m', 'uv', 'pip', 'install', '--python', python, '--compile-bytecode'];
    await run(venvPython, [...uv, ...packages], { env });
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    const pip = ['-m', 'pip', 'install', '--disable-pip-version-check', '--retries=2'];
    await run(python, [...pip, ...packages], { env });
  }
}

async function main() {
  if (existsSync(python) && readIfThere(done) === state) {
    return;
  }
  const line = new StepLine(`Python environment (${name}), once`);
  try {
    await make(line);
    line.done();
  } catch (error) {
    line.failed();
    if (error instanceof SetUpProblem) {
      console.error(error.message);
    } else if (error instanceof CommandFailed) {
      console.error(
        `The Python packages of ${list} could not be installed ` +
          `(${error.message}): check the network, the proxy settings (pip config list) and the ` +
          `free disk space, then run the same command again.\n${error.lastLines}`,
      );
    } else {
      throw error;
    }
    process.exitCode = 1;
  }
}

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => {
    stopAll();
    process.exit(1);
  });
}
await main();
