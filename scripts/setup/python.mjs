// Python for JupyterLab: a virtual environment in .venv with the versions of requirements.txt.
import { existsSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fingerprint, readIfThere, writeWhole } from './fingerprint.mjs';
import { cache, project, venv, venvPython } from './project.mjs';
import { missingRequirement, oldestPython, SetUpProblem } from './requirements.mjs';
import { CommandFailed, run } from './run.mjs';

const requirements = path.join(project, 'scripts/setup/requirements.txt');
const done = path.join(venv, '.set-up');

export const title = 'Python with JupyterLab';

export function isDone() {
  return existsSync(venvPython) && readIfThere(done) === currentState();
}

export async function work(progress) {
  const python = await findPython();
  progress.update(`new environment with Python ${python.version}`);
  rmSync(venv, { recursive: true, force: true });
  await run(python.command, [...python.args, '-m', 'venv', venv]);
  progress.update('installing packages');
  try {
    await installPackages();
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    throw new SetUpProblem(
      `the Python packages could not be installed (${error.message}): check the network, the proxy ` +
        `settings (pip config list) and the free disk space, then run the same command again.\n${error.lastLines}`,
    );
  }
  writeWhole(done, currentState());
}

// A virtual environment cannot be moved, so its place is part of its state.
function currentState() {
  return fingerprint(venv, readFileSync(requirements, 'utf8'));
}

// uv installs several times faster than pip; where it has no build for the system, or cannot pass
// a proxy that pip can, pip does the same work.
async function installPackages() {
  const pip = [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--disable-pip-version-check',
    '--retries=2',
    '--require-hashes',
  ];
  const env = { PIP_CACHE_DIR: path.join(cache, 'pip'), UV_CACHE_DIR: path.join(cache, 'uv') };
  try {
    await run(
      venvPython,
      [...pip, '--requirement', `${project}/scripts/setup/requirements-uv.txt`],
      {
        env,
      },
    );
    await run(
      venvPython,
      [
        '-m',
        'uv',
        'pip',
        'install',
        '--python',
        venvPython,
        '--require-hashes',
        '--requirement',
        requirements,
      ],
      { env, timeLimit: 600 },
    );
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    await run(venvPython, [...pip, '--requirement', requirements], { env });
  }
}

/** The commands under which a Python may be found, the best known first. */
export function pythonCandidates(platform = process.platform, environment = process.env) {
  const named = environment.PYTHON ? [{ command: environment.PYTHON, args: [] }] : [];
  const versions = ['3.13', '3.12', '3.14', '3.11', '3.10'];
  const usual =
    platform === 'win32'
      ? [...versions.map((version) => ['py', `-${version}`]), ['python'], ['py', '-3'], ['python3']]
      : [['python3'], ...versions.map((version) => [`python${version}`]), ['python']];
  return [...named, ...usual.map(([command, ...args]) => ({ command, args }))];
}

/** Whether a Python of this version ("3.11.7") is new enough. */
export function isNewEnough(version) {
  const [major, minor] = version.split('.').map(Number);
  const [oldestMajor, oldestMinor] = oldestPython;
  return major > oldestMajor || (major === oldestMajor && minor >= oldestMinor);
}

/** The first Python that is new enough and can make virtual environments. */
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
  throw newEnough
    ? missingRequirement('venv', `Python ${newEnough.version}`)
    : missingRequirement('python', found.length > 0 ? `only ${found[0].version}` : '');
}

async function inspectPython({ command, args }) {
  const question =
    'import sys, json, importlib.util as u; print(json.dumps({"version": "%d.%d.%d" % sys.version_info[:3],' +
    ' "canMakeEnvironments": all(u.find_spec(name) for name in ("venv", "ensurepip"))}))';
  try {
    return JSON.parse(await run(command, [...args, '-c', question], { timeLimit: 20 }));
  } catch (error) {
    if (error instanceof CommandFailed || error instanceof SyntaxError) {
      return undefined; // not installed, or a stand-in such as the Windows Store's
    }
    throw error;
  }
}
