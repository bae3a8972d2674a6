import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';

const program = path.resolve('build/test/keras/run.js');

for (const [what, options] of [
  ['every twentieth model', ['--sample']],
  ['each of twenty random models', ['--random', '0-19']],
] as const) {
  test(`${what} of \`npm run test:keras\` is right, or refused by name`, () => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...options], {
      encoding: 'utf8',
    });
    assert.equal(status, 0, stdout + stderr);
    assert.match(stdout, /Keras 3: \d{2} models compared/);
    assert.match(stdout, /Keras 2: \d{2} models compared/);
  });
}
