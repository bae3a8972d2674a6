// The README's example runs unchanged.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { codeBlocks } from './markdown';

const project = path.resolve(__dirname, '../../..');

test('the example runs as it stands', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'readme-'));
  after(() => rmSync(folder, { recursive: true }));
  for (const part of ['lib', 'build']) {
    symlinkSync(path.join(project, part), path.join(folder, part), 'junction');
  }
  const [example = ''] = codeBlocks(readFileSync(path.join(project, 'README.md'), 'utf8'), 'js');
  const { status, stdout, stderr } = spawnSync(process.execPath, ['-e', example], {
    cwd: folder,
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  const accuracy = Number(/acc: (0\.\d+) \}/.exec(stdout)?.[1]);
  assert.ok(accuracy > 0.95, stdout);
  assert.ok(existsSync(path.join(folder, 'loss.png')));
  assert.ok(existsSync(path.join(folder, 'mlp.h5')));
});
