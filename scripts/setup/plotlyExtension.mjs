// Three changes to Plotly's extension for JupyterLab:
// It stores a picture of its own in the notebook whenever the pointer moves over a figure: reading a
// notebook would change it, and the picture is as wide as the window. Our figures bring their picture
// with them (lib/plots/show.ts), so that statement is taken out.
// Figures that are wider than the page are made smaller, pictures as well as interactive ones.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.mjs';
import { venv } from './project.mjs';
import { SetUpError } from './requirements.mjs';

const extension = path.join(venv, 'share/jupyter/labextensions/jupyterlab-plotly');
const done = path.join(extension, '.set-up');

/** What is there, once, and what takes its place. */
const changes = /** @type {const} */ ([
  [
    /\w+\.data\["image\/png"\]!==(\w+)&&(\w+)\.setData\(\{data:\{\.\.\.\2\.data,"image\/png":\1\}\}\)/g,
    'void 0',
  ],
  [/(this\._img_el\.className="plot-img")/g, '$1,this._img_el.style.maxWidth="100%"'],
  [
    /(\w+)\.height\|\|\(\1\.height=360\)/g,
    '$&,((room)=>{room>0&&$1.width>room&&($1={...$1,width:room,height:$1.height*room/$1.width})})' +
      '(this.node.clientWidth)',
  ],
]);
/** Says which changes are made: with others, the extension has to be installed anew first. */
export const state = JSON.stringify(
  changes.map(([pattern, replacement]) => [pattern.source, replacement]),
);

export const title = 'Figures in JupyterLab';

export function isDone() {
  return readIfThere(done) === state;
}

export function work() {
  const scripts = readdirSync(path.join(extension, 'static'))
    .filter((name) => name.endsWith('.js'))
    .map((name) => path.join(extension, 'static', name))
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
    .filter(({ text }) => changes.every(([pattern]) => text.match(pattern)?.length === 1));
  const [script] = scripts;
  if (!script || scripts.length !== 1) {
    throw new SetUpError(
      "Plotly's extension for JupyterLab is not as it was expected: has the version in " +
        'scripts/setup/requirements.in changed? Then look at scripts/setup/plotlyExtension.mjs.',
    );
  }
  const changed = changes.reduce(
    (text, [pattern, replacement]) => text.replace(pattern, replacement),
    script.text,
  );
  writeWhole(script.file, changed);
  writeWhole(done, state);
}
