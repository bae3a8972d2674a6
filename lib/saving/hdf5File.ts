import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import { compiledLibrary } from '../files/places';
import { replaceFile } from '../files/replaceFile';
import type { Hdf5Group } from './hdf5Tree';
import type { Hdf5Answer, Hdf5Result, Hdf5Task } from './hdf5Worker';

/** The time that reading or writing may take, at least, and for each megabyte, in milliseconds. */
const timeLimit = { atLeast: 30_000, perMegabyte: 1_000 };

/** How long a thread waits for the next file: starting one takes longer than most files do. */
const idleMs = 10_000;
/** After a larger file, in bytes, a thread would keep too much memory while it waits. */
const largeFile = 64 * 2 ** 20;

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

/** A thread that has ended its last file well and waits for the next. */
let idle: { worker: Worker; timer: NodeJS.Timeout } | undefined;

function takeWorker(): Worker {
  if (idle) {
    const { worker, timer } = idle;
    idle = undefined;
    clearTimeout(timer);
    forget(worker).ref();
    return worker;
  }
  return new Worker(join(compiledLibrary, 'saving/hdf5Worker.js'), {
    execArgv: [],
    // What the library prints when it stops is in the error as well.
    stdout: true,
    stderr: true,
  });
}

function keepWorker(worker: Worker): void {
  forget(worker).unref();
  idle = { worker, timer: setTimeout(endIdle, idleMs).unref() };
  worker.once('error', endIdle).once('exit', endIdle);
}

function forget(worker: Worker): Worker {
  return worker.removeAllListeners('error').removeAllListeners('exit');
}

function endIdle(): void {
  const ended = idle;
  idle = undefined;
  clearTimeout(ended?.timer);
  void ended?.worker.terminate();
}

function runWorker(task: Hdf5Task, size: number): Promise<Hdf5Answer> {
  const worker = takeWorker();
  const limit = timeLimit.atLeast + timeLimit.perMegabyte * (size / 2 ** 20);
  return new Promise((resolve, reject) => {
    const fail = (reason: string) => {
      clearTimeout(timer);
      resolve({ problem: reason });
    };
    const timer = setTimeout(() => {
      fail(`takes the HDF5 library more than ${Math.round(limit / 1000)} s: it is damaged`);
      void worker.terminate();
    }, limit);
    worker.once('message', ({ answer, isSound }: Hdf5Result) => {
      clearTimeout(timer);
      resolve(answer);
      if (isSound && size <= largeFile && !idle) {
        keepWorker(worker);
      } else {
        void worker.terminate();
      }
    });
    worker.once('error', reject);
    worker.once('exit', () => fail('is damaged: it stops the HDF5 library'));
    worker.postMessage(task);
  });
}
