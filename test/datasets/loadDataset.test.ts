import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { offlineFolderVariable } from '../../lib/datasets/localSources';
import { datasets } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { cifar10 } from './cifar10';
import { temporaryFolder } from './sampleDataset';

/** A picture of one colour, as CIFAR-10 stores it. */
function picture(label: number, red: number, green: number, blue: number): Buffer {
  return Buffer.concat([
    Buffer.of(label),
    ...[red, green, blue].map((value) => Buffer.alloc(32 * 32, value)),
  ]);
}

const batches = {
  'data_batch_1.bin': Buffer.concat([picture(6, 1, 2, 3), picture(9, 4, 5, 6)]),
  'data_batch_2.bin': picture(0, 7, 8, 9),
  'test_batch.bin': picture(3, 250, 251, 252),
};

/** The batches in an offline folder, and the dataset's description. */
function smallCifar10(test: TestContext) {
  const offline = temporaryFolder(test);
  const files = Object.entries(batches).map(([name, bytes]) => ({
    name,
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  }));
  const description = cifar10(files);
  mkdirSync(path.join(offline, description.folder));
  for (const [name, bytes] of Object.entries(batches)) {
    writeFileSync(path.join(offline, description.folder, name), bytes);
  }
  process.env[offlineFolderVariable] = offline;
  test.after(() => delete process.env[offlineFolderVariable]);
  return { description, folder: path.join(offline, description.folder) };
}

describe('a dataset of your own', () => {
  it('is loaded from its folder, checked and decoded', async (test) => {
    const before = tf.memory().numTensors;
    const { description } = smallCifar10(test);
    const { train, test: testPart } = await datasets.loadDataset(description);
    assert.deepEqual(train.images.shape, [3, 32, 32, 3]);
    assert.equal(train.images.dtype, 'float32');
    assert.deepEqual(train.labels.arraySync(), [6, 9, 0]);
    assert.deepEqual(testPart.labels.arraySync(), [3]);
    const corner = tf.slice(train.images, [1, 31, 31, 0], [1, 1, 1, 3]);
    assert.deepEqual([...corner.dataSync()], [4, 5, 6]);
    tf.dispose([train, testPart, corner]);
    const first = await datasets.loadDataset(description, { limit: 1 });
    assert.deepEqual(first.train.labels.arraySync(), [6]);
    tf.dispose(first);
    assert.equal(tf.memory().numTensors, before);
  });

  it('is refused with a damaged file, and says where to get it', async (test) => {
    const { description, folder } = smallCifar10(test);
    writeFileSync(path.join(folder, 'test_batch.bin'), picture(3, 250, 251, 253));
    const options = { sources: ['offline'] as const, onProgress: () => {} };
    await assert.rejects(datasets.loadDataset(description, options), (error: Error) => {
      assert.match(error.message, /^CIFAR-10 cannot be loaded; missing: test_batch\.bin\./);
      assert.match(error.message, /test_batch\.bin: wrong contents: SHA-256/);
      assert.match(error.message, /from https:\/\/www\.cs\.toronto\.edu\/~kriz\/cifar\.html/);
      return true;
    });
  });

  it('is what data/README.md shows', () => {
    const [, shown] = /```ts\n(.*?)```/s.exec(readFileSync('data/README.md', 'utf8')) ?? [];
    const source = readFileSync('test/datasets/cifar10.ts', 'utf8');
    const [, ours] = /(\/\*\* The pictures of one batch.*)/s.exec(source) ?? [];
    assert.equal(shown?.trim(), ours?.trim());
  });
});
