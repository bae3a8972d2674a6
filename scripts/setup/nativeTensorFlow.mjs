// The native part of @tensorflow/tfjs-node: TensorFlow's C library and the addon that calls it.
// On Linux the library comes out of TensorFlow's Python wheel and the addon is compiled here: that
// TensorFlow is newer, and only then do patches/ reach the addon. The package's own prebuilt
// download is used where this cannot be done, and on other systems first. What is made from the
// wheel is kept in .cache, so that a later `npm ci`, which empties node_modules, costs a second and
// not a download, and a change to the addon's sources costs a compilation.
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { fileChecksum, fingerprint, readIfThere, writeWhole } from './fingerprint.mjs';
import { runNpm } from './nodePackages.mjs';
import { folderSize } from './progress.mjs';
import { cache, nodeModules, venvPython } from './project.mjs';
import { missingRequirement, SetUpProblem } from './requirements.mjs';
import { CommandFailed, run } from './run.mjs';

const system = `${process.platform}-${process.arch}`;
const tfjsNode = path.join(nodeModules, '@tensorflow/tfjs-node');
const addonSources = path.join(tfjsNode, 'binding');
const done = path.join(tfjsNode, '.set-up');

// The addon is built for the newest Node-API version that the package knows (8), which every
// Node.js since 12.22 has: one addon serves all of them.
const addonFolder = 'lib/napi-v8';
const nodeApiVersion = 8;
const addon = path.join(tfjsNode, addonFolder, 'tfjs_binding.node');

/**
 * The wheels that hold TensorFlow's library and C headers, by `process.platform-process.arch`.
 * TensorFlow 2.15.1 keeps quiet when told so (later versions print two lines at every start).
 */
export const wheels = {
  'linux-x64': {
    requirement: 'tensorflow-cpu==2.15.1',
    platformTag: 'manylinux_2_17_x86_64',
    megabytes: 207,
    sha256: '54660c074d7241a503e81edfd9f5ef5af88f64051b72e2945f26318c790f2d26',
  },
  'linux-arm64': {
    requirement: 'tensorflow-cpu-aws==2.15.1',
    platformTag: 'manylinux_2_17_aarch64',
    megabytes: 212,
    sha256: 'd4c3a3a9363bf42999adedbbd514e3a133be2d62f61fee9cfa46aaefb087c09e',
  },
  'darwin-x64': {
    requirement: 'tensorflow==2.15.1',
    platformTag: 'macosx_10_15_x86_64',
    megabytes: 236,
    sha256: '6761efe511e6ee0f893f60738fefbcc51d6dc386eeaaafea59d21899ef369ffd',
  },
  'darwin-arm64': {
    requirement: 'tensorflow==2.15.1',
    platformTag: 'macosx_12_0_arm64',
    megabytes: 206,
    sha256: 'aa926114d1e13ffe5b2ea59c3f195216f26646d7fe36e9e5207b291e4b7902ff',
  },
};

/** The systems for which the package's makers publish an addon; its file name has no processor. */
const systemsWithPrebuiltAddon = ['linux-x64', 'darwin-x64', 'win32-x64'];

export const title = 'Native TensorFlow';

export function isDone() {
  // (The library may be a link into .cache, which leads nowhere when the project has been moved.)
  const library = path.join(tfjsNode, 'deps/lib');
  return existsSync(library) && existsSync(addon) && readIfThere(done) === currentState();
}

export async function work(progress) {
  if (wheelComesFirst()) {
    try {
      await useWheel(progress);
    } catch (problem) {
      // No compiler, for example, or no way to the package index.
      const foreseeable = problem instanceof SetUpProblem || problem instanceof CommandFailed;
      if (!foreseeable || !(await useAnyOther(progress))) {
        throw problem;
      }
    }
  } else if (!(await useAnyOther(progress))) {
    await useWheel(progress);
  }
  writeWhole(done, currentState());
}

/** On other systems only what was already made from the wheel comes before the prebuilt download. */
function wheelComesFirst() {
  return system in wheels && (process.platform === 'linux' || existsSync(keptBuild()));
}

