import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';

test('a hundredth of the soak finds nothing that grows, and no damaged file that does harm', () => {
  const program = join(__dirname, 'main.js');
  const run = spawnSync(process.execPath, [program, '--share', '0.01'], { encoding: 'utf8' });
  assert.equal(run.status, 0, `${run.stdout}\n${run.stderr}`);
  assert.match(run.stdout, /\| 200 predictions of one picture \|/);
});

test('a wrong command line is named', () => {
  for (const [option, value, message] of [
    ['--share', '2', '--share takes a number above 0, up to 1, not "2".'],
    ['--only', 'h6', '--only knows no part "h6"; there are '],
  ] as const) {
    const program = join(__dirname, 'main.js');
    const run = spawnSync(process.execPath, [program, option, value], { encoding: 'utf8' });
    assert.equal(run.status, 2);
    assert.ok(run.stderr.startsWith(`test:soak: ${message}`), run.stderr);
  }
});
