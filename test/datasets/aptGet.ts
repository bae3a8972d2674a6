/** The machine's apt-get, as tests need it. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from './sampleDataset';

export function hasAptGet(): boolean {
  return spawnSync('apt-get', ['--version']).status === 0;
}

/** Changes a setting of apt-get during the test. */
export function configureApt(test: TestContext, setting: (emptyFolder: string) => string): void {
  const emptyFolder = temporaryFolder(test);
  const path = join(temporaryFolder(test), 'apt.conf');
  writeFileSync(path, setting(emptyFolder));
  process.env.APT_CONFIG = path;
  test.after(() => delete process.env.APT_CONFIG);
}
