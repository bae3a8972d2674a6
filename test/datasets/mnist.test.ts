import assert from 'node:assert/strict';
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { mnist } from '../../lib/datasets/index';
import { offlineFolderVariable } from '../../lib/datasets/localSources';
import * as tf from '../../lib/tensorflow';
import { temporaryFolder } from './sampleDataset';

// The tests below say where each file is to come from.
delete process.env[offlineFolderVariable];

const silent = { onProgress: () => {} };

describe('mnist', () => {
  it('gives pictures and labels as float32 and int32 tensors', async (test) => {
    const before = tf.memory().numTensors;
    const { train, test: testSet } = await mnist({ folder: temporaryFolder(test), ...silent });
    assert.equal(tf.memory().numTensors, before + 4);
    assert.deepEqual(train.images.shape, [60_000, 28, 28]);
    assert.deepEqual(train.labels.shape, [60_000]);
    assert.deepEqual(testSet.images.shape, [10_000, 28, 28]);
    assert.deepEqual(testSet.labels.shape, [10_000]);
    assert.equal(train.images.dtype, 'float32');
    assert.equal(train.labels.dtype, 'int32');
    assert.deepEqual([...(await train.labels.data()).subarray(0, 5)], [5, 0, 4, 1, 9]);
    assert.deepEqual([...(await testSet.labels.data()).subarray(0, 5)], [7, 2, 1, 0, 4]);
    // Commonly quoted figures for the test set scaled to 0..1: mean 0.1325, deviation 0.3105.
    const scaled = testSet.images.div(255);
    const { mean, variance } = tf.moments(scaled);
    assert.equal(mean.dataSync()[0]?.toFixed(4), '0.1325');
    assert.equal(Math.sqrt(variance.dataSync()[0] ?? 0).toFixed(4), '0.3105');
    tf.dispose([train, testSet, scaled, mean, variance]);
    assert.equal(tf.memory().numTensors, before);
  });

  it('gives the first few of each part with limit', async (test) => {
    const before = tf.memory().numTensors;
    const folder = temporaryFolder(test);
    const { train, test: testSet } = await mnist({ limit: 3, folder, ...silent });
    assert.deepEqual(train.images.shape, [3, 28, 28]);
    assert.deepEqual(train.labels.arraySync(), [5, 0, 4]);
    assert.deepEqual(testSet.labels.arraySync(), [7, 2, 1]);
    tf.dispose([train, testSet]);
    assert.equal(tf.memory().numTensors, before);
  });

  it('refuses a limit that is no count', async () => {
    for (const limit of [0, -1, 2.5, Number.NaN]) {
      await assert.rejects(mnist({ limit }), {
        message: `limit is ${limit}, expected a whole number of at least 1.`,
      });
    }
  });

  it('is loaded from the cache in less than a second', async (test) => {
    const folder = temporaryFolder(test);
    tf.dispose(await mnist({ folder, ...silent }));
    const start = performance.now();
    const cpuStart = process.cpuUsage();
    const loaded = await mnist({ folder, sources: ['cache'] });
    const { user, system } = process.cpuUsage(cpuStart);
    const milliseconds = performance.now() - start;
    test.diagnostic(`train and test loaded and checked in ${milliseconds.toFixed(0)} ms`);
    tf.dispose(loaded);
    // The processor's time, because other tests run at the same time as this one.
    assert.ok(user + system < 1e6, `${user + system} microseconds`);
  });

  it('replaces a file of its cache that was cut in half', async (test) => {
    const folder = temporaryFolder(test);
    tf.dispose(await mnist({ folder, sources: ['npm'], ...silent }));
    const path = join(folder, 'mnist/train-images-idx3-ubyte');
    truncateSync(path, 23_520_008);
    const messages: string[] = [];
    const onProgress = ({ message }: { message: string }) => messages.push(message);
    tf.dispose(await mnist({ folder, onProgress }));
    assert.match(messages.join(), /wrong length: 23520008 bytes, expected 47040016/);
    tf.dispose(await mnist({ folder, sources: ['cache'] }));
  });
});
