import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { flushToDisk } from '../files/replaceFile';
import { removeAbandonedFiles, temporaryName } from '../files/temporaryNames';
import { DT_INT64, DT_STRING, nativeBackend, nativeType } from '../native/backend';
import type * as tf from '../tensorflow';
import { type CheckpointEntry, readCheckpointIndex } from './checkpointIndex';
import { type NamedTensor, readTensors, writeTensors } from './checkpointOps';
import {
  checkpointSuffixes,
  finishReplacement,
  removeCheckpoint,
  replaceCheckpoint,
} from './checkpointReplacement';
import { objectGraphKey, parseObjectGraph, type TrackedObject } from './objectGraph';

/**
 * Saves tensors under names in TensorFlow's own checkpoint format: `<prefix>.index`,
 * `<prefix>.data-00000-of-00001`, and the folder's `checkpoint` file, which then names this
 * checkpoint as the newest. Python's `tf.train.load_checkpoint(prefix)` reads them.
 *
 * At whatever moment the process ends, the folder's newest checkpoint is a whole one: the old one
 * or the new one.
 *
 * @param prefix Path without the suffixes, for example `ckpt/cp-0005.ckpt`. Missing folders are
 *   made.
 * @param tensors float32, int32 or bool. They stay the caller's.
 * @see https://www.tensorflow.org/guide/checkpoint
 */
export async function saveCheckpoint(
  prefix: string,
  tensors: Record<string, tf.Tensor>,
): Promise<void> {
  await saveEntries(
    prefix,
    Object.entries(tensors).map(([name, tensor]) => ({ name, tensor })),
  );
}

/**
 * Reads the tensors of a TensorFlow checkpoint by their names; the caller disposes them. 64-bit whole
 * numbers become int32. Texts (TensorFlow 2 keeps its own notes in one) are left out. Checkpoints in
 * several parts, and variables in several parts, are put together.
 *
 * @param prefix Path without the suffixes, for example `ckpt/cp-0005.ckpt`.
 * @throws An error if the files are missing or damaged, or hold numbers that tfjs does not have.
 */
export async function loadCheckpoint(prefix: string): Promise<Record<string, tf.Tensor>> {
  const entries = [...(await listCheckpoint(prefix))].filter(
    ([, { dtype }]) => dtype !== DT_STRING,
  );
  return loadEntries(prefix, entries);
}

/** The names in a checkpoint with their data types and shapes. */
export async function listCheckpoint(prefix: string): Promise<Map<string, CheckpointEntry>> {
  checkPart(prefix, '.index');
  const { entries, partCount } = await readCheckpointIndex(prefix);
  for (let part = 0; part < partCount; part++) {
    const [number, count] = [part, partCount].map((n) => String(n).padStart(5, '0'));
    checkPart(prefix, `.data-${number}-of-${count}`);
  }
  return entries;
}

function checkPart(prefix: string, suffix: string): void {
  if (!existsSync(prefix + suffix)) {
    throw new Error(`There is no checkpoint ${prefix}: the file ${prefix}${suffix} is missing.`);
  }
}

/** The object graph of a checkpoint that TensorFlow 2 or `saveWeights` wrote, or undefined. */
export function loadObjectGraph(
  prefix: string,
  entries: Map<string, CheckpointEntry>,
): TrackedObject | undefined {
  const entry = entries.get(objectGraphKey);
  if (entry?.dtype !== DT_STRING) {
    return undefined;
  }
  const [tensor] = readOrExplain(prefix, [[objectGraphKey, entry]]) as [tf.Tensor];
  const [bytes] = nativeBackend().readSync(tensor.dataId) as unknown as [Uint8Array];
  tensor.dispose();
  return parseObjectGraph(Buffer.from(bytes));
}

/** Reads some of the entries that `listCheckpoint` lists. */
export function loadEntries(
  prefix: string,
  entries: [string, CheckpointEntry][],
): Record<string, tf.Tensor> {
  const known = [nativeType('float32'), nativeType('int32'), nativeType('bool'), DT_INT64];
  for (const [name, { dtype }] of entries) {
    if (!known.includes(dtype)) {
      throw new Error(
        `"${name}" in ${prefix} has TensorFlow's data type ${dtype}; ` +
          'only float32, int32, int64 and bool can be read.',
      );
    }
  }
  const tensors = readOrExplain(prefix, entries);
  return Object.fromEntries(entries.map(([name], i) => [name, tensors[i] as tf.Tensor]));
}

function readOrExplain(prefix: string, entries: [string, CheckpointEntry][]): tf.Tensor[] {
  try {
    return readTensors(prefix, entries);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The checkpoint ${prefix} cannot be read: ${reason}`, { cause: error });
  }
}

/** Saves a checkpoint whole (see `saveCheckpoint`). */
export async function saveEntries(prefix: string, entries: NamedTensor[]): Promise<void> {
  if (entries.length === 0) {
    throw new Error(`Nothing to save in the checkpoint ${prefix}.`);
  }
  const folder = dirname(prefix);
  await mkdir(folder, { recursive: true });
  await finishReplacement(folder);
  await removeAbandonedFiles(folder, checkpointSuffixes);
  const temporary = join(folder, temporaryName(basename(prefix)));
  try {
    writeTensors(temporary, entries);
    for (const suffix of checkpointSuffixes) {
      await flushToDisk(temporary + suffix);
    }
  } catch (error) {
    await removeCheckpoint(temporary);
    throw error;
  }
  await replaceCheckpoint(prefix, temporary);
}
