// Bundles the drawing pad's page and widget (lib/drawing/page) for browsers: one self-contained
// script each, and the files beside them. The result is in build/lib/drawing/page.
import { copyFileSync, mkdirSync, renameSync } from 'node:fs';
import path from 'node:path';
import { build } from 'esbuild';
import { browserTensorFlow } from './browserTensorFlow.mjs';
import { project } from './project.mjs';

const page = path.join(project, 'lib/drawing/page');
const output = path.join(project, 'build/lib/drawing/page');

mkdirSync(output, { recursive: true });
for (const name of ['padWidget', 'page']) {
  const script = path.join(output, `${name}.js`);
  await build({
    entryPoints: [path.join(page, `${name}.ts`)],
    outfile: `${script}.new`,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    logLevel: 'error',
    plugins: [browserTensorFlow],
  });
  renameSync(`${script}.new`, script);
}
for (const file of ['index.html', 'pad.css', 'style.css', 'preview.png']) {
  copyFileSync(path.join(page, file), path.join(output, file));
}
