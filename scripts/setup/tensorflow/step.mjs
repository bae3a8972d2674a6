// The native part of @tensorflow/tfjs-node: TensorFlow's C library and the addon that calls it.
// On Linux the library comes from TensorFlow's Python wheel and the addon is compiled here: that
// TensorFlow is newer, and the patches apply to the addon. The package's own prebuilt download is
// used if that fails, and first on other systems. What is made from the wheel is kept in .cache, so
// that a later `npm ci`, which empties node_modules, does not need another download, and a change
// to the addon's sources only needs a compilation.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import path from 'node:path';
import { readIfThere, writeWhole } from '../files.mjs';
import { fingerprint } from '../fingerprint.mjs';
import { missingRequirements, SetUpError } from '../requirements.mjs';
import { CommandError } from '../run.mjs';
import { addonOf, compileAddon, findCompiler, sourcesFingerprint } from './addon.mjs';
import { addon, hasKeptBuild, keptBuild, system, tfjsNode, wheels } from './places.mjs';
import { prebuiltAddonUrl, removeNative, tryPrebuilt } from './prebuilt.mjs';
import { passesSelfTest, selfTest } from './selfTest.mjs';
import { downloadWheel, strip, unpackWheel } from './wheel.mjs';

/** @typedef {import('../progress.mjs').StepLine} StepLine */

const done = path.join(tfjsNode, '.set-up');

export const title = 'Native TensorFlow';

export function isDone() {
  // (The library may be a link into .cache, which is broken after the project has been moved.)
  const library = path.join(tfjsNode, 'deps/lib');
  return existsSync(library) && existsSync(addon) && readIfThere(done) === currentState();
}

/** @param {StepLine} progress */
export async function work(progress) {
  if (wheelComesFirst()) {
    try {
      await useWheel(progress);
    } catch (error) {
      // The package index cannot be reached, for example.
      const foreseeable = error instanceof SetUpError || error instanceof CommandError;
      if (!foreseeable || !(await useAnyOther(progress))) {
        throw error;
      }
    }
  } else if (!(await useAnyOther(progress))) {
    await useWheel(progress);
  }
  writeWhole(done, currentState());
}

/** On other systems, only a kept build from the wheel is preferred to the prebuilt download. */
function wheelComesFirst() {
  return system in wheels && (process.platform === 'linux' || hasKeptBuild());
}

/**
 * Uses the installed files or the prebuilt download; returns whether that works.
 *
 * @param {StepLine} progress
 */
async function useAnyOther(progress) {
  return (existsSync(addon) && (await passesSelfTest())) || (await tryPrebuilt(progress));
}

function currentState() {
  const { size, mtimeMs } = statSync(addon);
  return fingerprint(system, process.version, size, mtimeMs, sourcesFingerprint());
}

/** @param {StepLine} progress */
async function useWheel(progress) {
  const wheel = wheels[system];
  if (!wheel) {
    throw new SetUpError(
      `the prebuilt TensorFlow for ${system} could not be downloaded, and there is no other source ` +
        `for this system (only for ${Object.keys(wheels).join(', ')}): use a network that reaches ` +
        `${new URL(await prebuiltAddonUrl()).origin}, or Linux (on Windows: WSL).`,
    );
  }
  const build = keptBuild();
  if (hasKeptBuild()) {
    if (!existsSync(addonOf(build))) {
      progress.update('compiling the addon');
      await compileAddon(await needCompiler(), build);
    }
    connect(build);
    if (await passesSelfTest()) {
      return;
    }
  }
  await buildFromWheel(wheel, build, progress);
  connect(build);
  progress.update('self-test');
  await selfTest();
}

/**
 * Installs a kept build into the package: a link to the library, a copy of the addon.
 *
 * @param {string} build
 */
function connect(build) {
  removeNative();
  symlinkSync(path.join(build, 'deps'), path.join(tfjsNode, 'deps'), 'junction');
  mkdirSync(path.dirname(addon), { recursive: true });
  copyFileSync(addonOf(build), addon);
}

/**
 * @param {import('./places.mjs').Wheel} wheel
 * @param {string} build
 * @param {StepLine} progress
 */
async function buildFromWheel(wheel, build, progress) {
  const compiler = await needCompiler();
  // Everything is made under another name and renamed at the end, so that no build is incomplete.
  const partial = `${build}.partial`;
  const download = path.join(partial, 'wheel');
  rmSync(partial, { recursive: true, force: true });
  try {
    const file = await downloadWheel(wheel, download, progress);
    progress.update('unpacking');
    await unpackWheel(file, wheel.sha256, path.join(partial, 'deps'));
    rmSync(download, { recursive: true });
    await strip(path.join(partial, 'deps/lib'));
    progress.update('compiling the addon');
    await compileAddon(compiler, partial);
    rmSync(build, { recursive: true, force: true });
    renameSync(partial, build);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

async function needCompiler() {
  const compiler = await findCompiler();
  if (!compiler) {
    throw missingRequirements([{ what: 'compiler' }]);
  }
  return compiler;
}
