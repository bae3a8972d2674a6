// Python for JupyterLab: a virtual environment in .venv with the versions of requirements.txt.
import { existsSync, readFileSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.mjs';
import { fingerprint } from './fingerprint.mjs';
import * as labExtensions from './labExtensions.mjs';
import { cache, project, venv, venvPython } from './project.mjs';
import { missingRequirements, oldestPython, SetUpError } from './requirements.mjs';
import { CommandError, run } from './run.mjs';

const requirements = path.join(project, 'scripts/setup/requirements.txt');
const uvRequirements = path.join(project, 'scripts/setup/requirements-uv.txt');
const wheels = path.join(cache, 'wheels');
const done = path.join(venv, '.set-up');

export const title = 'Python with JupyterLab';

export function isDone() {
  return existsSync(venvPython) && readIfThere(done) === currentState();
}

function currentState() {
  return `${stateOf(venv, requirements)} ${labExtensions.state}`;
}

/** @param {import('./progress.mjs').StepLine} progress */
export async function work(progress) {
  // The old environment is kept until the new one works: there may be no network.
  const old = path.join(cache, 'venv.old');
  if (!existsSync(old) && existsSync(venv)) {
    renameSync(venv, old);
  }
  try {
    await makeEnvironment(venv, progress);
    progress.update('installing packages');
    await installInstaller(venvPython);
    await installPackages(venvPython, requirements);
  } catch (error) {
    rmSync(venv, { recursive: true, force: true });
    if (existsSync(old)) {
      renameSync(old, venv);
    }
    throw installationProblem(error, 'the Python packages');
  }
  writeWhole(done, currentState());
  rmSync(old, { recursive: true, force: true });
}

/**
 * Identifies what an environment was made from. It cannot be moved, so its path is included.
 *
 * @param {string} environment
 * @param {string} list
 */
export function stateOf(environment, list) {
  return fingerprint(environment, readFileSync(list, 'utf8'));
}

/**
 * Makes an empty virtual environment.
 *
 * @param {string} environment its folder
 * @param {import('./progress.mjs').StepLine} progress
 * @param {string[]} [options]
 */
export async function makeEnvironment(environment, progress, options = []) {
  const found = await findPython();
  if ('missing' in found) {
    throw missingRequirements([found.missing]);
  }
  progress.update(`new environment with Python ${found.version}`);
  rmSync(environment, { recursive: true, force: true });
  await run(found.command, [...found.args, '-m', 'venv', ...options, environment]);
}

const pip = ['-m', 'pip', '--disable-pip-version-check', '--quiet', '--retries=2'];

/**
 * Puts uv into the environment, which installs several times faster than pip. Its wheel is kept, so
 * that another environment needs no network. If there is none for the system, pip is used instead.
 *
 * @param {string} python
 */
async function installInstaller(python) {
  const list = ['--require-hashes', '--requirement', uvRequirements];
  const install = [...pip, 'install', '--no-index', `--find-links=${wheels}`, ...list];
  try {
    await run(python, install).catch(async () => {
      rmSync(wheels, { recursive: true, force: true });
      await run(python, [...pip, 'download', '--only-binary=:all:', `--dest=${wheels}`, ...list]);
      await run(python, install);
    });
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
  }
}

/**
 * Installs the packages of a list, each with its checksum: from the cache if it has all of them,
 * else from the network, and with pip if uv fails, for example because of a proxy.
 *
 * @param {string} python of the environment to install into
 * @param {string} list
 * @param {string[]} [options] for uv
 */
export async function installPackages(python, list, options = []) {
  const packages = ['--require-hashes', '--requirement', list];
  const uv = ['-m', 'uv', 'pip', 'install', '--python', python, ...options, ...packages];
  const attempts = /** @type {const} */ ([
    [venvPython, [...uv, '--offline']],
    [venvPython, uv],
    [python, [...pip, 'install', ...packages]],
  ]);
  for (const [index, [program, args]] of attempts.entries()) {
    try {
      await run(program, [...args]);
      return;
    } catch (error) {
      if (!(error instanceof CommandError) || index === attempts.length - 1) {
        throw error;
      }
    }
  }
}

/**
 * @param {unknown} error
 * @param {string} what was to be installed
 */
export function installationProblem(error, what) {
  return error instanceof CommandError
    ? new SetUpError(
        `${what} could not be installed (${error.message}): check the network, the proxy settings ` +
          '(pip config list) and the free disk space, then run the same command again.\n' +
          error.lastLines,
        { cause: error },
      )
    : error;
}

/**
 * A command that starts Python.
 *
 * @typedef {{ command: string, args: string[] }} PythonCommand
 */

/**
 * A Python's version and abilities.
 *
 * @typedef {{ version: string, canMakeEnvironments: boolean }} PythonAnswer
 */

/**
 * The commands that may start a Python, the most common first.
 *
 * @param {NodeJS.Platform} [platform]
 * @param {NodeJS.ProcessEnv} [environment]
 * @returns {PythonCommand[]}
 */
export function pythonCandidates(platform = process.platform, environment = process.env) {
  const named = environment.PYTHON ? [{ command: environment.PYTHON, args: [] }] : [];
  const versions = ['3.13', '3.12', '3.14', '3.11', '3.10'];
  const usual =
    platform === 'win32'
      ? [...versions.map((version) => ['py', `-${version}`]), ['python'], ['py', '-3'], ['python3']]
      : [['python3'], ...versions.map((version) => [`python${version}`]), ['python']];
  return [...named, ...usual.map(([command = '', ...args]) => ({ command, args }))];
}

/**
 * Whether a Python of this version ("3.11.7") is new enough.
 *
 * @param {string} version
 */
export function isNewEnough(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestPython;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/**
 * The first Python that is new enough and can make virtual environments, or what is missing.
 *
 * @param {PythonCommand[]} [candidates]
 * @param {(candidate: PythonCommand) => Promise<PythonAnswer | undefined>} [inspect]
 * @returns {Promise<(PythonCommand & PythonAnswer) | { missing: import('./requirements.mjs').Missing }>}
 */
export async function findPython(candidates = pythonCandidates(), inspect = inspectPython) {
  const found = [];
  for (const candidate of candidates) {
    const answer = await inspect(candidate);
    if (answer && isNewEnough(answer.version) && answer.canMakeEnvironments) {
      return { ...candidate, ...answer };
    }
    if (answer) {
      found.push(answer);
    }
  }
  const newEnough = found.find(({ version }) => isNewEnough(version));
  if (newEnough) {
    return { missing: { what: 'venv', detail: `Python ${newEnough.version} is there` } };
  }
  const [older] = found;
  return {
    missing: { what: 'python', ...(older && { detail: `only ${older.version} is there` }) },
  };
}

/**
 * @param {PythonCommand} candidate
 * @returns {Promise<PythonAnswer | undefined>}
 */
async function inspectPython({ command, args }) {
  const question =
    'import sys, json, importlib.util as u; print(json.dumps({"version": "%d.%d.%d" % sys.version_info[:3],' +
    ' "canMakeEnvironments": all(u.find_spec(name) for name in ("venv", "ensurepip"))}))';
  try {
    return JSON.parse(await run(command, [...args, '-c', question], { timeLimit: 20 }));
  } catch (error) {
    if (error instanceof CommandError || error instanceof SyntaxError) {
      return undefined; // not installed, or a placeholder such as the Windows Store's
    }
    throw error;
  }
}
