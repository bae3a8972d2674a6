// All checks of `npm test`. Arguments select test files by a part of their path:
// `npm test -- datasets`. `--all`, or `npm run test:all`, runs the slow ones too, which are called
// NAME.slow.test.ts.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { cachesInProject, project, temporaryFiles } from '../setup/project.mjs';

const help = `Usage: npm test -- [options] [PART...]

Checks format, lint, types and the API reference, then runs the tests, or those whose path contains
one of the PARTs.

Options:
  --all      the slow tests too: several minutes more
  --help     print this text

Exit status: 0, or 1 if anything failed.
`;

const { values, positionals: wanted } = parseArgs({
  options: {
    all: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
  allowPositionals: true,
});
if (values.help) {
  process.stdout.write(help);
  process.exit();
}

// The temporary files of the tests and their programs are inside the project and removed after the
// run.
mkdirSync(temporaryFiles, { recursive: true });
process.on('exit', () => rmSync(temporaryFiles, { recursive: true, force: true }));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
  process.on(signal, () => process.exit(1));
}
const morePictures = values.all ? { PICTURES_PER_SCENE: '20' } : {};
const env = {
  ...morePictures,
  ...process.env,
  ...cachesInProject(),
  // The tests start the library more than a hundred times.
  NODE_COMPILE_CACHE: path.join(temporaryFiles, 'compiled'),
};

/** @type {Set<import('node:child_process').ChildProcess>} */
const running = new Set();
process.on('exit', () => {
  for (const child of running) {
    child.kill();
  }
});

/**
 * Runs one of the checks, prints what it says when it ends, and tells whether all is well.
 *
 * @param {string} title
 * @param {string[]} args
 */
async function check(title, args) {
  const start = performance.now();
  const child = spawn(process.execPath, args, {
    cwd: project,
    stdio: ['ignore', 'pipe', 'pipe'],
    env,
  });
  running.add(child);
  const [output, errors, [status, signal]] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    once(child, 'exit'),
  ]);
  running.delete(child);
  const seconds = ((performance.now() - start) / 1000).toFixed(1);
  const end = status === 0 ? `${seconds} s` : `failed${signal ? ` (${signal})` : ''}`;
  console.log(`\n${output}${errors}== ${title}: ${end}`);
  return status === 0;
}

/**
 * Runs checks one after the other until one fails.
 *
 * @param {[title: string, args: string[]][]} checks
 */
async function inTurn(checks) {
  for (const [title, args] of checks) {
    if (!(await check(title, args))) {
      return false;
    }
  }
  return true;
}

/** The test files to run. Those in browser/ need a browser: `npm run test:browser`. */
function chooseFiles() {
  return readdirSync(path.join(project, 'build/test'), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.js') && !file.startsWith('browser'))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .filter((file) => values.all || wanted.length > 0 || !file.endsWith('.slow.test.js'))
    .map((file) => path.join('build/test', file))
    .sort();
}

/**
 * Folders whose tests share a process, as loading TensorFlow takes longer than many of the tests.
 *
 * @type {Record<string, string[]>}
 */
const together = {
  training: ['training'],
  graph: ['graph'],
  images: ['images', 'datasets'],
  saving: ['saving', 'models', 'plots'],
  others: ['bench', 'display', 'documents', 'explain', 'lessons', 'notebooks', 'widgets'],
};

/**
 * Joins the files of such folders into one, and leaves the others as they are.
 *
 * @param {string[]} files
 */
function grouped(files) {
  // Node.js runs files in the order of their names: the groups, which take longest, come early.
  const folder = path.join('build/test', 'groups');
  rmSync(path.join(project, folder), { recursive: true, force: true });
  mkdirSync(path.join(project, folder), { recursive: true });
  const groups = Object.entries(together).map(([name, folders]) => {
    const members = files.filter(
      (file) =>
        folders.includes(path.basename(path.dirname(file))) && !file.endsWith('.slow.test.js'),
    );
    const group = path.join(folder, `${name}.test.js`);
    const lines = members.map((file) => `require('../${path.relative('build/test', file)}');\n`);
    writeFileSync(path.join(project, group), lines.join(''));
    return { group, members };
  });
  const taken = new Set(groups.flatMap(({ members }) => members));
  return [...groups.map(({ group }) => group), ...files.filter((file) => !taken.has(file))];
}

// Tests whose source is gone must not run from an earlier build.
for (const file of readdirSync(path.join(project, 'build/test'), {
  recursive: true,
  encoding: 'utf8',
})) {
  const source = path.join(project, 'test', file.replace(/\.js$/, '.ts'));
  if (file.endsWith('.js') && !existsSync(source)) {
    rmSync(path.join(project, 'build/test', file));
  }
}

const typescript = 'node_modules/typescript/bin/tsc';
const passed = await Promise.all([
  inTurn([
    ['Type check and build', [typescript]],
    ['Type check of the notebooks', ['build/scripts/notebooks/checkTypes.js']],
    ['Translations of the notebooks', ['build/scripts/notebooks/translate.js', '--check']],
  ]),
  inTurn([
    ['Format and lint', ['node_modules/@biomejs/biome/bin/biome', 'ci', '.']],
    ['Type check of the drawing pad', [typescript, '-p', 'lib/drawing/page']],
    // Every public name is documented, and every link in the documentation leads somewhere.
    ['API reference', ['node_modules/typedoc/bin/typedoc', '--emit', 'none']],
  ]),
]);
if (passed.includes(false)) {
  process.exit(1);
}

const files = chooseFiles();
if (files.length === 0) {
  console.error(`No test file's path contains ${wanted.map((part) => `"${part}"`).join(' or ')}.`);
  process.exit(1);
}
console.log(`\n== ${files.length} test files`);
const start = performance.now();
const { status, signal } = spawnSync(
  process.execPath,
  [
    '--test',
    '--test-reporter=spec',
    // One more than there are cores, as some of the tests wait for a timer or a process.
    `--test-concurrency=${availableParallelism() + 1}`,
    '--import',
    new URL('seededRandom.mjs', import.meta.url).href,
    ...(wanted.length === 0 ? grouped(files) : files),
  ],
  { cwd: project, stdio: 'inherit', env },
);
const end = status === 0 ? 'passed' : `failed${signal ? ` (${signal})` : ''}`;
console.log(
  `== ${files.length} test files: ${end}, ${((performance.now() - start) / 1000).toFixed(1)} s`,
);
process.exit(status ?? 1);
