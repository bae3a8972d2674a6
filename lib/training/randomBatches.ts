import * as tf from '../tensorflow';
import { checkOptionNames } from './names';
import { checkedBatchSize, checkedSeed } from './options';
import { batchOf } from './runners/batchRunner';
import { Samples } from './samples';

/** Options of {@link randomBatches}. */
export interface RandomBatchesOptions {
  /** Rows per batch; 32 unless given, at most as many as there are rows. */
  batchSize?: number;
  /** A whole number: the same seed gives the same batches. Left out: others each time. */
  seed?: number;
}

/**
 * Cuts a data set into random batches, without end: for training loops written by hand.
 *
 * Every row comes once before any row comes again: the rows are shuffled, taken in that order, and
 * shuffled anew when all have been taken. A batch at the border takes the last rows of one order
 * and the first of the next, so that all batches are of one size (as those of `next_batch` in
 * TensorFlow's old MNIST tutorial were).
 *
 * @param inputs One row per sample along the first axis; stays the caller's.
 * @param targets As many rows as `inputs`; stays the caller's.
 * @param options size of the batches, and seed of their order.
 * @yields `[inputs, targets]` of one batch, new tensors: the one who takes them disposes them.
 * @throws RangeError if the tensors differ in rows or an option is out of its range, TypeError for an
 *   unknown option, Error if a tensor was disposed (also between two batches).
 *
 * @example
 * const batches = training.randomBatches(images, labels, { batchSize: 512, seed: 0 });
 * const [batchImages, batchLabels] = batches.next().value;
 */
export function randomBatches<Inputs extends tf.Tensor, Targets extends tf.Tensor>(
  inputs: Inputs,
  targets: Targets,
  options: RandomBatchesOptions = {},
): Iterator<[Inputs, Targets], never> & Iterable<[Inputs, Targets]> {
  checkOptionNames('randomBatches', options, ['batchSize', 'seed']);
  requireTensors(inputs, targets);
  const batchSize = checkedBatchSize(options.batchSize);
  const rows = inputs.shape[0] ?? 0;
  if (targets.shape[0] !== rows) {
    throw new RangeError(
      `randomBatches: the inputs have ${rows} rows and the targets ${targets.shape[0]}, ` +
        'expected as many of one as of the other.',
    );
  }
  if (batchSize > rows) {
    throw new RangeError(`randomBatches: batchSize is ${batchSize}, but there are ${rows} rows.`);
  }
  return generate(inputs, targets, batchSize, checkedSeed(options.seed));
}

function requireTensors(inputs: tf.Tensor, targets: tf.Tensor): void {
  for (const [name, { isDisposed }] of Object.entries({ inputs, targets })) {
    if (isDisposed) {
      throw new Error(`randomBatches: the ${name} were disposed. Load or compute them again.`);
    }
  }
}

function* generate<Inputs extends tf.Tensor, Targets extends tf.Tensor>(
  inputs: Inputs,
  targets: Targets,
  batchSize: number,
  seed: number,
): Generator<[Inputs, Targets], never> {
  const samples = new Samples([inputs], [targets]);
  let waiting = new Int32Array(0);
  for (let epoch = 0; ; ) {
    if (waiting.length < batchSize) {
      waiting = Int32Array.from([...waiting, ...samples.shuffledRows(seed, epoch++)]);
    }
    requireTensors(inputs, targets);
    const rows = tf.tensor1d(waiting.subarray(0, batchSize), 'int32');
    const batch = batchOf([inputs, targets], rows);
    rows.dispose();
    waiting = waiting.subarray(batchSize);
    yield batch as [Inputs, Targets];
  }
}
