import assert from 'node:assert/strict';
import path from 'node:path';
import { test } from 'node:test';
import { run, temporaryFolder } from './run';

test('train --resume goes on as if training had never stopped', () => {
  const options = ['--json', '--pictures', '320', '--seed', '3', '--epochs'];
  const trained = (folder: string, epochs: number, ...more: string[]) => {
    const { status, stdout, stderr } = run('train', folder, ...options, `${epochs}`, ...more);
    assert.equal(status, 0, stderr);
    return { ...JSON.parse(stdout), stderr };
  };
  const stopped = temporaryFolder();
  const first = trained(stopped, 1, '--resume');
  assert.equal(
    first.stderr,
    'There is no checkpoint in ckpt: training starts at the first epoch.\n',
  );
  const resumed = trained(stopped, 3, '--resume');
  const whole = trained(temporaryFolder(), 3);

  assert.equal(resumed.stderr, '');
  assert.equal(resumed.checkpoint, path.join('ckpt', 'cp-0003.ckpt'));
  assert.equal(resumed.testPictures, 10_000);
  const losses = [...first.history.loss, ...resumed.history.loss, resumed.loss];
  const expected = [...whole.history.loss, whole.loss];
  assert.deepEqual(losses, expected);

  const { status, stdout, stderr } = run('train', stopped, ...options, '3', '--resume');
  assert.equal(status, 1);
  assert.equal(stdout, '');
  assert.match(stderr, /^train: Nothing to train: initialEpoch is 3 and epochs is 3\./);
});
