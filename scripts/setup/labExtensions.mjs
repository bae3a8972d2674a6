// Changes two of JupyterLab's extensions.
// Plotly's stores a new picture in the notebook whenever the pointer moves over a figure: reading a
// notebook would change it, and the picture is as wide as the window. Our figures already have
// their picture (lib/plots/show.ts), so that statement is removed. Figures that are wider than the
// page, pictures and interactive ones, are made smaller. A figure is drawn again when its output is
// replaced, as widgets do.
// ipywidgets' shows "Error displaying widget" in a notebook whose kernel has ended. The output's own
// text is shown instead (lib/widgets/interact.ts).
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.mjs';
import { venv } from './project.mjs';
import { SetUpError } from './requirements.mjs';

const folder = path.join(venv, 'share/jupyter/labextensions');
const done = path.join(folder, '.set-up');

/** The code to replace, which occurs once, and its replacement; by the extension's name. */
const extensions = /** @type {const} */ ({
  'jupyterlab-plotly': [
    [
      /\w+\.data\["image\/png"\]!==(\w+)&&(\w+)\.setData\(\{data:\{\.\.\.\2\.data,"image\/png":\1\}\}\)/g,
      'void 0',
    ],
    [
      /if\(this\.hasGraphElement\(\)\)return Promise\.resolve\(\);this\._model=(\w+);/g,
      'if(this.hasGraphElement()){let before=this._model;this._model=$1;' +
        'return JSON.stringify(before.data[this._mimeType])===JSON.stringify($1.data[this._mimeType])' +
        '?Promise.resolve():this.createGraph($1)}this._model=$1;',
    ],
    [/(this\._img_el\.className="plot-img")/g, '$1,this._img_el.style.maxWidth="100%"'],
    [
      /(\w+)\.height\|\|\(\1\.height=360\)/g,
      '$&,((room)=>{room>0&&$1.width>room&&($1={...$1,width:room,height:$1.height*room/$1.width})})' +
        '(this.node.clientWidth)',
    ],
  ],
  '@jupyter-widgets/jupyterlab-manager': [
    [
      /(async renderModel\((\w+)\)\{[\s\S]{0,500}?textContent=)("Error displaying widget: model not found")/g,
      '$1$2.data["text/plain"]||$3',
    ],
  ],
});
/** Identifies the changes: if they differ, the extensions must first be installed again. */
export const state = JSON.stringify(extensions, (_key, value) =>
  value instanceof RegExp ? value.source : value,
);

export const title = 'Figures in JupyterLab';

export function isDone() {
  return readIfThere(done) === state;
}

export function work() {
  for (const [name, changes] of Object.entries(extensions)) {
    change(name, changes);
  }
  writeWhole(done, state);
}

/**
 * Changes one extension.
 *
 * @param {string} name
 * @param {readonly (readonly [RegExp, string])[]} changes
 */
function change(name, changes) {
  const places = path.join(folder, name, 'static');
  const scripts = readdirSync(places)
    .filter((script) => script.endsWith('.js'))
    .map((script) => path.join(places, script))
    .map((file) => ({ file, text: readFileSync(file, 'utf8') }))
    .filter(({ text }) => changes.every(([pattern]) => text.match(pattern)?.length === 1));
  const [script] = scripts;
  if (!script || scripts.length !== 1) {
    throw new SetUpError(
      `JupyterLab's extension ${name} is not as it was expected: has a version in ` +
        'scripts/setup/requirements.in changed? Then look at scripts/setup/labExtensions.mjs.',
    );
  }
  const changed = changes.reduce(
    (text, [pattern, replacement]) => text.replace(pattern, replacement),
    script.text,
  );
  writeWhole(script.file, changed);
}
