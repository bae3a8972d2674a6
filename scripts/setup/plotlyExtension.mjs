// Plotly's extension for JupyterLab stores a picture of its own in the notebook whenever the pointer
// moves over a figure: reading a notebook would change it, and the picture is as wide as the
// window. Our figures bring their picture with them (lib/plots/show.ts), so that statement is
// taken out.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.mjs';
import { venv } from './project.mjs';
import { SetUpError } from './requirements.mjs';

const extension = path.join(venv, 'share/jupyter/labextensions/jupyterlab-plotly');
const done = path.join(extension, '.set-up');
const storing =
  /\w+\.data\["image\/png"\]!==(\w+)&&(\w+)\.setData\(\{data:\{\.\.\.\2\.data,"image\/png":\1\}\}\)/g;

export const title = 'Figures in JupyterLab';

export function isDone() {
  return readIfThere(done) === storing.source;
}

export function work() {
  const scripts = readdirSync(path.join(extension, 'static'))
    .filter((name) => name.endsWith('.js'))
    .map((name) => path.join(extension, 'static', name))
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
    .filter(({ text }) => text.match(storing));
  if (scripts.length !== 1) {
    throw new SetUpError(
      `Plotly's extension for JupyterLab was expected to store pictures in 1 place, not in ${scripts.length}: ` +
        'has the version in scripts/setup/requirements.in changed? Then look at scripts/setup/plotlyExtension.mjs.',
    );
  }
  for (const { file, text } of scripts) {
    writeWhole(file, text.replace(storing, 'void 0'));
  }
  writeWhole(done, storing.source);
}
