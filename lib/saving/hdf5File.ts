import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { compiledLibrary } from '../files/places';
import { replaceFile } from '../files/replaceFile';
import type { Hdf5Group } from './hdf5Tree';
import type { Hdf5Answer, Hdf5Task } from './hdf5Worker';

/** The time that reading or writing may take, at least, and for each megabyte, in milliseconds. */
const timeLimit = { atLeast: 30_000, perMegabyte: 1_000 };

/**
 * Reads an HDF5 file. Parts that are stored in other files (external storage, links, virtual datasets)
 * are not read: asking for one is an error.
 * Throws an error that says what is wrong if the file is missing, cut short or not HDF5.
 */
export async function readHdf5(path: string): Promise<Hdf5Group> {
  const bytes = await readFile(path).catch((error) => {
    throw new Error(`There is no file ${path} that can be read.`, { cause: error });
  });
  return parseHdf5(bytes, path);
}

/** The same for bytes; `name` stands for them in messages. */
export async function parseHdf5(bytes: Uint8Array, name: string): Promise<Hdf5Group> {
  const answer = await runWorker({ read: bytes }, bytes.length);
  if ('tree' in answer) {
    return answer.tree;
  }
  throw new Error(`${name} ${'problem' in answer ? answer.problem : 'was not read'}.`);
}

/** Writes an HDF5 file as a whole (see `replaceFile`). */
export async function writeHdf5(path: string, tree: Hdf5Group): Promise<void> {
  const bytes = await serializeHdf5(tree);
  await replaceFile(path, (temporaryPath) => writeFile(temporaryPath, bytes));
}

/** The bytes of an HDF5 file. */
export async function serializeHdf5(tree: Hdf5Group): Promise<Uint8Array> {
  const answer = await runWorker({ write: tree }, sizeOf(tree));
  if ('bytes' in answer) {
    return answer.bytes;
  }
  throw new Error(`The HDF5 file could not be made: it ${'problem' in answer && answer.problem}.`);
}

function sizeOf(tree: Hdf5Group): number {
  let size = 0;
  for (const member of tree.members.values()) {
    if (member.kind === 'group') {
      size += sizeOf(member);
    } else if (member.kind === 'array') {
      size += member.values.byteLength;
    }
  }
  return size;
}

function runWorker(task: Hdf5Task, size: number): Promise<Hdf5Answer> {
  const worker = new Worker(join(compiledLibrary, 'saving/hdf5Worker.js'), {
    workerData: task,
    execArgv: [],
    // What the library prints when it stops is in the error as well.
    stdout: true,
    stderr: true,
  });
  const limit = timeLimit.atLeast + timeLimit.perMegabyte * (size / 2 ** 20);
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => resolve({ problem: reason });
    const timer = setTimeout(() => {
      void worker.terminate();
      fail(`takes the HDF5 library more than ${Math.round(limit / 1000)} s: it is damaged`);
    }, limit);
    worker.once('message', (answer: Hdf5Answer) => resolve(answer));
    worker.once('error', reject);
    worker.once('exit', () => {
      clearTimeout(timer);
      fail('is damaged: it stops the HDF5 library');
    });
  });
}
