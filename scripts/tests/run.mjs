// All checks of `npm test`, the fastest first. Arguments select test files by a part of their path:
// `npm test -- datasets`. `--all`, or `npm run test:all`, runs the slow ones too, which are called
// NAME.slow.test.ts.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
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
const env = { ...morePictures, ...process.env, ...cachesInProject() };

/**
 * Runs one of the checks, and ends this program if it fails.
 *
 * @param {string} title
 * @param {string[]} args
 */
function stage(title, args) {
  const start = performance.now();
  console.log(`\n== ${title}`);
  const options = /** @type {const} */ ({ cwd: project, stdio: 'inherit', env });
  const { status, signal } = spawnSync(process.execPath, args, options);
  if (status !== 0) {
    console.error(`\n== ${title}: failed${signal ? ` (${signal})` : ''}`);
    process.exit(status ?? 1);
  }
  console.log(`== ${title}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
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
 * Folders whose tests can share a process: loading TensorFlow takes longer than many of the tests.
 */
const together = ['training', 'saving', 'graph', 'plots', 'models', 'datasets', 'images'];

/**
 * Joins the files of such a folder into one, and leaves the others as they are.
 *
 * @param {string[]} files
 */
function grouped(files) {
  const folder = path.join('build/test', 'together');
  mkdirSync(path.join(project, folder), { recursive: true });
  const groups = together.map((name) => {
    const members = files.filter(
      (file) =>
        path.dirname(file) === path.join('build/test', name) && !file.endsWith('.slow.test.js'),
    );
    const group = path.join(folder, `${name}.test.js`);
    const lines = members.map((file) => `require('../${name}/${path.basename(file)}');\n`);
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

stage('Format and lint', ['node_modules/@biomejs/biome/bin/biome', 'ci', '.']);
stage('Type check and build', ['node_modules/typescript/bin/tsc']);
stage('Type check of the drawing pad', [
  'node_modules/typescript/bin/tsc',
  '-p',
  'lib/drawing/page',
]);
stage('Type check of the notebooks', ['build/scripts/notebooks/checkTypes.js']);
stage('Translations of the notebooks', ['build/scripts/notebooks/translate.js', '--check']);
// Every public name is documented, and every link in the documentation leads somewhere.
stage('API reference', ['node_modules/typedoc/bin/typedoc', '--emit', 'none']);

const files = chooseFiles();
if (files.length === 0) {
  console.error(`No test file's path contains ${wanted.map((part) => `"${part}"`).join(' or ')}.`);
  process.exit(1);
}
stage(`${files.length} test files`, [
  '--test',
  '--test-reporter=spec',
  // By default one processor core would be left idle.
  `--test-concurrency=${availableParallelism()}`,
  '--import',
  new URL('seededRandom.mjs', import.meta.url).href,
  ...(wanted.length === 0 ? grouped(files) : files),
]);
