// Makes the compiled library in build/, which the notebooks import, and the page of its drawing
// pad.
import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { readIfThere, writeWhole } from './files.mjs';
import { fingerprint } from './fingerprint.mjs';
import { nodeModules, project } from './project.mjs';
import { CommandError, run } from './run.mjs';

const build = path.join(project, 'build');
const door = path.join(build, 'lib/index.js');
const page = path.join(build, 'lib/drawing/page/page.js');
const done = path.join(build, '.set-up');

export const compiler = path.join(nodeModules, 'typescript/bin/tsc');
export const title = 'Library';

export function isDone() {
  return existsSync(door) && existsSync(page) && readIfThere(done) === currentState();
}

/** @param {import('./progress.mjs').StepLine} progress */
export async function work(progress) {
  const state = currentState();
  if (!existsSync(door)) {
    // The compiler's record of what it has written would be wrong.
    rmSync(path.join(build, 'tsconfig.tsbuildinfo'), { force: true });
  }
  removeOutdated();
  // Kept by the programs and the kernel: of what the compiler replaces now.
  rmSync(path.join(build, '.compiled'), { recursive: true, force: true });
  progress.update('compiling');
  try {
    await run(process.execPath, [compiler]);
  } catch (error) {
    // Code with type errors is compiled too, so that whoever is editing it can start. The compiler
    // of `npm start` shows the errors, and `npm test` fails with them.
    if (!(error instanceof CommandError) || !existsSync(door)) {
      throw error;
    }
  }
  progress.update('bundling the drawing pad');
  await run(process.execPath, [path.join(project, 'scripts/setup/bundlePage.mjs')]);
  writeWhole(done, state);
}

/** Removes compiled files whose sources are gone: a package would contain them. */
function removeOutdated() {
  const output = path.join(build, 'lib');
  const names = existsSync(output)
    ? readdirSync(output, { recursive: true, encoding: 'utf8' })
    : [];
  for (const name of names) {
    const [, source] = /^(.*?)\.(?:d\.ts|js)$/.exec(name) ?? [];
    if (source !== undefined && !existsSync(path.join(project, 'lib', `${source}.ts`))) {
      rmSync(path.join(output, name));
    }
  }
}

function currentState() {
  const sources = ['lib', 'kernel', 'test', 'scripts'].flatMap((folder) =>
    readdirSync(path.join(project, folder), { recursive: true, encoding: 'utf8' })
      .filter((name) => /\.(ts|mjs|html|css|png)$/.test(name))
      .map((name) => path.join(folder, name)),
  );
  return fingerprint(
    ['tsconfig.json', 'package-lock.json', ...sources.sort()].map((name) => {
      const { size, mtimeMs } = statSync(path.join(project, name));
      return [name, size, mtimeMs];
    }),
  );
}
