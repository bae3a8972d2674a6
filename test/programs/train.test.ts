import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { run, temporaryFolder } from './run';

test('train saves a checkpoint after each epoch and says how good the network is', () => {
  const folder = temporaryFolder();
  const { status, stdout, stderr } = run('train', folder, '--epochs', '2', '--pictures', '640');
  assert.equal(status, 0, stderr);
  assert.match(stdout, /Epoch 2\/2\n20\/20 \[=+\]/);
  assert.match(stdout, /^Accuracy: 0\.[3-9]\d{3}, tested on 10000 pictures$/m);
  assert.deepEqual(readdirSync(path.join(folder, 'ckpt')).sort(), [
    'checkpoint',
    'cp-0001.ckpt.data-00000-of-00001',
    'cp-0001.ckpt.index',
    'cp-0002.ckpt.data-00000-of-00001',
    'cp-0002.ckpt.index',
  ]);
});

test('train refuses a wrong command line', () => {
  const folder = temporaryFolder();
  const wrong = [
    [['--epochs', 'many'], '--epochs takes a whole number from 1 up, not "many".'],
    [['--pictures', '60001'], '--pictures takes a whole number from 1 to 60000, not "60001".'],
    [['--fast'], "Unknown option '--fast'"],
  ] as const;
  for (const [options, message] of wrong) {
    const { status, stderr } = run('train', folder, ...options);
    assert.equal(status, 2, stderr);
    assert.ok(stderr.startsWith(`train: ${message}`), stderr);
    assert.ok(stderr.endsWith('See: npm run train -- --help\n'), stderr);
  }
  assert.ok(!existsSync(path.join(folder, 'ckpt')));
});
