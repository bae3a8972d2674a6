/** Data that come batch by batch: `tf.data.Dataset`, generators, anything that can be gone through. */
import * as tf from '../tensorflow';
import type { ModelInternals } from '../tfjsInternals';
import type { Batch, BatchSource } from './batches';
import { preparedInputs, preparedSamples, type TensorOrTensors } from './dataChecks';
import type { Breaks } from './interruption';
import { isRecord } from './kinds';
import type { Samples } from './samples';
import type { ClassWeight, SampleWeight } from './sampleWeights';

/**
 * One batch: `[x, y]`, or with a weight for each row `[x, y, sampleWeight]`, as in Keras; or
 * `{ xs, ys }`, as in TensorFlow.js. The run disposes the tensors when it has used them.
 */
export type DataBatch =
  | readonly [x: TensorOrTensors, y: TensorOrTensors, sampleWeight?: SampleWeight]
  | {
      /** The inputs, as `x` of `fit`. */
      xs: TensorOrTensors;
      /** The targets, as `y` of `fit`. */
      ys: TensorOrTensors;
    };

/** Something that gives one batch after the other. */
export type Batches = Iterable<DataBatch> | AsyncIterable<DataBatch>;

/**
 * Data that come batch by batch. A `tf.data.Dataset` and a function that returns an iterator (a
 * generator function, say) are gone through anew in each epoch; a generator that has ended is not.
 */
export type DataSource =
  // tfjs does not say in a Dataset's type what the tensors of its elements are.
  tf.data.Dataset<tf.TensorContainer> | Batches | (() => Batches);

type BatchIterator = Iterator<unknown> | AsyncIterator<unknown>;

/** Whether these are data that come batch by batch, and not tensors. */
export function isDataSource(data: unknown): data is DataSource {
  if (typeof data === 'function') {
    return true;
  }
  if (
    typeof data !== 'object' ||
    data === null ||
    Array.isArray(data) ||
    ArrayBuffer.isView(data)
  ) {
    return false;
  }
  return isDataset(data) || Symbol.iterator in data || Symbol.asyncIterator in data;
}

function isDataset(data: object): data is tf.data.Dataset<tf.TensorContainer> {
  return data instanceof tf.data.Dataset;
}

/** Batches hold their targets: the options come after them, or third after `undefined`. */
export function argumentsOf<Options extends object>(
  x: unknown,
  yOrOptions: TensorOrTensors | Options | undefined,
  optionsAfterY: Options | undefined,
): { y: TensorOrTensors | undefined; options: Options } {
  const none = {} as Options;
  if (!isDataSource(x)) {
    return { y: yOrOptions as TensorOrTensors, options: optionsAfterY ?? none };
  }
  if (yOrOptions instanceof tf.Tensor || Array.isArray(yOrOptions)) {
    throw new TypeError('Data that come batch by batch hold their targets: leave out y.');
  }
  return { y: undefined, options: (yOrOptions as Options | undefined) ?? optionsAfterY ?? none };
}

/** @throws TypeError if one of these options, which need all rows, was given. */
export function refuseOptions(options: object, names: readonly string[]): void {
  const wrong = names.find((name) => (options as Record<string, unknown>)[name] !== undefined);
  if (wrong) {
    throw new TypeError(`The option ${wrong} is not for data that come batch by batch.`);
  }
}

/** @throws RangeError if the data never end, and nobody said how many steps to take. */
export function requireEnd(
  { steps }: BatchSource,
  option: string,
  given: number | undefined,
): void {
  if (steps === Number.POSITIVE_INFINITY && given === undefined) {
    throw new RangeError(`The data repeat themselves without end: give ${option}.`);
  }
}

/** The batches of a data source, each checked when it comes. */
export class SourceBatches implements BatchSource {
  readonly batchSize = undefined;
  readonly samples = undefined;

  /**
   * @param model takes the batches.
   * @param name what the user calls the source: `x`, or `validationData`.
   * @param breaks tells of interrupts.
   * @param options weights of the classes; or that a batch may be inputs alone, its targets unused.
   */
  constructor(
    private readonly model: ModelInternals,
    private readonly source: DataSource,
    private readonly name: string,
    private readonly breaks: Breaks,
    private readonly options: { classWeight?: ClassWeight; inputsOnly?: boolean } = {},
  ) {}

