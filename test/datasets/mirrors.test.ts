import assert from 'node:assert/strict';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as wait } from 'node:timers/promises';
import { fashionMnistDescription } from '../../lib/datasets/fashionMnist';
import { mnistDescription } from '../../lib/datasets/mnist';
import { obtainFiles } from '../../lib/datasets/obtain';
import type { DatasetProgress } from '../../lib/datasets/progress';
import { unpackAndVerify } from '../../lib/datasets/verification';
import {
  contentsOf,
  packed,
  type SampleMirror,
  sample,
  sampleNames,
  startMirror,
  temporaryFolder,
} from './sampleDataset';

/** Obtains the sample from mirrors only, and returns the reports. */
async function obtainFrom(
  test: TestContext,
  mirrors: readonly SampleMirror[],
  silenceSeconds?: number,
): Promise<DatasetProgress[]> {
  const reports: DatasetProgress[] = [];
  await obtainFiles(sample, {
    folder: temporaryFolder(test),
    sources: ['mirrors'],
    mirrors: mirrors.map(({ address }) => address),
    onProgress: (progress) => reports.push(progress),
    ...(silenceSeconds === undefined ? {} : { silenceSeconds }),
  });
  return reports;
}

describe('a mirror', () => {
  it('has its progress reported, up to the last byte', async (test) => {
    const mirror = await startMirror(test);
    const reports = await obtainFrom(test, [mirror]);
    for (const name of sampleNames) {
      const last = reports.filter(({ message }) => message.includes(` ${name} from`)).at(-1);
      assert.equal(last?.receivedBytes, packed(name).length);
      assert.equal(last?.totalBytes, packed(name).length);
    }
  });

  it('may send its files uncompressed', async (test) => {
    const mirror = await startMirror(test, (name, response) => response.end(contentsOf(name)));
    await obtainFrom(test, [mirror]);
  });

  it('may be slow as long as something arrives', async (test) => {
    const mirror = await startMirror(test, async (name, response) => {
      const body = packed(name);
      for (let start = 0; name === 'train-images' && start < 60; start += 10) {
        response.write(body.subarray(start, start + 10));
        await wait(150);
      }
      response.end(name === 'train-images' ? body.subarray(60) : body);
    });
    const start = Date.now();
    await obtainFrom(test, [mirror], 0.6);
    assert.ok(Date.now() - start > 850, 'the mirror was not slow');
  });

  type Answer = Parameters<typeof startMirror>[1];
  const faults: [name: string, answer: Answer, reason: RegExp][] = [
    ['does not answer', () => {}, /train-images.gz: the server was silent for 0.5 seconds/],
    [
      'falls silent in the middle',
      (name, response) => response.write(packed(name).subarray(0, 50)),
      /train-images.gz: the server was silent for 0.5 seconds/,
    ],
    [
      'hangs up in the middle',
      (name, response) => {
        const body = packed(name);
        response.setHeader('content-length', body.length);
        response.write(body.subarray(0, 50), () => response.destroy());
      },
      /train-images.gz: .*(closed|terminated|reset|ECONNRESET)/,
    ],
    [
      'sends a part as if it were all',
      (name, response) => response.end(packed(name).subarray(0, -10)),
      /train-images: damaged gzip data: unexpected end of file/,
    ],
    [
      'does not have the file',
      (_, response) => response.writeHead(404).end('nothing here'),
      /train-images.gz: the server answered 404 Not Found/,
    ],
    [
      'sends a login page',
      (_, response) => response.end('<html>Please log in</html>'),
      /train-images: wrong length: 26 bytes, expected 40000/,
    ],
    [
      'sends another file of the same length',
      (name, response) => response.end(Buffer.alloc(contentsOf(name).length, '?')),
      /train-images: wrong contents: SHA-256/,
    ],
    [
      'sends without end',
      (_, response) => {
        const send = () => response.write(Buffer.alloc(10_000), (error) => error || send());
        send();
      },
      /train-images.gz: the server sends more than the file's 40000 bytes/,
    ],
  ];
  for (const [name, answer, reason] of faults) {
    it(`that ${name} is left for the next one`, async (test) => {
      const bad = await startMirror(test, answer);
      const good = await startMirror(test);
      const start = Date.now();
      const reports = await obtainFrom(test, [bad, good], 0.5);
      assert.ok(Date.now() - start < 5000, 'that took too long');
      const told = reports.map(({ message }) => message);
      assert.ok(
        told.some((message) => reason.test(message)),
        told.join('\n'),
      );
      assert.deepEqual(good.requests, sampleNames);
    });
  }

  it('is not asked any more once the user interrupts', async (test) => {
    const controller = new AbortController();
    const first = await startMirror(test, () => controller.abort());
    const second = await startMirror(test);
    await assert.rejects(
      obtainFiles(sample, {
        folder: temporaryFolder(test),
        mirrors: [first.address, second.address],
        signal: controller.signal,
        onProgress: () => {},
      }),
      { name: 'AbortError' },
    );
    assert.deepEqual(second.requests, []);
  });
});

describe('the public mirrors', () => {
  for (const dataset of [mnistDescription, fashionMnistDescription]) {
    const [file] = dataset.files.filter(({ name }) => name === 't10k-labels-idx1-ubyte');
    assert.ok(file);
    const places = dataset.sources.mirrors({
      title: dataset.title,
      folder: dataset.folder,
      cacheFolder: '',
      mirrors: undefined,
      silenceSeconds: 5,
      signal: undefined,
      report: () => {},
    });
    for (const source of places) {
      it(`${source.name} has ${dataset.title}`, async (test) => {
        try {
          for await (const { bytes } of source.find([file])) {
            await unpackAndVerify(file, bytes);
          }
        } catch (error) {
          const { message } = error as Error;
          if (!/ENOTFOUND|EAI_AGAIN|ECONN|UNREACH|TIMEDOUT|silent|answered 5/i.test(message)) {
            throw error;
          }
          test.skip(`out of reach from here: ${message}`);
        }
      });
    }
  }
});
