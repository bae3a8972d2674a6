import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import { promisify } from 'node:util';
import { offlineFolderVariable } from '../../lib/datasets/localSources';
import { type ObtainOptions, obtainFiles } from '../../lib/datasets/obtain';
import type { DatasetProgress } from '../../lib/datasets/progress';
import {
  contentsOf,
  packed,
  placeSample,
  sample,
  sampleNames,
  startMirror,
  temporaryFolder,
} from './sampleDataset';

type SampleOptions = ObtainOptions<keyof typeof sample.sources>;

/** Obtains the sample, checks it, and returns the messages. */
async function obtainSample(options: SampleOptions): Promise<string[]> {
  const messages: string[] = [];
  const onProgress = ({ message }: DatasetProgress) => messages.push(message);
  const files = await obtainFiles(sample, { onProgress, ...options });
  assert.deepEqual([...files.keys()].sort(), [...sampleNames].sort());
  for (const [name, bytes] of files) {
    assert.ok(contentsOf(name).equals(bytes), `${name} is not what it should be`);
  }
  return messages;
}

function assertCached(folder: string): void {
  const cache = join(folder, 'sample');
  assert.deepEqual(readdirSync(cache).sort(), [...sampleNames].sort());
  for (const name of sampleNames) {
    assert.ok(contentsOf(name).equals(readFileSync(join(cache, name))), `${name} in the cache`);
  }
}

function setOfflineFolder(test: TestContext, folder: string): void {
  process.env[offlineFolderVariable] = folder;
  test.after(() => delete process.env[offlineFolderVariable]);
}

delete process.env[offlineFolderVariable];

const silent = { onProgress: () => {} };

describe('the cache', () => {
  it('is filled from a mirror and then used without it', async (test) => {
    const folder = temporaryFolder(test);
    const mirror = await startMirror(test);
    await obtainSample({ folder, mirrors: [mirror.address] });
    assertCached(folder);
    assert.equal(mirror.requests.length, 4);
    assert.deepEqual(await obtainSample({ folder, mirrors: [mirror.address] }), []);
    assert.equal(mirror.requests.length, 4);
  });

  const damages: [name: string, change: (bytes: Buffer) => Buffer, told: RegExp][] = [
    ['cut in half', (bytes) => bytes.subarray(0, 20_000), /wrong length: 20000 .* expected 40000/],
    ['emptied', () => Buffer.alloc(0), /wrong length: 0 bytes, expected 40000/],
    ['changed in one bit', (bytes) => flipBit(bytes), /wrong contents: SHA-256 \w{64}, expected/],
  ];
  for (const [name, change, told] of damages) {
    it(`has a file replaced that was ${name}`, async (test) => {
      const folder = temporaryFolder(test);
      const damaged = join(placeSample(folder), 'train-images');
      writeFileSync(damaged, change(contentsOf('train-images')));
      const mirror = await startMirror(test);
      const messages = await obtainSample({ folder, mirrors: [mirror.address] });
      assert.match(messages[0] ?? '', told);
      assert.deepEqual(mirror.requests, ['train-images']);
      assertCached(folder);
    });
  }

  it('is never used damaged, even if there is nothing else', async (test) => {
    const folder = temporaryFolder(test);
    placeSample(folder, (name) => flipBit(contentsOf(name)));
    await assert.rejects(obtainFiles(sample, { folder, sources: ['cache'], ...silent }), {
      message: /cannot be loaded.*\n.*\n.*cache .*train-images: wrong contents/,
    });
  });

  it('may be filled by two processes at once', async (test) => {
    const folder = temporaryFolder(test);
    // The first answer is given when all three have asked for the first file.
    let asking = 0;
    let answer = () => {};
    const allAsk = new Promise<void>((resolve) => {
      answer = resolve;
    });
    const mirror = await startMirror(test, async (name, response) => {
      asking += name === sampleNames[0] ? 1 : 0;
      if (asking === 3) {
        answer();
      }
      await allAsk;
      response.end(packed(name));
    });
    const script = `
      const { obtainFiles } = require(${JSON.stringify(require.resolve('../../lib/datasets/obtain'))});
      const { sample } = require(${JSON.stringify(require.resolve('./sampleDataset'))});
      obtainFiles(sample, JSON.parse(process.argv[1])).then((files) => console.log(files.size));`;
    const given = JSON.stringify({ folder, mirrors: [mirror.address] });
    const run = () => promisify(execFile)(process.execPath, ['-e', script, given]);
    const results = await Promise.all([run(), run(), run()]);
    assert.deepEqual(
      results.map(({ stdout }) => stdout),
      ['4\n', '4\n', '4\n'],
    );
    assertCached(folder);
  });

  it('loses what an ended process left, not what another one is writing', async (test) => {
    const folder = temporaryFolder(test);
    const cache = join(folder, 'sample');
    mkdirSync(join(cache, 'part-old'), { recursive: true });
    const twoHoursAgo = new Date(Date.now() - 2 * 60 * 60_000);
    utimesSync(join(cache, 'part-old'), twoHoursAgo, twoHoursAgo);
    writeFileSync(join(cache, 'part-new'), '');
    const mirror = await startMirror(test);
    await obtainSample({ folder, mirrors: [mirror.address] });
    assert.deepEqual(readdirSync(cache).sort(), ['part-new', ...sampleNames].sort());
  });

  it('that cannot be written is an error which says so', async (test) => {
    const folder = join(temporaryFolder(test), 'not-a-folder');
    writeFileSync(folder, '');
    const mirror = await startMirror(test);
    await assert.rejects(
      obtainFiles(sample, {
        ...{ folder, sources: ['mirrors'], mirrors: [mirror.address] },
        ...silent,
      }),
      { message: /train-images \(0.0 MB\) could not be stored in .*ENOTDIR.*option "folder"/ },
    );
    assert.equal(mirror.requests.length, 1);
  });

  it('on a full disk is an error which says so, and leaves nothing behind', async (test) => {
    const folder = temporaryFolder(test);
    const mount = promisify(execFile);
    try {
      await mount('mount', ['-t', 'tmpfs', '-o', 'size=32k', 'tmpfs', folder]);
    } catch (error) {
      test.skip(`a small disk cannot be mounted here: ${(error as Error).message.trim()}`);
      return;
    }
    try {
      const mirror = await startMirror(test);
      await assert.rejects(obtainFiles(sample, { folder, mirrors: [mirror.address], ...silent }), {
        message:
          /train-images \(0.0 MB\) could not be stored in .*: the disk is full. Correct that, or/,
      });
      assert.deepEqual(readdirSync(join(folder, 'sample')), []);
    } finally {
      await mount('umount', [folder]);
    }
  });
});

