// The set-up is plain JavaScript that runs before anything is compiled or installed; these tests
// load it as it is. What needs a bare machine is not here: set-up itself is what starts every test.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';

// They are ECMAScript modules, and this file is not.
const load = {
  files: () => import('../../scripts/setup/files.mjs'),
  fingerprint: () => import('../../scripts/setup/fingerprint.mjs'),
  kernelspec: () => import('../../scripts/setup/kernelspec.mjs'),
  lock: () => import('../../scripts/setup/lock.mjs'),
  nodePackages: () => import('../../scripts/setup/nodePackages.mjs'),
  places: () => import('../../scripts/setup/tensorflow/places.mjs'),
  prebuilt: () => import('../../scripts/setup/tensorflow/prebuilt.mjs'),
  project: () => import('../../scripts/setup/project.mjs'),
  python: () => import('../../scripts/setup/python.mjs'),
  requirements: () => import('../../scripts/setup/requirements.mjs'),
  run: () => import('../../scripts/setup/run.mjs'),
};

const folder = mkdtempSync(path.join(tmpdir(), 'setup-test-'));
after(() => rmSync(folder, { recursive: true }));

test('all that is missing is named in one message, with commands for the system at hand', async () => {
  const { missingRequirements } = await load.requirements();
  const missing = [
    { what: 'node', detail: 'this is 20.19.2' },
    { what: 'venv', detail: 'Python 3.13.5 is there' },
    { what: 'compiler' },
    { what: 'space', detail: '3 GB are needed, /home/reader has 0.4' },
  ] as const;
  assert.equal(
    missingRequirements(missing, 'linux').message,
    `this machine lacks
  - Node.js 22 or newer (this is 20.19.2)
  - Python's modules for virtual environments, venv and ensurepip (Python 3.13.5 is there)
  - a C++ compiler, which connects TensorFlow to Node.js
  - free disk space (3 GB are needed, /home/reader has 0.4)
Install it:
  nvm install --lts   (see https://github.com/nvm-sh/nvm), or https://nodejs.org
  sudo apt install python3-venv g++   (Debian, Ubuntu)
  sudo dnf install nodejs python3 gcc-c++   (Fedora)
Then run the same command again.`,
  );
  assert.match(
    missingRequirements(missing, 'darwin').message,
    /brew install node python\n +xcode-/,
  );
  const windows = missingRequirements(missing, 'win32').message;
  assert.match(windows, /winget install OpenJS\.NodeJS\.LTS\n +winget install Python\./);
  const space = missingRequirements([{ what: 'space', detail: 'x' }], 'linux').message;
  assert.doesNotMatch(space, /Install/);
});

test('Python 3.10 and newer will do', async () => {
  const { isNewEnough } = await load.python();
  const versions = ['2.7.18', '3.9.18', '3.10.0', '3.14.1', '4.0.0'];
  assert.deepEqual(versions.filter(isNewEnough), ['3.10.0', '3.14.1', '4.0.0']);
});

test('the first Python that is new enough and can make environments is taken', async () => {
  const { findPython } = await load.python();
  const answers: Record<string, { version: string; canMakeEnvironments: boolean }> = {
    old: { version: '3.9.2', canMakeEnvironments: true },
    bare: { version: '3.12.1', canMakeEnvironments: false },
    good: { version: '3.11.7', canMakeEnvironments: true },
    later: { version: '3.13.0', canMakeEnvironments: true },
  };
  const find = (...names: string[]) =>
    findPython(
      names.map((command) => ({ command, args: [] })),
      async ({ command }) => answers[command],
    );
  const { command } = (await find('absent', 'old', 'bare', 'good', 'later')) as { command: string };
  assert.equal(command, 'good');
  assert.deepEqual(await find('absent'), { missing: { what: 'python' } });
  assert.deepEqual(await find('old'), {
    missing: { what: 'python', detail: 'only 3.9.2 is there' },
  });
  assert.deepEqual(await find('old', 'bare'), {
    missing: { what: 'venv', detail: 'Python 3.12.1 is there' },
  });
});

