import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

test('every twentieth model of `npm run test:keras` is right, or refused by name', () => {
  const program = path.resolve('build/test/keras/run.js');
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, '--sample'], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stdout + stderr);
  assert.match(stdout, /Keras 3: \d{2} models compared/);
  assert.match(stdout, /Keras 2: \d{2} models compared/);
});
