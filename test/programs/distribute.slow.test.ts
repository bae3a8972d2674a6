// TensorFlow in Python continues a network's training with two workers, and it is loaded again.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { models, saving } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { run, temporaryFolder } from './run';

const environment = path.resolve('.cache/distributed');
const isThere = existsSync(path.join(environment, '.set-up'));

test('distribute trains with two workers and loads what they return', (t) => {
  if (!isThere) {
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

test('a saved model becomes one for TensorFlow Serving, with the same answers', async (t) => {
  if (!isThere) {
    t.skip('TensorFlow for Python is not there; "npm run distribute" installs it.');
    return;
  }
  const folder = temporaryFolder();
  const file = path.join(folder, 'model.h5');
  const model = models.lenet5({ seed: 1 });
  await saving.saveKerasH5(model, file);
  const exported = path.join(folder, 'served/3');
  const exportModel = () =>
    spawnSync(
      path.join(environment, 'bin/python'),
      [path.resolve('scripts/keras/export_saved_model.py'), file, exported],
      { encoding: 'utf8' },
    );
  const { status, stdout, stderr } = exportModel();
  assert.equal(status, 0, stderr);
  const { input, output, largestDifferenceFromKeras } = JSON.parse(stdout);
  assert.deepEqual(input.shape, [null, 28, 28, 1]);
  assert.deepEqual(output.shape, [null, 10]);
  assert.ok(largestDifferenceFromKeras < 1e-6);

  // TensorFlow in C++ reads it, as the server does.
  const served = await tf.node.loadSavedModel(exported, ['serve'], 'serving_default');
  const images = tf.randomUniform([100, 28, 28, 1], 0, 1, 'float32', 4);
  const difference = tf.tidy(() => {
    const [ours, theirs] = [model, served].map((one) => one.predict(images) as tf.Tensor);
    return (ours as tf.Tensor)
      .sub(theirs as tf.Tensor)
      .abs()
      .max()
      .dataSync()[0] as number;
  });
  served.dispose();
  assert.ok(difference < 1e-5, `${difference}`);

  const again = exportModel();
  assert.equal(again.status, 1);
  assert.match(again.stderr, /exists already: a served version is not changed/);
});