test('the Python named in the environment is tried first; Windows has its launcher', async () => {
  const { pythonCandidates } = await load.python();
  assert.equal(pythonCandidates('linux', { PYTHON: '/opt/python' })[0]?.command, '/opt/python');
  assert.equal(pythonCandidates('linux', {})[0]?.command, 'python3');
  assert.deepEqual(pythonCandidates('win32', {})[0], { command: 'py', args: ['-3.13'] });
});

test('installed packages are compared with the lockfile', async () => {
  const { matchesLockfile } = await load.nodePackages();
  const lockfile = {
    packages: {
      '': {},
      'node_modules/a': { version: '1.0.0' },
      'node_modules/other-system': { version: '2.0.0', optional: true },
    },
  };
  const installed = (packages: Record<string, { version?: string }>) =>
    matchesLockfile(lockfile, { packages });
  assert.equal(installed({ 'node_modules/a': { version: '1.0.0' } }), true);
  assert.equal(installed({ 'node_modules/a': { version: '1.0.1' } }), false, 'other version');
  assert.equal(installed({}), false, 'missing');
  const extra = { 'node_modules/a': { version: '1.0.0' }, 'node_modules/b': { version: '1.0.0' } };
  assert.equal(installed(extra), false, 'one too many');
});

test('every wheel is pinned by version and SHA-256', async () => {
  const { wheels } = await load.places();
  assert.deepEqual(Object.keys(wheels).sort(), [
    'darwin-arm64',
    'darwin-x64',
    'linux-arm64',
    'linux-x64',
  ]);
  for (const { requirement, platformTag, sha256 } of Object.values(wheels)) {
    assert.match(requirement, /^[a-z-]+==\d+\.\d+\.\d+$/);
    assert.match(platformTag, /^(manylinux|macosx)_\d+_\d+_(x86_64|aarch64|arm64)$/);
    assert.match(sha256, /^[0-9a-f]{64}$/);
  }
});

