// The addon that connects TensorFlow's library to Node.js, compiled from tfjs-node's own sources
// and the project's kernels.
import { readdirSync, readFileSync, renameSync } from 'node:fs';
import path from 'node:path';
import { fingerprint } from '../fingerprint.mjs';
import { nodeModules, project } from '../project.mjs';
import { SetUpError } from '../requirements.mjs';
import { CommandError, run } from '../run.mjs';
import { nodeApiVersion, system, systemsWithPrebuiltAddon, tfjsNode, wheels } from './places.mjs';

/** The package's sources, as changed by patches/, and kernels of the project's own. */
const ownSources = [path.join(tfjsNode, 'binding'), path.join(project, 'lib/native/kernels')];

/** Lets the compiler compute several numbers at once, with the same results. */
const arithmetic = ['-fno-math-errno', '-fno-trapping-math'];

/** Whether the set-up compiles the addon on this system, rather than download a prebuilt one. */
export function isCompiledHere() {
  return (
    system in wheels && (process.platform === 'linux' || !systemsWithPrebuiltAddon.includes(system))
  );
}

/** The first C++ compiler that answers, or undefined. */
export async function findCompiler() {
  const named = process.env.CXX ? [process.env.CXX] : [];
  for (const command of [...named, 'g++', 'clang++', 'c++']) {
    try {
      await run(command, ['--version'], { timeLimit: 20 });
      return command;
    } catch (error) {
      if (!(error instanceof CommandError)) {
        throw error;
      }
    }
  }
  return undefined;
}

/** Identifies the addon's sources. */
export function sourcesFingerprint() {
  return fingerprint(filesIn(ownSources).map((file) => readFileSync(file, 'utf8')));
}

/** @param {string[]} folders */
function filesIn(folders) {
  return folders.flatMap((folder) =>
    readdirSync(folder)
      .sort()
      .map((name) => path.join(folder, name)),
  );
}

/**
 * The path in a build of the addon for the present sources.
 *
 * @param {string} build
 */
export function addonOf(build) {
  return path.join(build, `tfjs_binding-${sourcesFingerprint()}.node`);
}

/**
 * Compiles the addon with the library and the headers of a build.
 *
 * @param {string} compiler
 * @param {string} build
 * @param {string[]} [sources] folders
 * @param {string} [addon] the file to write; by default its path in the build
 */
export async function compileAddon(compiler, build, sources = ownSources, addon = addonOf(build)) {
  const deps = path.join(build, 'deps');
  const partial = `${addon}.partial`;
  const libraries = readdirSync(path.join(deps, 'lib')).map((name) => path.join(deps, 'lib', name));
  const files = filesIn(sources).filter((name) => name.endsWith('.cc'));
  const includes = [
    path.join(nodeModules, 'node-api-headers/include'),
    path.join(deps, 'include'),
    ...sources,
  ];
  // Node's own functions are resolved when the addon is loaded, so they may stay undefined here.
  const link =
    process.platform === 'darwin'
      ? ['-Wl,-undefined,dynamic_lookup', '-Wl,-rpath,@loader_path/../../deps/lib']
      : ['-Wl,-rpath,$ORIGIN/../../deps/lib'];
  try {
    await run(compiler, [
      ...['-O3', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${nodeApiVersion}`],
      ...arithmetic,
      ...includes.flatMap((folder) => ['-I', folder]),
      ...files,
      ...['-o', partial],
      ...libraries,
      ...link,
    ]);
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    throw new SetUpError(
      `the addon that connects TensorFlow to Node.js did not compile (${error.message}); ` +
        `a C++17 compiler with its standard library is needed.\n${error.lastLines}`,
      { cause: error },
    );
  }
  renameSync(partial, addon);
}
