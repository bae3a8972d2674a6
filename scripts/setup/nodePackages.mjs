// The Node packages of package-lock.json, with the project's patches applied.
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.mjs';
import { fingerprint } from './fingerprint.mjs';
import { cache, nodeModules, project } from './project.mjs';
import { SetUpError } from './requirements.mjs';
import { CommandError, run } from './run.mjs';

const patches = path.join(project, 'patches');
const appliedPatches = path.join(nodeModules, '.applied-patches');
const done = path.join(nodeModules, '.set-up');
// npm's own record of what it has installed; it is written last and removed first.
const installedLockfile = path.join(nodeModules, '.package-lock.json');

export const title = 'Node packages';

export function isDone() {
  return existsSync(installedLockfile) && readIfThere(done) === currentState();
}

/** @param {import('./progress.mjs').StepLine} progress */
export async function work(progress) {
  if (!isInstalled()) {
    await install(progress);
  }
  progress.update('applying patches');
  try {
    await applyPatches();
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    // Packages that are patched in an unknown way: start from clean ones.
    await install(progress);
    await applyPatches();
  }
  writeWhole(done, currentState());
}

/**
 * Whether the installed packages (npm's own `node_modules/.package-lock.json`) are those of the
 * lockfile. Packages marked optional may be missing: they are for other systems.
 *
 * @typedef {{ packages: Record<string, { version?: string, optional?: boolean }> }} Lockfile
 * @param {Lockfile} lockfile
 * @param {Lockfile} installed
 */
export function matchesLockfile(lockfile, installed) {
  const wanted = Object.entries(lockfile.packages).filter(([location]) => location !== '');
  return (
    wanted.every(([location, { version, optional }]) => {
      const found = installed.packages[location];
      return found ? found.version === version : optional === true;
    }) && Object.keys(installed.packages).every((location) => location in lockfile.packages)
  );
}

function isInstalled() {
  const installedText = readIfThere(installedLockfile);
  if (installedText === undefined || madeElsewhere()) {
    return false;
  }
  const lockfile = JSON.parse(readFileSync(path.join(project, 'package-lock.json'), 'utf8'));
  const installed = JSON.parse(installedText);
  return (
    matchesLockfile(lockfile, installed) &&
    Object.keys(installed.packages).every((location) => existsSync(path.join(project, location)))
  );
}

// A folder shared between, say, macOS and a Linux container holds the other system's binaries.
function madeElsewhere() {
  const [system] = readIfThere(done)?.split(' ') ?? [];
  return system !== undefined && system !== thisSystem();
}

function thisSystem() {
  return `${process.platform}-${process.arch}`;
}

function currentState() {
  return `${thisSystem()} ${fingerprint(
    readFileSync(path.join(project, 'package-lock.json'), 'utf8'),
    statSync(installedLockfile).mtimeMs,
    readPatches(patches),
  )}`;
}

/**
 * @param {string} folder
 * @returns {[name: string, text: string][]}
 */
function readPatches(folder) {
  return existsSync(folder)
    ? readdirSync(folder)
        .filter((name) => name.endsWith('.patch'))
        .sort()
        .map((name) => [name, readFileSync(path.join(folder, name), 'utf8')])
    : [];
}

/** @param {import('./progress.mjs').StepLine} progress */
async function install(progress) {
  progress.update('npm ci');
  const cached = existsSync(path.join(cache, 'npm/_cacache/index-v5'));
  try {
    await reachRegistry();
  } catch (error) {
    // Without a network, `npm ci` would try for minutes. Packages that were installed before are in
    // the cache.
    if (!cached) {
      throw installationProblem(error);
    }
    await installWith(['ci', '--offline']);
    return;
  }
  await installWith(['ci']);
}

// Any small request will do; not every company's registry answers `npm ping`.
async function reachRegistry() {
  await runNpm(['view', 'patch-package', 'version', '--fetch-retries=0', '--prefer-online'], {
    timeLimit: 20,
  });
}

/** @param {string[]} args */
async function installWith(args) {
  try {
    await runNpm(args);
  } catch (error) {
    throw installationProblem(error);
  }
}

/** @param {unknown} error */
function installationProblem(error) {
  return error instanceof CommandError
    ? new SetUpError(
        `the Node packages could not be installed (${error.message}): check the network, the proxy ` +
          'settings (npm config get proxy) and the free disk space, then run the same command ' +
          `again.\n${npmErrors(error.output)}`,
        { cause: error },
      )
    : error;
}

/**
 * npm prints the reason first and then general advice.
 *
 * @param {string} output
 */
function npmErrors(output) {
  const lines = output.split('\n').filter((line) => line.startsWith('npm error'));
  return lines.slice(0, 8).join('\n');
}

/**
 * Runs npm: the one that started this program, if any, so that it fits this Node.js.
 *
 * @param {string[]} args
 * @param {import('./run.mjs').RunOptions} [options]
 */
export function runNpm(args, options) {
  const own = process.env.npm_execpath;
  return own?.endsWith('npm-cli.js')
    ? run(process.execPath, [own, ...args], options)
    : run('npm', args, { ...options, shell: process.platform === 'win32' });
}

async function applyPatches() {
  const applied = readPatches(appliedPatches);
  const wanted = readPatches(patches);
  if (applied.length > 0 && fingerprint(applied) !== fingerprint(wanted)) {
    await patchPackage(['--reverse', '--patch-dir', path.relative(project, appliedPatches)]);
  }
  rmSync(appliedPatches, { recursive: true, force: true });
  if (wanted.length > 0) {
    await patchPackage([]);
    cpSync(patches, appliedPatches, { recursive: true });
  }
}

/** @param {string[]} args */
function patchPackage(args) {
  const program = path.join(nodeModules, 'patch-package/index.js');
  return run(process.execPath, [program, '--error-on-fail', ...args]);
}