/** Makes do with what is there already, or with the prebuilt download: whether that works. */
async function useAnyOther(progress) {
  return (existsSync(addon) && (await passesSelfTest())) || (await tryPrebuilt(progress));
}

function currentState() {
  const { size, mtimeMs } = statSync(addon);
  return fingerprint(system, process.version, size, mtimeMs, sourcesFingerprint());
}

/** Says which sources an addon is compiled from: the package's own, as patches/ have changed them. */
function sourcesFingerprint() {
  const names = readdirSync(addonSources).sort();
  return fingerprint(
    names.map((name) => [name, readFileSync(path.join(addonSources, name), 'utf8')]),
  );
}

// --- Self-test ---

const selfTestProgram = `
  const tf = require('@tensorflow/tfjs-node');
  const product = tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]).dataSync();
  const { values } = tf.topk(tf.tensor1d([3, 1, 2]), 2);
  const answer = [...product, ...values.dataSync()].join();
  if (answer !== '19,22,43,50,3,2') throw new Error('TensorFlow computed ' + answer);
`;

/** Computes something in a process of its own, where a crash does no harm. */
async function selfTest() {
  try {
    await run(process.execPath, ['-e', selfTestProgram], {
      env: { TF_CPP_MIN_LOG_LEVEL: '2' },
      timeLimit: 120,
    });
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    throw new SetUpProblem(
      `native TensorFlow was installed but its self-test failed (${error.message}), ` +
        `so it does not work on this system (${system}, Node.js ${process.versions.node}).\n${error.lastLines}`,
    );
  }
}

async function passesSelfTest() {
  try {
    await selfTest();
    return true;
  } catch (error) {
    if (error instanceof SetUpProblem) {
      return false;
    }
    throw error;
  }
}

// --- The package's own download ---

// Any failure here only means that there is no prebuilt download.
async function tryPrebuilt(progress) {
  if (!systemsWithPrebuiltAddon.includes(system)) {
    return false;
  }
  progress.update('asking for the prebuilt download');
  const url = await prebuiltAddonUrl();
  if (!(await answers(url))) {
    return false;
  }
  const packageFile = path.join(tfjsNode, 'package.json');
  const original = readFileSync(packageFile);
  removeNative();
  try {
    // .npmrc switches install scripts off; without the second argument nothing would run.
    await runNpm(['rebuild', '--ignore-scripts=false', '@tensorflow/tfjs-node'], {
      timeLimit: 600,
      stalled: stallWatch(tfjsNode, 30, (bytes) => {
        progress.update(`downloading the prebuilt library, ${megabytes(bytes)} MB`);
      }),
    });
    if (await passesSelfTest()) {
      return true;
    }
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
  }
  // The package's install script edits its package.json and, when it fails, leaves it so.
  writeFileSync(packageFile, original);
  removeNative();
  return false;
}

/** Where the package would download its addon from. Its host can be set as the package allows. */
async function prebuiltAddonUrl() {
  const { binary, version } = JSON.parse(readFileSync(path.join(tfjsNode, 'package.json'), 'utf8'));
  const mirror = process.env.npm_config_tfjs_binding_binary_host_mirror;
  const script = path.join(tfjsNode, 'scripts/get-addon-name.js');
  const name = (await run(process.execPath, [script])).trim();
  return `${mirror ?? binary.host}/napi-v${nodeApiVersion}/${version}/${name}`;
}

/** Whether a server has the file. A few seconds only: a blocked host may never answer at all. */
export async function answers(url, seconds = 4) {
  try {
    const response = await fetch(url, {
      method: 'HEAD',
      signal: AbortSignal.timeout(seconds * 1000),
    });
    return response.ok;
  } catch {
    return false; // refused, no such name, too slow, ...: all the same here
  }
}

/** A function that is asked every second and says when a folder has not grown for too long. */
function stallWatch(folder, seconds, report) {
  let size = -1;
  let grown = performance.now();
  return () => {
    const now = folderSize(folder);
    if (now !== size) {
      size = now;
      grown = performance.now();
      report(size);
    }
    return performance.now() - grown > seconds * 1000;
  };
}

