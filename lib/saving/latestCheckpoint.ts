import { existsSync } from 'node:fs';
import { finishReplacement } from './checkpointReplacement';
import { namedCheckpoint, stateFileIn } from './checkpointState';

/**
 * The newest checkpoint in a folder, by the folder's `checkpoint` file: the path to give to
 * `loadWeights` or `loadCheckpoint`. Undefined if there is none.
 *
 * If a program was ended while it replaced a checkpoint, the replacement is finished first.
 *
 * @param directory the folder that holds the checkpoints.
 * @throws Error if the `checkpoint` file is damaged, or names a checkpoint that is not there.
 * @see https://www.tensorflow.org/api_docs/python/tf/train/latest_checkpoint
 */
export async function latestCheckpoint(directory: string): Promise<string | undefined> {
  await finishReplacement(directory);
  const prefix = await namedCheckpoint(directory);
  if (prefix && !existsSync(`${prefix}.index`)) {
    throw new Error(
      `${stateFileIn(directory)} names the checkpoint ${prefix}, but there is no ${prefix}.index.`,
    );
  }
  return prefix;
}
