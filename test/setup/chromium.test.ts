import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { pathToFileURL } from 'node:url';

const scripts = path.resolve(__dirname, '../../../scripts');
const onLinux = { skip: process.platform !== 'linux' && 'other systems look elsewhere, too' };

interface ChromiumModule {
  findChromium(environment: Record<string, string>, platform: string): string | undefined;
}

describe('Chromium', () => {
  let folder: string;
  let chromium: ChromiumModule;
  before(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'chromium-'));
    chromium = await import(pathToFileURL(path.join(scripts, 'setup/chromium.mjs')).href);
  });
  after(() => rmSync(folder, { recursive: true }));

  test('is found on PATH or by the variable', onLinux, () => {
    const find = (environment: Record<string, string>) =>
      chromium.findChromium(environment, 'linux');
    assert.equal(find({ PATH: folder }), undefined);
    const program = path.join(folder, 'google-chrome');
    writeFileSync(program, '');
    assert.equal(find({ PATH: folder }), undefined, 'a file that nobody may run');
    writeFileSync(path.join(folder, 'chromium'), '', { mode: 0o755 });
    assert.equal(find({ PATH: `/nowhere:${folder}` }), path.join(folder, 'chromium'));
    assert.equal(find({ CHROMIUM: process.execPath, PATH: folder }), process.execPath);
    assert.throws(() => find({ CHROMIUM: '/nowhere/chromium' }), /names \/nowhere\/chromium/);
  });

  test('is asked for in one sentence where it is missing', onLinux, () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [path.join(scripts, 'tests/runBrowser.mjs')],
      { env: { PATH: '/nowhere' }, encoding: 'utf8' },
    );
    assert.equal(status, 1);
    assert.match(stderr, /^The browser tests cannot run: Chromium .* "sudo apt install chromium"/);
  });
});
