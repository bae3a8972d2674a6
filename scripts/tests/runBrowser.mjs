// `npm run test:browser`: the tests that need a browser, JupyterLab as `npm start` starts it, and a
// minute of training. Arguments choose test files by a part of their name.
import { spawnSync } from 'node:child_process';
import { readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { needChromium } from '../setup/chromium.mjs';
import { cachesInProject, project } from '../setup/project.mjs';
import { SetUpError } from '../setup/requirements.mjs';

const folder = 'build/test/browser';
const { values, positionals: wanted } = parseArgs({
  options: { help: { type: 'boolean', default: false } },
  allowPositionals: true,
});
if (values.help) {
  console.log(`Usage: npm run test:browser -- [PART...]

Runs the tests that need a browser, or those whose names contain one of the PARTs: JupyterLab as
\`npm start\` starts it, used with mouse and keyboard. Needs Chromium or Chrome. Exit status: 0, or 1
if a test failed.`);
  process.exit();
}

let chromium;
try {
  chromium = needChromium();
} catch (error) {
  if (!(error instanceof SetUpError)) {
    throw error;
  }
  console.error(`The browser tests cannot run: ${error.message}`);
  process.exit(1);
}

const files = readdirSync(path.join(project, folder))
  .filter((file) => file.endsWith('.test.js'))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .map((file) => path.join(folder, file))
  .sort();
if (files.length === 0) {
  console.error(`No browser test's name contains ${wanted.join(' or ')}.`);
  process.exit(1);
}
// Remove the pictures of earlier runs.
rmSync(path.join(project, 'build/browser'), { recursive: true, force: true });
// The browser's sockets need the system's own temporary folder: their paths must be short.
const { TMPDIR, TEMP, TMP, ...caches } = cachesInProject();
// One after the other: each of them measures how soon something answers.
const { status } = spawnSync(
  process.execPath,
  ['--test', '--test-reporter=spec', '--test-concurrency=1', ...files],
  { cwd: project, stdio: 'inherit', env: { ...process.env, ...caches, CHROMIUM: chromium } },
);
process.exitCode = status ?? 1;
