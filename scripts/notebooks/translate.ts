/** `npm run translate`: keeps the notebooks' translations up to date with the English notebooks. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { replaceFile } from '../../lib/files/replaceFile';
import { runProgram } from '../commandLine';
import { type Notebook, readNotebook } from './notebook';
import { translate } from './translation';

const help = `Usage: npm run translate -- [options]

Takes code and outputs over from the English notebooks into their translations and names the text
cells whose English has changed.

Options:
  --accept NOTEBOOK  the texts of this translation fit today's English texts; may be repeated
  --check            change nothing, fail where a translation is not up to date
  --help             print this text

Exit status: 0, or 1 if a translation is not up to date.
`;

const folder = path.resolve(__dirname, '../../../notebooks');
const languages = ['zh-CN'];

const { values } = parseArgs({
  options: {
    accept: { type: 'string', multiple: true, default: [] },
    check: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

function read(file: string): string | undefined {
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/** Returns the problems of one notebook's translation, one line each. */
async function bringUpToDate(language: string, name: string): Promise<string[]> {
  const file = path.join(folder, language, name);
  const english = readNotebook(path.join(folder, name));
  const before = read(file);
  const earlier = before === undefined ? undefined : (JSON.parse(before) as Notebook);
  const isAccepted = values.accept.some((wanted) => name.startsWith(wanted));
  const { notebook, stale } = translate(english, earlier, isAccepted);
  const text = `${JSON.stringify(notebook, null, 1)}\n`;
  const shown = `notebooks/${language}/${name}`;
  const problems = stale.map((id) => `${shown}: the English text of the cell ${id} has changed.`);
  if (text === before) {
    return problems;
  }
  if (values.check) {
    return [...problems, `${shown}: not as "npm run translate" makes it.`];
  }
  await replaceFile(file, (temporary) => writeFile(temporary, text));
  return problems;
}

async function main(): Promise<void> {
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const names = readdirSync(folder).filter((file) => file.endsWith('.ipynb'));
  const problems: string[] = [];
  for (const language of languages) {
    for (const name of names) {
      problems.push(...(await bringUpToDate(language, name)));
    }
  }
  for (const problem of problems) {
    console.error(problem);
  }
  const count = names.length * languages.length;
  if (problems.length === 0) {
    console.log(`${count} translated notebooks are up to date`);
  } else {
    console.error(
      'Translate these cells in JupyterLab, then say so: npm run translate -- --accept NOTEBOOK.',
    );
    process.exitCode = 1;
  }
}

runProgram('translate', main);
