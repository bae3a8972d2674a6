/** Where the compiled library is, and the files beside it. */
import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

const here = dirname(__dirname);

/** Also where a notebook imports the library's sources, which then run without being compiled. */
export const compiledLibrary = existsSync(join(here, 'index.js'))
  ? here
  : resolve(here, '../build/lib');

/** The drawing pad's page, made by the set-up from `lib/drawing/page`. */
export const padPage = join(compiledLibrary, 'drawing/page');

/** The project's folder. */
export const project = resolve(compiledLibrary, '../..');
