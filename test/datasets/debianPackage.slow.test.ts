import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { fashionMnistDescription } from '../../lib/datasets/fashionMnist';
import { debianPackage } from '../../lib/datasets/index';
import { obtainFiles } from '../../lib/datasets/obtain';
import { configureApt, hasAptGet } from './aptGet';
import { packed, sample, sampleNames, temporaryFolder } from './sampleDataset';

const debian = debianPackage({ name: 'dataset-sample', folder: 'usr/share/sample', bytes: 1 });
const silent = { onProgress: () => {} };

// fashionMnist.slow.test.ts tests the real download.
describe('the Debian package', () => {
  it('is used where it lies if it is installed', async (test) => {
    const installed = join(temporaryFolder(test), 'share');
    mkdirSync(installed);
    for (const name of sampleNames) {
      writeFileSync(join(installed, `${name}.gz`), packed(name));
    }
    const programs = temporaryFolder(test);
    const list = `/.\\n/usr\\n${installed}/test-images.gz\\n${installed}/train-images.gz\\n`;
    writeFileSync(join(programs, 'dpkg'), `#!/bin/sh\nprintf '${list}'\n`, { mode: 0o755 });
    usePath(test, programs);
    const folder = temporaryFolder(test);
    const dataset = { ...sample, sources: { debian } };
    const files = await obtainFiles(dataset, { folder, ...silent });
    assert.equal(files.size, 4);
    assert.deepEqual(readdirSync(join(folder, 'sample')).sort(), [...sampleNames].sort());
  });

  it('on a full disk is an error which says so, and leaves nothing behind', async (test) => {
    const programs = temporaryFolder(test);
    const complain = (program: string, complaint: string) =>
      writeFileSync(join(programs, program), `#!/bin/sh\necho "${complaint}" >&2\nexit 1\n`, {
        mode: 0o755,
      });
    complain('dpkg', 'package is not installed');
    complain('apt-get', 'Error writing to file - write (28: No space left on device)');
    usePath(test, programs);
    const folder = temporaryFolder(test);
    const dataset = { ...sample, sources: { debian } };
    await assert.rejects(obtainFiles(dataset, { folder, ...silent }), {
      message:
        /^The Debian package .* could not be stored in .*: the disk is full. Correct that, or/,
    });
    assert.deepEqual(readdirSync(join(folder, 'sample')), []);
  });

  it('tells why the Debian package cannot be had', async (test) => {
    if (!hasAptGet()) {
      test.skip('there is no apt-get on this machine');
      return;
    }
    configureApt(test, () => 'Acquire::http::Proxy "http://127.0.0.1:9";');
    const folder = temporaryFolder(test);
    await assert.rejects(
      obtainFiles(fashionMnistDescription, { folder, sources: ['debian'], ...silent }),
      {
        message:
          /Debian package dataset-fashion-mnist: apt-get: .*127\.0\.0\.1.*Connection refused/s,
      },
    );
    assert.deepEqual(readdirSync(join(folder, 'fashion-mnist')), []);
  });

  it('says what is missing where there is no apt-get', async (test) => {
    usePath(test, temporaryFolder(test));
    const folder = temporaryFolder(test);
    await assert.rejects(
      obtainFiles(fashionMnistDescription, { folder, sources: ['debian'], ...silent }),
      {
        message: /Debian package dataset-fashion-mnist: there is no dpkg here; Debian and Ubuntu/,
      },
    );
  });
});

/** Sets PATH to this folder during the test. */
function usePath(test: TestContext, folder: string): void {
  const path = process.env.PATH;
  process.env.PATH = folder;
  test.after(() => {
    process.env.PATH = path;
  });
}
