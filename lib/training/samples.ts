import seedrandom from 'seedrandom';
import * as tf from '../tensorflow';

/** The rows of one step. The one who takes a batch disposes it. */
export interface Batch {
  inputs: tf.Tensor[];
  targets: tf.Tensor[];
  size: number;
}

/** Rows of inputs and their targets. */
export class Samples {
  constructor(
    private readonly inputs: tf.Tensor[],
    private readonly targets: tf.Tensor[],
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

  /** Disposes the tensors, those of other ranges of the same tensors included. */
  dispose(): void {
    tf.dispose([this.inputs, this.targets]);
  }

  steps(batchSize: number): number {
    return Math.ceil(this.count / batchSize);
  }

  /** The batch of one step; the rows are in their stored order unless `order` says otherwise. */
  batch(step: number, batchSize: number, order?: Int32Array): Batch {
    const first = step * batchSize;
    const size = Math.min(batchSize, this.count - first);
    if (!order) {
      const slice = (tensor: tf.Tensor) => tf.slice(tensor, this.from + first, size);
      return { inputs: this.inputs.map(slice), targets: this.targets.map(slice), size };
    }
    const rows = tf.tensor1d(order.subarray(first, first + size), 'int32');
    const gather = (tensor: tf.Tensor) => tf.gather(tensor, rows);
    const batch = { inputs: this.inputs.map(gather), targets: this.targets.map(gather), size };
    rows.dispose();
    return batch;
  }

  /**
   * The row numbers in random order. Seed and epoch alone decide the order, so training resumed
   * at an epoch sees the same batches as training that never stopped.
   */
  shuffledRows(seed: number, epoch: number): Int32Array {
    const random = seedrandom(`${seed}/${epoch}`);
    const rows = Int32Array.from({ length: this.count }, (_, index) => this.from + index);
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

/** Means over rows of values that come as means over batches, as Keras reports them. */
export class RunningMeans {
  private readonly sums: number[] = [];
  private rows = 0;

  constructor(private readonly names: string[]) {}

  /** `values`: one per name; tfjs's tests of models with several outputs put subtotals first. */
  add(values: number[], rows: number): void {
    for (const [index, value] of values.slice(-this.names.length).entries()) {
      this.sums[index] = (this.sums[index] ?? 0) + value * rows;
    }
    this.rows += rows;
  }

  /** The mean so far of the first value, which is the loss. */
  get loss(): number {
    return (this.sums[0] ?? 0) / this.rows;
  }

  /** The means so far by name, each name with `prefix` before it. */
  logs(prefix = ''): Record<string, number> {
    return Object.fromEntries(
      this.names.map((name, index) => [prefix + name, (this.sums[index] ?? 0) / this.rows]),
    );
  }
}