  get steps(): number | undefined {
    const { source } = this;
    return typeof source === 'object' && isDataset(source) ? (source.size ?? undefined) : undefined;
  }

  async *pass(): AsyncGenerator<Batch, void> {
    const iterator = await this.start();
    let hasEnded = false;
    try {
      for (let number = 0; ; number++) {
        const value = await this.next(iterator);
        if (value === undefined) {
          hasEnded = true;
          return;
        }
        yield* this.prepared(value, number);
      }
    } finally {
      if (!hasEnded) {
        await this.waitFor(iterator.return?.());
      }
    }
  }

  dispose(): void {}

  private async start(): Promise<BatchIterator> {
    const { source } = this;
    if (typeof source === 'object' && isDataset(source)) {
      return (await this.waitFor(source.iterator())) as BatchIterator;
    }
    const given: unknown = typeof source === 'function' ? source() : source;
    const batches: object = Object(given);
    if (Symbol.asyncIterator in batches) {
      return (batches as AsyncIterable<DataBatch>)[Symbol.asyncIterator]();
    }
    if (Symbol.iterator in batches) {
      return (batches as Iterable<DataBatch>)[Symbol.iterator]();
    }
    throw new TypeError(
      `${this.name} is a function; it must return something that gives batches, as a generator ` +
        `function does, but it returned ${describe(given)}.`,
    );
  }

  /** The next batch as the source gives it, or undefined after the last one. */
  private async next(iterator: BatchIterator): Promise<DataBatch | undefined> {
    const coming = iterator.next();
    try {
      const { value, done } = await this.waitFor(coming);
      return done ? undefined : (value as DataBatch);
    } catch (error) {
      // What comes after an interrupt is nobody's.
      Promise.resolve(coming).then(
        ({ value }) => tf.dispose(value as tf.TensorContainer),
        () => {},
      );
      throw error;
    }
  }

  private *prepared(value: DataBatch, number: number): Generator<Batch> {
    const of = (part: string) => `${part} of batch ${number} of ${this.name}`;
    try {
      const samples = this.samplesOf(value, number, of);
      try {
        yield { inputs: samples.inputs, targets: samples.targets, size: samples.count };
      } finally {
        samples.dispose();
      }
    } finally {
      tf.dispose(value as unknown as tf.TensorContainer);
    }
  }

  private samplesOf(value: DataBatch, number: number, of: (part: string) => string): Samples {
    const { classWeight, inputsOnly } = this.options;
    if (inputsOnly && isInputs(value)) {
      return preparedInputs(this.model, value, of('x'));
    }
    const [x, y, sampleWeight] = this.parts(value, number);
    if (inputsOnly) {
      return preparedInputs(this.model, x, of('x'));
    }
    const names = [of('x'), of('y'), of('sampleWeight')] as const;
    return preparedSamples(this.model, x, y, { names, sampleWeight, classWeight });
  }

  private parts(
    value: DataBatch,
    number: number,
  ): [TensorOrTensors, TensorOrTensors, SampleWeight | undefined] {
    if (Array.isArray(value) && (value.length === 2 || value.length === 3)) {
      return [value[0], value[1], value[2]];
    }
    if (typeof value === 'object' && value !== null && 'xs' in value && 'ys' in value) {
      return [value.xs, value.ys, undefined];
    }
    throw new TypeError(
      `Batch ${number} of ${this.name} is ${describe(value)}; it must be [x, y], ` +
        '[x, y, sampleWeight] or { xs, ys }.',
    );
  }

  private waitFor<T>(value: T | PromiseLike<T>): Promise<T> {
    return this.breaks.waitFor(
      value,
      () => `The run was interrupted while it waited for a batch of ${this.name}.`,
    );
  }
}

/** Whether a batch is a tensor, or a record of the model's inputs, and not a pair with targets. */
function isInputs(value: unknown): value is tf.Tensor {
  return value instanceof tf.Tensor || (isRecord(value) && !('xs' in value && 'ys' in value));
}

function describe(value: unknown): string {
  if (Array.isArray(value)) {
    return `an array of ${value.length}`;
  }
  if (value instanceof tf.Tensor) {
    return 'one tensor';
  }
  return typeof value === 'object' && value !== null
    ? `an object with ${Object.keys(value).join(', ') || 'nothing in it'}`
    : String(value);
}
