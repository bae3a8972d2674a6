// Downloads 30 MB from Debian's servers.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, it } from 'node:test';
import {
  type DatasetProgress,
  fashionMnist,
  fashionMnistClassNames,
  type ReportProgress,
} from '../../lib/datasets/index';
import { offlineFolderVariable } from '../../lib/datasets/localSources';
import * as tf from '../../lib/tensorflow';
import { configureApt, hasAptGet } from './aptGet';
import { temporaryFolder } from './sampleDataset';

// The test says where each file is to come from.
delete process.env[offlineFolderVariable];

/** apt-get's messages when the network fails. */
const noNetwork = /Could not resolve|Could not connect|Temporary failure|Unable to connect/;

describe('fashionMnist', () => {
  it('can be loaded from the Debian package alone', async (test) => {
    if (!hasAptGet()) {
      test.skip('there is no apt-get on this machine');
      return;
    }
    const before = tf.memory().numTensors;
    // Tests the case without package lists even if apt has them.
    configureApt(test, (folder) => `Dir::State::lists "${folder}";`);
    const folder = relative('', temporaryFolder(test));
    const reports: DatasetProgress[] = [];
    const onProgress: ReportProgress = (progress) => reports.push(progress);
    try {
      tf.dispose(await fashionMnist({ folder, sources: ['debian'], onProgress }));
    } catch (error) {
      const { message } = error as Error;
      assert.match(message, noNetwork);
      test.skip(`Debian's servers are out of reach: ${message}`);
      return;
    }
    assert.ok(reports.some((progress) => progress.receivedBytes === progress.totalBytes));
    const leftovers = readdirSync(join(folder, 'fashion-mnist')).filter((n) =>
      n.startsWith('part'),
    );
    assert.deepEqual(leftovers, []);

    const { train, test: testSet } = await fashionMnist({ folder, sources: ['cache'] });
    assert.deepEqual(train.images.shape, [60_000, 28, 28]);
    assert.deepEqual(testSet.images.shape, [10_000, 28, 28]);
    const labels = await train.labels.data();
    const names = [...labels.subarray(0, 4)].map((label) => fashionMnistClassNames[label]);
    assert.deepEqual(names, ['Ankle boot', 'T-shirt/top', 'T-shirt/top', 'Dress']);
    for (let label = 0; label < fashionMnistClassNames.length; label++) {
      assert.equal(labels.filter((each) => each === label).length, 6000);
    }
    tf.dispose([train, testSet]);
    assert.equal(tf.memory().numTensors, before);
  });
});
