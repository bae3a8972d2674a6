/** Data as a run takes them: batch by batch, pass by pass, epoch by epoch. */
import type * as tf from '../tensorflow';
import type { Samples } from './samples';

/** What one step takes. */
export interface Batch {
  readonly inputs: tf.Tensor[];
  /** One tensor per output; then, if rows have weights, as many tensors of these. */
  readonly targets: tf.Tensor[];
  /** Where given, the batch is these rows of the tensors. */
  readonly rows?: tf.Tensor1D;
  /** How many rows the batch has. */
  readonly size: number;
}

/** Where batches come from. */
export interface BatchSource {
  /** Batches in a pass; undefined where the data do not tell, infinite where they never end. */
  readonly steps: number | undefined;
  /** Rows per batch, where all but the last have as many. */
  readonly batchSize: number | undefined;
  /** Rows in a pass, where they are known. */
  readonly samples: number | undefined;
  /**
   * Goes through the data. A batch is disposed when the next one is asked for, or the pass is left.
   *
   * @param number tells passes apart, for the order of the rows.
   */
  pass(number: number): Generator<Batch, void> | AsyncGenerator<Batch, void>;
  /** Disposes what the source has made. */
  dispose(): void;
}

/** Batches of tensors that hold the whole data. */
export class SampleBatches implements BatchSource {
  /**
   * @param samples the rows; disposed with this.
   * @param seed of the order of the rows; undefined: as they are stored.
   */
  constructor(
    private readonly data: Samples,
    readonly batchSize: number,
    private readonly seed: number | undefined,
  ) {}

  get steps(): number {
    return this.data.steps(this.batchSize);
  }

  get samples(): number {
    return this.data.count;
  }

  *pass(number: number): Generator<Batch, void> {
    const { data, seed, batchSize } = this;
    const order = seed === undefined ? data.storedRows() : data.shuffledRows(seed, number);
    for (const rows of data.batches(order, batchSize)) {
      yield { inputs: data.inputs, targets: data.targets, rows, size: rows.size };
    }
  }

  dispose(): void {
    this.data.dispose();
  }
}

/** Rows in their stored order: one batch of the tensors as they are, if it holds all of them. */
export function storedBatches(samples: Samples, batchSize: number): BatchSource {
  return samples.count > batchSize
    ? new SampleBatches(samples, batchSize, undefined)
    : {
        steps: 1,
        batchSize,
        samples: samples.count,
        *pass() {
          yield { inputs: samples.inputs, targets: samples.targets, size: samples.count };
        },
        dispose: () => samples.dispose(),
      };
}

/**
 * Divides passes over the data into epochs: one pass each, or as many steps as are asked for. Then,
 * as in Keras, an epoch goes on where the one before has stopped, and a new pass begins with the
 * epoch after the one in which the data ended.
 */
export class Epochs {
  private current: ReturnType<BatchSource['pass']> | undefined;
  private passes: number;

  /**
   * @param stepsPerEpoch undefined: one pass each.
   * @param firstEpoch the number of the first epoch, counted from 0.
   */
  constructor(
    private readonly source: BatchSource,
    private readonly stepsPerEpoch: number | undefined,
    firstEpoch: number,
  ) {
    this.passes = firstEpoch;
  }

  /** Steps in an epoch, where that is known. */
  get steps(): number | undefined {
    return this.stepsPerEpoch ?? this.source.steps;
  }

  /** The batches of the next epoch; fewer than `stepsPerEpoch`, after a warning, if the data end. */
  async *next(): AsyncGenerator<Batch, void> {
    if (this.stepsPerEpoch === undefined) {
      yield* this.source.pass(this.passes++);
      return;
    }
    for (let step = 0; step < this.stepsPerEpoch; step++) {
      const batch = (await this.nextBatch()) ?? (step === 0 ? await this.nextBatch() : undefined);
      if (!batch) {
        console.warn(
          `The data ended after step ${step} of ${this.stepsPerEpoch} of an epoch: it is shorter. ` +
            'Data that repeat themselves (tf.data.Dataset.repeat) fill every epoch.',
        );
        return;
      }
      yield batch;
    }
  }

  private async nextBatch(): Promise<Batch | undefined> {
    this.current ??= this.source.pass(this.passes++);
    const { value, done } = await this.current.next();
    if (done) {
      this.current = undefined;
      return undefined;
    }
    return value as Batch;
  }

  /** Leaves the pass that has begun. */
  async close(): Promise<void> {
    await this.current?.return();
    this.current = undefined;
  }
}

/** The first `steps` batches of a pass, or all. */
export async function* batchesOf(
  source: BatchSource,
  steps: number | undefined,
): AsyncGenerator<Batch, void> {
  let done = 0;
  for await (const batch of source.pass(0)) {
    yield batch;
    if (++done === steps) {
      return;
    }
  }
}
