import assert from 'node:assert/strict';
import { cpSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { saving } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { run, runWith, temporaryFolder } from './run';

const options = ['--pictures', '64', '--json', '--epochs'];
const killed = path.resolve(__dirname, '../saving/stopAtChange.js');

/**
 * Every renamed file is a step: `checkpoint` names the new checkpoint by its temporary name, each
 * of its two files is in place, `checkpoint` names it. (Every moment of it is tried in
 * saving/checkpointKills.slow.test.ts.)
 */
const steps = { CHANGES: 'rename', NODE_OPTIONS: `--require=${killed}` };

test('train, killed at each step of replacing a checkpoint, goes on from a whole one', async () => {
  const trained = temporaryFolder();
  assert.equal(run('train', trained, ...options, '1').status, 0);
  const first = await contentOf(path.join(trained, 'ckpt/cp-0001.ckpt'));
  // Another seed: the checkpoint that takes the place of the first one has other numbers.
  const replaced = temporaryFolder();
  assert.equal(run('train', replaced, ...options, '1', '--seed', '1').status, 0);
  const second = await contentOf(path.join(replaced, 'ckpt/cp-0001.ckpt'));
  assert.notDeepEqual(first, second);

  let moments = 0;
  const found = new Set<string>();
  for (;;) {
    const folder = temporaryFolder();
    cpSync(trained, folder, { recursive: true });
    const environment = { ...steps, STOP_AT_CHANGE: `${moments + 1}` };
    const { signal } = runWith(environment, 'train', folder, ...options, '1', '--seed', '1');
    if (signal !== 'SIGKILL') {
      break;
    }
    moments++;
    const { status, stdout, stderr } = run('train', folder, ...options, '2', '--resume');
    assert.deepEqual([status, stderr], [0, ''], `moment ${moments}`);
    assert.equal(JSON.parse(stdout).history.loss.length, 1);
    assert.equal(JSON.parse(stdout).checkpoint, path.join('ckpt', 'cp-0002.ckpt'));
    const content = await contentOf(path.join(folder, 'ckpt/cp-0001.ckpt'));
    assert.ok([first, second].includes(content), `moment ${moments}: neither the old nor the new`);
    found.add(content);
    assert.deepEqual(readdirSync(path.join(folder, 'ckpt')).sort(), [
      'checkpoint',
      ...['1', '2'].flatMap((epoch) =>
        ['.data-00000-of-00001', '.index'].map((suffix) => `cp-000${epoch}.ckpt${suffix}`),
      ),
    ]);
  }
  assert.equal(moments, 4);
  assert.equal(found.size, 2, 'killed early, the old one is there, killed late, the new one');
});

/** All numbers of a checkpoint, as a text. */
async function contentOf(prefix: string): Promise<string> {
  const tensors = await saving.loadCheckpoint(prefix);
  const values = Object.entries(tensors).map(([name, tensor]) => `${name} ${tensor.dataSync()}`);
  tf.dispose(tensors);
  return values.sort().join('\n');
}
