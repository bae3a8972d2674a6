// A network that is trained on by TensorFlow in Python, with two workers, and comes back.
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { run, temporaryFolder } from './run';

const python = path.resolve('.cache/bench/distributed/.set-up');

test('distribute trains with two workers and loads what they return', (t) => {
  if (!existsSync(python)) {
    t.skip('TensorFlow for Python is not there; "npm run distribute" installs it.');
    return;
  }
  const folder = temporaryFolder();
  const options = ['--pictures', '640', '--epochs', '1', '--folder', 'h5', '--results', 'r.json'];
  const { status, stderr } = run('distribute', folder, ...options);
  assert.equal(status, 0, stderr);
  const { before, workers, after } = JSON.parse(readFileSync(path.join(folder, 'r.json'), 'utf8'));
  assert.equal(workers.length, 2);
  assert.notEqual(workers[0].process, workers[1].process);
  for (const worker of workers) {
    assert.equal(worker.workers, 2);
    assert.ok(Math.abs(worker.before.loss - before.loss) < 1e-5, `${worker.before.loss}`);
    assert.ok(Math.abs(worker.after.loss - after.loss) < 1e-5, `${worker.after.loss}`);
    assert.ok(Math.abs(worker.after.accuracy - after.accuracy) < 1e-6, `${worker.after.accuracy}`);
  }
  // Batches of 64: ten steps here and ten there, so Adam's state made both ways.
  assert.deepEqual([before.steps, after.steps], [10, 20]);
  assert.notEqual(before.loss, after.loss);
});

test('distribute refuses a wrong command line', () => {
  const { status, stderr } = run('distribute', temporaryFolder(), '--workers', '0');
  assert.equal(status, 2);
  assert.equal(
    stderr,
    'distribute: --workers takes a whole number from 1 up, not "0".\n' +
      'See: npm run distribute -- --help\n',
  );
});
