// Makes a program's own Python environment in .cache, with the packages of a list.
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.mjs';
import { takeLock } from './lock.mjs';
import { StepLine } from './progress.mjs';
import { cache, project, pythonIn } from './project.mjs';
import { installationProblem, installPackages, makeEnvironment, stateOf } from './python.mjs';

/**
 * Makes a Python environment, unless it is there already.
 *
 * @param {string} name of its folder in .cache
 * @param {string} list the file with its packages and their checksums, from the project's folder
 * @returns {Promise<string>} the path of its Python
 * @throws {Error} that says what to do if it could not be made
 */
export async function pythonEnvironment(name, list) {
  const environment = path.join(cache, name);
  const python = pythonIn(environment);
  const done = path.join(environment, '.set-up');
  const state = stateOf(environment, path.join(project, list));
  if (existsSync(python) && readIfThere(done) === state) {
    return python;
  }
  const lock = await takeLock(`${environment}.lock`);
  if (readIfThere(done) === state) {
    lock.release(); // another process has made it meanwhile
    return python;
  }
  const line = new StepLine(`Python environment (${path.basename(name)}), once`);
  try {
    await makeEnvironment(environment, line);
    line.update('installing packages');
    // Otherwise Python would compile its modules during the first measurement.
    await installPackages(python, path.join(project, list), ['--compile-bytecode']);
    writeWhole(done, state);
    line.done();
    return python;
  } catch (error) {
    line.failed();
    throw installationProblem(error, `the Python packages of ${list}`);
  } finally {
    lock.release();
  }
}
