// Everything `npm test` stands for, in the order in which a mistake is cheapest to see.
// Arguments choose test files by a part of their path: `npm test -- datasets`.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const project = path.resolve(fileURLToPath(import.meta.url), '../../..');
const wanted = process.argv.slice(2);

/**
 * @param {string} title
 * @param {string[]} args
 */
function stage(title, args) {
  const start = performance.now();
  console.log(`\n== ${title}`);
  const { status, signal } = spawnSync(process.execPath, args, { cwd: project, stdio: 'inherit' });
  if (status !== 0) {
    console.error(`\n== ${title}: failed${signal ? ` (${signal})` : ''}`);
    process.exit(status ?? 1);
  }
  console.log(`== ${title}: ${((performance.now() - start) / 1000).toFixed(1)} s`);
}

// Tests whose source is gone must not run from an earlier build.
rmSync(path.join(project, 'build/test'), { recursive: true, force: true });
rmSync(path.join(project, 'build/tsconfig.tsbuildinfo'), { force: true });

stage('Format and lint', ['node_modules/@biomejs/biome/bin/biome', 'ci', '.']);
stage('Type check and build', ['node_modules/typescript/bin/tsc']);
stage('Type check of the drawing pad', [
  'node_modules/typescript/bin/tsc',
  '-p',
  'lib/drawing/page',
]);
stage('Type check of the notebooks', ['build/scripts/notebooks/checkTypes.js']);
// Every public name is documented, and every link in the documentation leads somewhere.
stage('API reference', ['node_modules/typedoc/bin/typedoc', '--emit', 'none']);

const files = readdirSync(path.join(project, 'build/test'), {
  recursive: true,
  encoding: 'utf8',
})
  // Those in browser/ need one: `npm run test:browser`.
  .filter((file) => file.endsWith('.test.js') && !file.startsWith('browser'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .map((file) => path.join('build/test', file))
  .sort();
if (files.length === 0) {
  console.error(`No test file's path contains ${wanted.map((part) => `"${part}"`).join(' or ')}.`);
  process.exit(1);
}
// By default one processor core would be left idle.
const concurrency = `--test-concurrency=${availableParallelism()}`;
stage(`${files.length} test files`, ['--test', '--test-reporter=spec', concurrency, ...files]);