test('a server that refuses, lacks the file or says nothing counts as not answering', async () => {
  const { answers } = await load.prebuilt();
  const server = createServer((request, response) => {
    if (request.url === '/there') {
      response.end();
    } else if (request.url === '/missing') {
      response.writeHead(404).end();
    } // else: silence
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const host = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  try {
    assert.equal(await answers(`${host}/there`), true);
    assert.equal(await answers(`${host}/missing`), false);
    const started = performance.now();
    assert.equal(await answers(`${host}/silent`, 0.3), false);
    assert.ok(performance.now() - started < 3000);
  } finally {
    server.closeAllConnections();
    server.close();
  }
  assert.equal(await answers(host), false, 'refused');
});

test('the editor gets absolute paths for the kernel', async () => {
  const { fillIn } = await load.kernelspec();
  const template = '{"argv": ["node", "{resource_dir}/../start.cjs", "{connection_file}"]}';
  assert.deepEqual(JSON.parse(fillIn(template, '/p/kernel', '/bin/node')).argv, [
    '/bin/node',
    '/p/kernel/../start.cjs',
    '{connection_file}',
  ]);
});

test('everything Jupyter writes stays in the project, and there is one PATH', async () => {
  const { jupyterEnvironment, project } = await load.project();
  const environment = jupyterEnvironment({ Path: 'C:\\Windows', HOME: '/home/somebody' });
  const places = Object.entries(environment).filter(([name]) => /^(JUPYTER|IPYTHON)/.test(name));
  assert.equal(places.length, 8);
  for (const [name, place] of places) {
    assert.ok(place?.startsWith(project + path.sep), name);
  }
  assert.ok(environment.PATH?.endsWith('C:\\Windows'));
  assert.equal(environment.Path, undefined);
});

test('a file is written whole, and its fingerprint follows the content', async () => {
  const { fingerprint } = await load.fingerprint();
  const { fileChecksum, readIfThere, writeWhole } = await load.files();
  const file = path.join(folder, 'state');
  assert.equal(readIfThere(file), undefined);
  writeWhole(file, 'abc');
  assert.equal(readIfThere(file), 'abc');
  const abc = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';
  assert.equal(await fileChecksum(file), abc);
  assert.notEqual(fingerprint('a', 'b'), fingerprint('ab'));
});

test('the lock is taken once, waits for a living owner and passes over a dead one', async () => {
  const { takeLock } = await load.lock();
  const file = path.join(folder, 'lock');
  const lock = await takeLock(file);
  assert.equal(JSON.parse(readFileSync(file, 'utf8')).owner, process.pid);
  lock.release();
  assert.equal(existsSync(file), false);

  const other = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60000)']);
  try {
    // The owner was killed (its number is not in use), but its child still runs.
    writeFileSync(file, JSON.stringify({ owner: 2 ** 22 + 1, child: other.pid }));
    const waits: number[] = [];
    const attempt = takeLock(file, { onWait: (pid) => waits.push(pid), timeLimit: 0.1 });
    await assert.rejects(attempt, /another set-up \(process \d+\).*delete/);
    assert.deepEqual(waits, [other.pid]);
  } finally {
    other.kill();
    await once(other, 'exit');
  }
  (await takeLock(file)).release();
  assert.equal(existsSync(file), false);

  writeFileSync(file, '{"own'); // half a file
  (await takeLock(file)).release();
});

test('a program is given up after its time limit, and an error shows what it printed', async () => {
  const { run } = await load.run();
  assert.equal(await run(process.execPath, ['-e', 'console.log(6 * 7)']), '42\n');
  const forever = run(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { timeLimit: 0.5 });
  await assert.rejects(forever, /did not finish within 0\.5 seconds/);
  const failing = run(process.execPath, ['-e', 'console.error("why"); process.exit(3)']);
  await assert.rejects(failing, { message: /ended with code 3/, output: 'why\n' });
  await assert.rejects(run('no-such-program', []), /could not be started/);
});

test('a full disk is named, whoever has met it', async () => {
  const { CommandError } = await load.run();
  const { SetUpError } = await load.requirements();
  const { explain } = await import('../../scripts/setup/steps.mjs');
  const npm = new CommandError('npm', 'ended with code 1', 'npm warn tar ENOSPC: no space left\n');
  for (const error of [
    Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }),
    npm,
    new SetUpError('the Node packages could not be installed', { cause: npm }),
    new CommandError('cc1plus', 'ended with code 1', 'error: No space left on device'),
  ]) {
    assert.match(explain(error), /^the disk is full\. .* make room and run the same command again/);
  }
  const readOnly = Object.assign(new Error("EROFS: read-only, open '/x'"), { code: 'EROFS' });
  assert.match(explain(readOnly), /^a file cannot be written \(EROFS: read-only, open '\/x'\)/);
  assert.equal(explain(new SetUpError('the reason')), 'the reason');
  assert.equal(
    explain(new CommandError('strip', 'ended with code 1', 'bad file\n')),
    'strip ended with code 1.\nbad file',
  );
  assert.throws(() => explain(new TypeError('a mistake of ours')), /a mistake of ours/);
});

test('an error of the lock ends the program and is its own', async () => {
  const { run, whenRunning } = await load.run();
  const full = Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
  whenRunning(() => {
    throw full;
  });
  try {
    const forever = run(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    await assert.rejects(forever, full);
  } finally {
    whenRunning(() => {});
  }
});

test('what other programs keep stays in the project', async () => {
  const { cachesInProject, project } = await load.project();
  for (const [name, place] of Object.entries(cachesInProject())) {
    assert.ok(place.startsWith(path.join(project, '.cache')), name);
  }
  // Programs that would write into the user's home.
  const { run } = await load.run();
  const home = path.join(folder, 'home');
  mkdirSync(home);
  const biome = path.resolve('node_modules/@biomejs/biome/bin/biome');
  await run(process.execPath, [biome, 'ci', 'package.json'], { env: { HOME: home } });
  const { venvPython } = await load.project();
  await run(venvPython, ['-m', 'uv', 'cache', 'dir'], { env: { HOME: home } });
  assert.deepEqual(readdirSync(home), []);
});
