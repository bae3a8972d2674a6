// Tells editors such as VS Code about the notebook kernel: they look into .venv, and know neither
// JUPYTER_PATH nor which Node.js the set-up has tested. So the copy of the kernel specification in
// .venv has absolute paths for both.
import { copyFileSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.mjs';
import { project, venv } from './project.mjs';

const kernelName = 'tslab';
const source = path.join(project, 'kernel/kernels', kernelName);
const target = path.join(venv, 'share/jupyter/kernels', kernelName);

export const title = 'Notebook kernel';

export function isDone() {
  return readIfThere(path.join(target, 'kernel.json')) === specification();
}

export function work() {
  mkdirSync(target, { recursive: true });
  for (const logo of readdirSync(source).filter((name) => name.startsWith('logo-'))) {
    copyFileSync(path.join(source, logo), path.join(target, logo));
  }
  writeWhole(path.join(target, 'kernel.json'), specification());
}

/**
 * kernel/kernel.json with its folder and the running Node.js filled in.
 *
 * @param {string} template
 * @param {string} folder
 * @param {string} node
 */
export function fillIn(template, folder, node) {
  /** @type {{ argv: string[] }} */
  const spec = JSON.parse(template);
  const [, ...rest] = spec.argv;
  const argv = [node, ...rest.map((argument) => argument.replace('{resource_dir}', folder))];
  return `${JSON.stringify({ ...spec, argv }, undefined, 2)}\n`;
}

function specification() {
  const template = readFileSync(path.join(source, 'kernel.json'), 'utf8');
  return fillIn(template, source, process.execPath);
}
