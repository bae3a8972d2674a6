/** A dataset of a few bytes, and a server that acts as its mirror. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { gzipSync } from 'node:zlib';
import {
  cache,
  type DatasetDescription,
  type DatasetFile,
  type DatasetFiles,
  mirrors,
  offlineFolder,
} from '../../lib/datasets/index';

const contents = new Map<string, Buffer>();

function sampleFile(name: string, bytes: Buffer): DatasetFile {
  contents.set(name, bytes);
  return { name, bytes: bytes.length, sha256: createHash('sha256').update(bytes).digest('hex') };
}

export const sample: DatasetDescription<DatasetFiles, 'offline' | 'cache' | 'mirrors'> = {
  title: 'Sample',
  folder: 'sample',
  files: [
    sampleFile('train-images', Buffer.alloc(40_000, 'train images ')),
    sampleFile('train-labels', Buffer.alloc(400, 'train labels ')),
    sampleFile('test-images', Buffer.alloc(20_000, 'test images ')),
    sampleFile('test-labels', Buffer.alloc(200, 'test labels ')),
  ],
  sources: { offline: offlineFolder, cache, mirrors: mirrors(['http://127.0.0.1:9/']) },
  website: 'http://127.0.0.1:9/',
  decode: (files) => files,
};

export const sampleNames: readonly string[] = [...contents.keys()];

/** The contents of the sample's file. */
export function contentsOf(name: string): Buffer {
  const bytes = contents.get(name);
  if (!bytes) {
    throw new Error(`the sample has no file ${name}`);
  }
  return bytes;
}

/** The sample's file as a mirror sends it. */
export function packed(name: string): Buffer {
  return gzipSync(contentsOf(name));
}

/** A folder that is removed after the test. */
export function temporaryFolder(test: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'datasets-'));
  test.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Writes the sample's files to `<root>/sample`, and returns that folder. */
export function placeSample(root: string, change: (name: string) => Buffer = contentsOf): string {
  const folder = join(root, sample.folder);
  mkdirSync(folder, { recursive: true });
  for (const name of sampleNames) {
    writeFileSync(join(folder, name), change(name));
  }
  return folder;
}

/** A server on this machine that is closed after the test. */
export interface SampleMirror {
  readonly address: string;
  /** The files asked for so far. */
  readonly requests: string[];
}

type Answer = (name: string, response: ServerResponse) => void;

const answerRightly: Answer = (name, response) => {
  const body = packed(name);
  response.setHeader('content-length', body.length);
  response.end(body);
};

/** Starts a mirror with the given answers, or with correct ones by default. */
export async function startMirror(
  test: TestContext,
  answer: Answer = answerRightly,
): Promise<SampleMirror> {
  const requests: string[] = [];
  const listener: RequestListener = (request, response) => {
    const name = request.url?.replace(/^\/|\.gz$/g, '') ?? '';
    requests.push(name);
    answer(name, response);
  };
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  test.after(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, requests };
}
