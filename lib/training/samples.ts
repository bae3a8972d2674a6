import seedrandom from 'seedrandom';
import * as tf from '../tensorflow';
import type { Reported } from './compiledModel';

/** For how many batches the row numbers are made in one go. */
const BATCHES_TOGETHER = 256;

/** Some rows of inputs and their targets: all of them, or a range. */
export class Samples {
  constructor(
    readonly inputs: tf.Tensor[],
    readonly targets: tf.Tensor[],
    private readonly from = 0,
    private readonly to = inputs[0]?.shape[0] ?? 0,
  ) {}

  get count(): number {
    return this.to - this.from;
  }

  /** The first `count` rows and the rest: two ranges of the same tensors, nothing is copied. */
  split(count: number): [Samples, Samples] {
    const middle = this.from + count;
    return [
      new Samples(this.inputs, this.targets, this.from, middle),
      new Samples(this.inputs, this.targets, middle, this.to),
    ];
  }

  /** The same rows with other targets, some of these ones. */
  withTargets(targets: tf.Tensor[]): Samples {
    return new Samples(this.inputs, targets, this.from, this.to);
  }

  /** Disposes the tensors, those of other ranges of the same tensors included. */
  dispose(): void {
    tf.dispose([this.inputs, this.targets]);
  }

  steps(batchSize: number): number {
    return Math.ceil(this.count / batchSize);
  }

  /**
   * The row numbers of one batch after the other, taken from `order`. They are disposed when the
   * loop ends, or earlier.
   *
   * Each way from JavaScript into a tensor costs some 50 µs, so many batches go together.
   */
  *batches(order: Int32Array, batchSize: number): Generator<tf.Tensor1D> {
    const together = BATCHES_TOGETHER * batchSize;
    for (let first = 0; first < order.length; first += together) {
      const rows = order.subarray(first, first + together);
      const sizes = Array.from({ length: Math.ceil(rows.length / batchSize) }, (_, batch) =>
        Math.min(batchSize, rows.length - batch * batchSize),
      );
      const batches = tf.tidy(() => tf.split<tf.Tensor1D>(tf.tensor1d(rows, 'int32'), sizes));
      try {
        yield* batches;
      } finally {
        tf.dispose(batches);
      }
    }
  }

  /** The row numbers in their stored order. */
  storedRows(): Int32Array {
    return Int32Array.from({ length: this.count }, (_, index) => this.from + index);
  }

  /**
   * The row numbers in random order. Seed and epoch alone decide the order, so training resumed
   * at an epoch sees the same batches as training that never stopped.
   */
  shuffledRows(seed: number, epoch: number): Int32Array {
    const random = seedrandom(`${seed}/${epoch}`);
    const rows = this.storedRows();
    // Fisher-Yates shuffle.
    for (let last = rows.length - 1; last > 0; last--) {
      const other = Math.floor(random() * (last + 1));
      const kept = rows[last] as number;
      rows[last] = rows[other] as number;
      rows[other] = kept;
    }
    return rows;
  }
}

/** Values over all rows, of those that come batch by batch, as Keras reports them. */
export class RunningMeans {
  private readonly totals: number[] = [];
  /** How many rows the means are of. */
  rows = 0;

  constructor(private readonly reported: readonly Reported[]) {}

  /**
   * Counts a batch.
   *
   * @param values one for each that is reported, or its sums. The others are means over the batch, in
   *   float32.
   */
  add(values: readonly number[], rows: number): void {
    let place = 0;
    for (const { sums } of this.reported) {
      const end = place + (sums?.count ?? 1);
      for (; place < end; place++) {
        const value = values[place] as number;
        this.totals[place] = (this.totals[place] ?? 0) + (sums ? value : sumOf(value, rows));
      }
    }
    this.rows += rows;
  }

  /** The mean so far of the first value, which is the loss. */
  get loss(): number {
    return (this.totals[0] ?? 0) / this.rows;
  }

  /** The values so far by name, each name with `prefix` before it. */
  logs(prefix = ''): Record<string, number> {
    const logs: Record<string, number> = {};
    let place = 0;
    for (const { name, sums } of this.reported) {
      const end = place + (sums?.count ?? 1);
      const totals = this.totals.slice(place, end);
      logs[prefix + name] = sums ? sums.result(totals) : (totals[0] ?? 0) / this.rows;
      place = end;
    }
    return logs;
  }
}

/** Half the distance of two neighbouring float32 numbers, as a part of them, at most. */
const ROUNDING = 2 ** -24;

/** The sum that a mean in float32 was made of: a whole number if it can be one, as of right answers. */
function sumOf(mean: number, rows: number): number {
  const sum = mean * rows;
  const whole = Math.round(sum);
  return Math.abs(sum - whole) <= Math.abs(whole) * ROUNDING ? whole : sum;
}