function removeNative() {
  for (const folder of ['deps', 'lib']) {
    rmSync(path.join(tfjsNode, folder), { recursive: true, force: true });
  }
}

// --- The library from the Python wheel ---

/** Where a finished build is kept: its library and headers, and the addons compiled with them. */
function keptBuild() {
  const { version } = JSON.parse(readFileSync(path.join(tfjsNode, 'package.json'), 'utf8'));
  const { requirement } = wheels[system];
  return path.join(
    cache,
    'tensorflow',
    `tfjs-node-${version}-${requirement.replace('==', '-')}-${system}`,
  );
}

/** Where a build has the addon that belongs to the present sources. */
function addonOf(build) {
  return path.join(build, `tfjs_binding-${sourcesFingerprint()}.node`);
}

async function useWheel(progress) {
  if (!(system in wheels)) {
    throw new SetUpProblem(
      `the prebuilt TensorFlow for ${system} could not be downloaded, and there is no other source ` +
        `for this system (only for ${Object.keys(wheels).join(', ')}): use a network that reaches ` +
        `${(await prebuiltAddonUrl()).split('/').slice(0, 3).join('/')}, or Linux (on Windows: WSL).`,
    );
  }
  const build = keptBuild();
  // (A build that an earlier set-up kept may lack the headers, without which nothing compiles.)
  if (existsSync(path.join(build, 'deps/include'))) {
    if (!existsSync(addonOf(build))) {
      await compileAddon(await findCompiler(), build, progress);
    }
    connect(build);
    if (await passesSelfTest()) {
      return;
    }
  }
  await buildFromWheel(build, progress);
  connect(build);
  progress.update('self-test');
  await selfTest();
}

/** Puts a kept build where the package looks for it: a link to the library, a copy of the addon. */
function connect(build) {
  removeNative();
  symlinkSync(path.join(build, 'deps'), path.join(tfjsNode, 'deps'), 'junction');
  mkdirSync(path.dirname(addon), { recursive: true });
  copyFileSync(addonOf(build), addon);
}

