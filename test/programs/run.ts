import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';

const programs = path.resolve(__dirname, '../../scripts/programs');

/** Runs a program as `npm run` would, in `folder`, and waits for its end. */
export function run(
  program: 'distribute' | 'draw' | 'predict' | 'seeds' | 'train',
  folder: string,
  ...options: string[]
) {
  return runWith({}, program, folder, ...options);
}

/** The same with additional environment variables. */
export function runWith(
  environment: Record<string, string>,
  program: 'distribute' | 'draw' | 'predict' | 'seeds' | 'train',
  folder: string,
  ...options: string[]
) {
  const file = path.join(programs, `${program}.js`);
  const { status, signal, stdout, stderr } = spawnSync(process.execPath, [file, ...options], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, ...environment },
  });
  return { status, signal, stdout, stderr };
}

/** An empty folder, deleted when the tests are over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'programs-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
