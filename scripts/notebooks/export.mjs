// `npm run export -- 01 06`: notebooks, as they are stored, as web pages and PDFs in exports/.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { chromium } from 'playwright-core';
import { needChromium } from '../setup/chromium.mjs';
import { hasCode } from '../setup/files.mjs';
import { jupyterEnvironment, project, venvPython } from '../setup/project.mjs';
import { SetUpError } from '../setup/requirements.mjs';

const help = `Usage: npm run export -- [NOTEBOOK...]

Writes notebooks, as they are stored, as web pages and PDFs into exports/. Both show the figures as
pictures and need no network. A NOTEBOOK is named by the beginning of its name, 01 for example;
without one all are exported. Needs Chromium or Chrome.

Options:
  --help     print this text

Exit status: 0, or 1 if the export failed, or 2 if the command line is wrong.
`;

const exportsFolder = path.join(project, 'exports');

/**
 * The notebooks whose names begin with one of these texts, or all of them.
 *
 * @param {string[]} wanted
 */
function choose(wanted) {
  const all = readdirSync(path.join(project, 'notebooks'))
    .filter((name) => name.endsWith('.ipynb'))
    .map((name) => path.basename(name, '.ipynb'));
  const missing = wanted.find((text) => !all.some((name) => name.startsWith(text)));
  if (missing !== undefined) {
    throw new SetUpError(`there is no notebook ${missing}. There are: ${all.join(', ')}.`);
  }
  return all.filter((name) => wanted.length === 0 || wanted.some((text) => name.startsWith(text)));
}

/** @param {string[]} names */
function writePages(names) {
  const files = names.map((name) => path.join(project, 'notebooks', `${name}.ipynb`));
  const { status } = spawnSync(
    venvPython,
    [
      '-m',
      'nbconvert',
      '--to=html',
      '--log-level=ERROR',
      `--output-dir=${exportsFolder}`,
      ...files,
    ],
    { env: jupyterEnvironment(), stdio: 'inherit' },
  );
  if (status !== 0) {
    throw new SetUpError('nbconvert could not write the pages; its own message is above.');
  }
}

/** @param {string[]} names */
async function printPages(names) {
  const executablePath = needChromium();
  const browser = await chromium.launch({
    executablePath,
    args: ['--no-sandbox', '--disable-gpu'],
  });
  try {
    const page = await browser.newPage();
    for (const name of names) {
      const file = path.join(exportsFolder, name);
      await page.goto(pathToFileURL(`${file}.html`).href);
      await page.pdf({ path: `${file}.pdf`, format: 'A4', scale: 0.75, printBackground: true });
      console.log(`exports/${name}.html, exports/${name}.pdf`);
    }
  } finally {
    await browser.close();
  }
}

/** Exports the notebooks that the command line names. */
async function main() {
  const { values, positionals } = parseArgs({
    options: { help: { type: 'boolean', default: false } },
    allowPositionals: true,
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const names = choose(positionals.map((name) => path.basename(name, '.ipynb')));
  writePages(names);
  await printPages(names);
}

try {
  await main();
} catch (error) {
  const wrongUsage = error instanceof TypeError && hasCode(error, 'ERR_PARSE_ARGS_UNKNOWN_OPTION');
  if (!wrongUsage && !(error instanceof SetUpError)) {
    throw error;
  }
  console.error(`export: ${error.message}`);
  process.exitCode = wrongUsage ? 2 : 1;
}