async function buildFromWheel(build, progress) {
  const compiler = await findCompiler();
  // Everything is made under another name and renamed at the end: never half a build.
  const partial = `${build}.partial`;
  rmSync(partial, { recursive: true, force: true });
  mkdirSync(partial, { recursive: true });
  try {
    const file = await downloadWheel(wheels[system], partial, progress);
    progress.update('unpacking');
    await unpack(file, path.join(partial, 'deps'));
    rmSync(path.dirname(file), { recursive: true });
    await compileAddon(compiler, partial, progress);
    rmSync(build, { recursive: true, force: true });
    renameSync(partial, build);
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

async function findCompiler() {
  const named = process.env.CXX ? [process.env.CXX] : [];
  for (const command of [...named, 'g++', 'clang++', 'c++']) {
    try {
      await run(command, ['--version'], { timeLimit: 20 });
      return command;
    } catch (error) {
      if (!(error instanceof CommandFailed)) {
        throw error;
      }
    }
  }
  throw missingRequirement('compiler');
}

async function downloadWheel(wheel, folder, progress) {
  const into = path.join(folder, 'wheel');
  mkdirSync(into);
  const select = ['--python-version', '311', '--implementation', 'cp', '--abi', 'cp311'];
  try {
    await run(
      venvPython,
      [
        ...['-m', 'pip', 'download', '--quiet', '--disable-pip-version-check', '--no-cache-dir'],
        ...['--no-deps', '--only-binary=:all:', ...select, '--platform', wheel.platformTag],
        ...['--dest', into, wheel.requirement],
      ],
      {
        // pip collects the file in its temporary folder and then moves it: watch both.
        env: { TMPDIR: into, TEMP: into, TMP: into },
        timeLimit: 3600,
        stalled: stallWatch(into, 90, (bytes) => {
          progress.update(`downloading ${megabytes(bytes)} of ${wheel.megabytes} MB`);
        }),
      },
    );
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    throw new SetUpProblem(
      `native TensorFlow could not be downloaded, neither from its makers nor as ${wheel.requirement} ` +
        `with pip (${error.message}): check the network, the proxy settings (pip config list) and the ` +
        `free disk space, then run the same command again.\n${error.lastLines}`,
    );
  }
  const name = readdirSync(into).find((entry) => entry.endsWith('.whl'));
  const file = path.join(into, name);
  const checksum = await fileChecksum(file);
  if (checksum !== wheel.sha256) {
    throw new SetUpProblem(
      `the downloaded ${name} is not the expected file (SHA-256 ${checksum} instead of ${wheel.sha256}): ` +
        'run the same command again, and if it stays so, find out who changes downloads on this network.',
    );
  }
  return file;
}

// A wheel is a zip archive, and Python can read those. Taken out: TensorFlow's two libraries,
// those it brings along (OpenMP on Linux arm64), and the C headers.
const unpackProgram = `
import pathlib, re, shutil, sys, zipfile
wheel, target = sys.argv[1], pathlib.Path(sys.argv[2])
places = [
    (r"tensorflow/(libtensorflow_(?:cc|framework)\\.[^/]+)", "lib"),
    (r"([^/]+\\.libs/[^/]+)", ""),
    (r"tensorflow/include/((?:tensorflow/c|tensorflow/core/platform|tsl)/.+\\.h)", "include"),
]
with zipfile.ZipFile(wheel) as archive:
    for name in archive.namelist():
        for pattern, folder in places:
            match = re.fullmatch(pattern, name)
            if match:
                file = target / folder / match.group(1)
                file.parent.mkdir(parents=True, exist_ok=True)
                with archive.open(name) as source, open(file, "wb") as copy:
                    shutil.copyfileobj(source, copy, 1 << 20)
`;

async function unpack(wheel, target) {
  await run(venvPython, ['-c', unpackProgram, wheel, target]);
  const folder = path.join(target, 'lib');
  const libraries = readdirSync(folder).map((name) => path.join(folder, name));
  if (process.platform === 'linux' && (await canStrip())) {
    await run('strip', ['--strip-unneeded', ...libraries]); // 613 MB become 449
  }
}

// (On macOS stripping would break the libraries' signature.)
async function canStrip() {
  try {
    await run('strip', ['--version'], { timeLimit: 20 });
    return true;
  } catch (error) {
    if (error instanceof CommandFailed) {
      return false;
    }
    throw error;
  }
}

async function compileAddon(compiler, build, progress) {
  progress.update('compiling the addon');
  const deps = path.join(build, 'deps');
  const partial = path.join(build, 'tfjs_binding.partial');
  const libraries = readdirSync(path.join(deps, 'lib')).map((name) => path.join(deps, 'lib', name));
  const sources = readdirSync(addonSources)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => path.join(addonSources, name));
  const includes = [
    path.join(nodeModules, 'node-api-headers/include'),
    path.join(deps, 'include'),
    addonSources,
  ];
  // Node's own functions are found in the running program, so they may stay undefined here.
  const link =
    process.platform === 'darwin'
      ? ['-Wl,-undefined,dynamic_lookup', '-Wl,-rpath,@loader_path/../../deps/lib']
      : ['-Wl,-rpath,$ORIGIN/../../deps/lib'];
  try {
    await run(compiler, [
      ...['-O2', '-std=c++17', '-fPIC', '-shared', `-DNAPI_VERSION=${nodeApiVersion}`],
      ...includes.flatMap((folder) => ['-I', folder]),
      ...sources,
      ...['-o', partial],
      ...libraries,
      ...link,
    ]);
  } catch (error) {
    if (!(error instanceof CommandFailed)) {
      throw error;
    }
    throw new SetUpProblem(
      `the addon that connects TensorFlow to Node.js did not compile (${error.message}); ` +
        `a C++17 compiler with its standard library is needed.\n${error.lastLines}`,
    );
  }
  renameSync(partial, addonOf(build));
}

function megabytes(bytes) {
  return Math.round(bytes / 1e6);
}
