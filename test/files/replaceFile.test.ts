import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { replaceFile } from '../../lib/files/replaceFile';
import { makeTemporaryFolder } from '../../lib/files/temporaryFolder';
import { nameOfTemporary, temporaryName } from '../../lib/files/temporaryNames';

const root = mkdtempSync(path.join(tmpdir(), 'files-'));
after(() => rmSync(root, { recursive: true }));

/** A name that `temporaryName` or `ownName` made in a process that has ended. */
function nameOfEnded(name: string): string {
  const { pid } = spawnSync(process.execPath, ['--version']);
  return name.replace(`-${process.pid}-`, `-${pid}-`);
}

test('a failed write leaves the old file, and nothing else', async () => {
  const file = path.join(root, 'new folder', 'note.txt');
  await replaceFile(file, (temporary) => writeFile(temporary, 'old'));
  const failing = replaceFile(file, async (temporary) => {
    await writeFile(temporary, 'half');
    throw new Error('no room');
  });
  await assert.rejects(failing, /no room/);
  assert.equal(readFileSync(file, 'utf8'), 'old');
  assert.deepEqual(readdirSync(path.dirname(file)), ['note.txt']);
});

test('temporary files of ended processes are removed, those of running ones stay', async () => {
  const folder = mkdtempSync(path.join(root, 'left-'));
  const name = temporaryName('model.h5');
  assert.equal(nameOfTemporary(name), 'model.h5');
  const ended = nameOfEnded(name);
  // Another machine's processes are unknown: a recent file counts as being written.
  const elsewhere = name.replace(/\.[0-9a-f]{8}-/, '.00000000-');
  const others = [name, elsewhere, '.mine.tmp', '.checkpoint.1234.tmp'];
  for (const one of [ended, ...others]) {
    writeFileSync(path.join(folder, one), '');
  }
  await replaceFile(path.join(folder, 'a.txt'), (temporary) => writeFile(temporary, ''));
  assert.deepEqual(readdirSync(folder).sort(), [...others, 'a.txt'].sort());
});

test('temporary folders are their owner’s alone; those of ended processes are removed', () => {
  const folder = makeTemporaryFolder('files-test');
  assert.equal(statSync(folder).mode & 0o777, 0o700);
  const left = nameOfEnded(folder);
  mkdirSync(left);
  writeFileSync(path.join(left, 'graph.pb'), '');
  const next = makeTemporaryFolder('files-test');
  const folders = readdirSync(tmpdir()).filter((name) => name.startsWith('files-test-'));
  assert.deepEqual(folders.sort(), [folder, next].map((one) => path.basename(one)).sort());
  rmSync(folder, { recursive: true });
  rmSync(next, { recursive: true });
});