describe('the offline folder', () => {
  it('comes first, and is neither copied nor changed', async (test) => {
    const offline = temporaryFolder(test);
    const folder = temporaryFolder(test);
    placeSample(offline);
    setOfflineFolder(test, offline);
    assert.deepEqual(await obtainSample({ folder }), []);
    assert.deepEqual(readdirSync(folder), []);
    assertCached(offline);
  });

  it('may hold compressed files', async (test) => {
    const offline = temporaryFolder(test);
    mkdirSync(join(offline, 'sample'));
    for (const name of sampleNames) {
      writeFileSync(join(offline, 'sample', `${name}.gz`), packed(name));
    }
    setOfflineFolder(test, offline);
    await obtainSample({ sources: ['offline'] });
  });

  it('is checked like every other source', async (test) => {
    const offline = temporaryFolder(test);
    const folder = temporaryFolder(test);
    placeSample(offline, (name) => flipBit(contentsOf(name)));
    placeSample(folder);
    setOfflineFolder(test, offline);
    const messages = await obtainSample({ folder });
    assert.match(messages[0] ?? '', /offline folder .*train-images: wrong contents/);
  });

  it('that does not exist is told', async (test) => {
    const folder = temporaryFolder(test);
    placeSample(folder);
    setOfflineFolder(test, join(folder, 'nowhere'));
    const messages = await obtainSample({ folder });
    assert.match(messages[0] ?? '', /offline folder .*no such file or directory/);
  });
});

describe('sources', () => {
  it('that the dataset does not have are refused', async () => {
    const options: ObtainOptions = { sources: ['npm'] };
    await assert.rejects(obtainFiles<string>(sample, options), {
      message: 'Sample has no source "npm"; it has: offline, cache, mirrors.',
    });
  });

  it('that all fail are listed with their reasons and what to do', async (test) => {
    const folder = temporaryFolder(test);
    await assert.rejects(obtainFiles(sample, { folder, ...silent }), (error: Error) => {
      const lines = error.message.split('\n');
      assert.match(lines[0] ?? '', /^Sample cannot be loaded; missing: train-images, train-l/);
      assert.match(
        lines[2] ?? '',
        /offline folder \(DATASETS_OFFLINE_FOLDER is not set\): does not/,
      );
      assert.match(lines[3] ?? '', /cache .*: does not have train-images, train-labels, test-im/);
      assert.match(lines[4] ?? '', /mirror http:\/\/127\.0\.0\.1:9\/: train-images\.gz: /);
      assert.match(lines[5] ?? '', /What to do: .* called "sample", .*DATASETS_OFFLINE_FOLDER/);
      return true;
    });
  });
});

function flipBit(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(changed.readUInt8(100) ^ 1, 100);
  return changed;
}
