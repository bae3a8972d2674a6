/** One model's graphs: which batch runs as which graph, and which runs op by op. */
import type { TensorFunction } from '../../graph/capture/capture';
import { Program, type Values } from '../../graph/program';
import { NotCompilableError } from '../../native/notCompilableError';
import * as tf from '../../tensorflow';
import type { ModelInternals } from '../../tfjsInternals';
import { type BatchRunner, batchOf, numbersOf } from './batchRunner';
import { type BatchHistory, CompilePolicy } from './compilePolicy';
import { ModelCode } from './modelCode';
import { type Kind, modelSteps } from './modelSteps';

/**
 * What a model's graphs are for. Each use has a session of its own: a graph more in one session makes
 * TensorFlow load all of them anew.
 *
 * - `steps`: training, and the tests after its epochs;
 * - `inference`: tests and predictions of many rows, with matrices that are not split for training;
 * - `answers`: the same of a few rows, done by the calling thread before another one has woken up, unless
 *   it is much work.
 */
export type Use = 'steps' | 'inference' | 'answers';

/**
 * How many graphs a model gets at most, one for each kind and shape of batches. Every further one
 * makes TensorFlow load all of them anew; batches of ever new sizes are better run op by op.
 */
const MAXIMUM_GRAPHS = 16;

export class GraphRunner implements BatchRunner {
  readonly policy = new CompilePolicy();

  private readonly program: Program;
  private readonly bodies: Record<Kind, TensorFunction>;
  private readonly compiledWith: unknown[];
  /** What the model has computed so far, with one setting after the other. */
  private readonly codes: ModelCode[] = [];
  private code: ModelCode;
  /** What the last recording changed in a layer of the user's. */
  private changeWhileRecording: string | null = null;

  constructor(
    private readonly model: ModelInternals,
    use: Use,
  ) {
    this.program = new Program({
      onCallingThread: use === 'answers' && 'unless much work',
      trains: use === 'steps',
    });
    this.compiledWith = compileState(model);
    this.code = new ModelCode(model);
    this.codes.push(this.code);
    this.bodies = modelSteps(model);
  }

  /** Whether the model has not been compiled anew since this runner was made. */
  isFor(model: ModelInternals): boolean {
    const now = compileState(model);
    return (
      !this.program.isDisposed && now.every((part, index) => part === this.compiledWith[index])
    );
  }

  userCodeRan(): void {
    this.policy.userCodeRan();
  }

  trainOnBatch(inputs: tf.Tensor[], targets: tf.Tensor[], rows?: tf.Tensor1D): number[] {
    return this.runNumbers('train', [...inputs, ...targets], rows);
  }

  testOnBatch(inputs: tf.Tensor[], targets: tf.Tensor[], rows?: tf.Tensor1D): number[] {
    return this.runNumbers('test', [...inputs, ...targets], rows);
  }

  predictOnBatch(inputs: tf.Tensor[], rows?: tf.Tensor1D): tf.Tensor[] {
    const { key, history } = this.prepare('predict', inputs, rows);
    return key === null
      ? this.runEagerly(history, inputs, rows)
      : this.program.runTensors(key, rows ? [...inputs, rows] : inputs);
  }

  /**
   * The answers to a batch of numbers, for a model with one input and one output.
   *
   * @returns null if there is no graph for such a batch yet, or if code of the user's may have changed
   *   what it computes: `predictOnBatch` sees to that.
   */
  predictValues(batch: Values): tf.TypedArray | null {
    this.followSettings();
    const key = this.keyOf('predict', [batch]);
    return this.code.custom === null && this.program.has(key)
      ? this.program.runValues(key, batch)
      : null;
  }

  dispose(): void {
    this.program.dispose();
  }

  private runNumbers(
    kind: 'train' | 'test',
    tensors: tf.Tensor[],
    rows: tf.Tensor1D | undefined,
  ): number[] {
    const { key, history } = this.prepare(kind, tensors, rows);
    if (key !== null) {
      if (kind === 'train') {
        this.policy.served();
      }
      return this.program.runNumbers(key, rows ? [...tensors, rows] : tensors);
    }
    return numbersOf(this.runEagerly(history, tensors, rows));
  }

  private runEagerly(
    history: BatchHistory,
    tensors: tf.Tensor[],
    rows: tf.Tensor1D | undefined,
  ): tf.Tensor[] {
    const before = newestTensor();
    const results = tf.tidy(() => this.bodies[history.kind](batchOf(tensors, rows)));
    history.operations += newestTensor() - before;
    history.rows += rows?.size ?? tensors[0]?.shape[0] ?? 0;
    return results;
  }

  /** The compiled function for such a batch, or null if it is to be run op by op. */
  private prepare(
    kind: Kind,
    tensors: tf.Tensor[],
    rows: tf.Tensor1D | undefined,
  ): { key: string | null; history: BatchHistory } {
    this.followSettings();
    const key = this.keyOf(kind, tensors, rows);
    const history = this.policy.next(key, kind, rows?.size);
    if (history.refusal) {
      throw history.refusal;
    }
    try {
      const isEager = this.isToBeEager(key, history);
      return { key: isEager ? null : this.upToDate(key, history, tensors, rows), history };
    } catch (error) {
      if (error instanceof NotCompilableError) {
        history.refusal = error;
      }
      throw error;
    }
  }

  /** Takes notice of settings that have changed: there are other graphs for them. */
  private followSettings(): void {
    const change = this.code.firstChange();
    if (change !== null) {
      const earlier = this.codes.find((code) => code.firstChange() === null);
      this.code = earlier ?? new ModelCode(this.model);
      if (!earlier) {
        this.codes.push(this.code);
        this.policy.changed(change);
      }
    }
    const { stateful } = this.code;
    if (stateful) {
      throw new NotCompilableError(
        `The layer "${stateful.name}" is stateful: it carries its state from batch to batch, outside ` +
          'of the graph.',
      );
    }
  }

  /** Names such batches, with the present settings. */
  private keyOf(kind: Kind, tensors: Shaped[], rows?: tf.Tensor1D): string {
    return `${this.codePrefix()}${kind} ${shapesOf(tensors, rows)}`;
  }

  private codePrefix(): string {
    return `${this.codes.indexOf(this.code)} `;
  }

  private isToBeEager(key: string, history: BatchHistory): boolean {
    const { custom } = this.code;
    return (
      (!this.program.has(key) && this.policy.isTooEarly(history, this.codes.length > 1)) ||
      (custom !== null && this.policy.isTooOften(history, custom))
    );
  }

  /** The compiled function, built if there is none yet or if it computes something else by now. */
  private upToDate(
    key: string,
    history: BatchHistory,
    tensors: tf.Tensor[],
    rows: tf.Tensor1D | undefined,
  ): string | null {
    const { custom } = this.code;
    const isBuilt = this.program.has(key);
    if (isBuilt && (history.isCompared || custom === null)) {
      return key;
    }
    if (!isBuilt && !this.makeRoom()) {
      return null;
    }
    const batch = batchOf(tensors, rows);
    try {
      if (!isBuilt || custom === null) {
        this.record(() => this.add(key, history, batch, rows));
      } else if (!this.record(() => this.program.isUnchanged(key, batch))) {
        this.policy.changed(custom);
        this.record(() => this.add(key, history, batch, rows));
      }
      history.isCompared = true;
      return key;
    } finally {
      if (rows) {
        tf.dispose(batch);
      }
    }
  }

  private add(
    key: string,
    { kind }: BatchHistory,
    batch: tf.Tensor[],
    rows: tf.Tensor1D | undefined,
  ): void {
    const { code } = this;
    const body: TensorFunction = (tensors) => {
      const before = code.customState();
      try {
        return this.bodies[kind](tensors);
      } finally {
        this.changeWhileRecording = before.firstChange();
        code.releaseMasks();
      }
    };
    const feed = rows ? 'rows' : 'inputs';
    this.program.add(key, body, batch, kind !== 'predict', feed, code.custom === null);
    if (this.changeWhileRecording !== null) {
      this.program.forget((other) => other !== key);
    }
  }

  /** Records what layers of the user's do, and undoes what they have noted if that is refused. */
  private record<T>(action: () => T): T {
    const before = this.code.customState();
    this.changeWhileRecording = null;
    try {
      const result = action();
      if (this.changeWhileRecording !== null) {
        throw new NotCompilableError(
          `A value is kept from call to call (${this.changeWhileRecording}); a graph cannot do that.`,
        );
      }
      return result;
    } catch (error) {
      before.restore();
      throw error;
    }
  }

  /** Makes room for one more graph, at the cost of those for earlier settings. */
  private makeRoom(): boolean {
    if (this.program.size >= MAXIMUM_GRAPHS) {
      const prefix = this.codePrefix();
      this.program.forget((key) => key.startsWith(prefix));
    }
    return this.program.size < MAXIMUM_GRAPHS;
  }
}

/** The number of a new tensor. tfjs numbers all tensors, so it tells how many operations have run. */
function newestTensor(): number {
  return tf.tidy(() => tf.scalar(0).id);
}

type Shaped = Pick<tf.Tensor, 'dtype' | 'shape'>;

function shapesOf(tensors: Shaped[], rows: tf.Tensor1D | undefined): string {
  const shapes = tensors.map(({ dtype, shape }) => {
    const [first, ...others] = shape;
    return `${dtype}[${[rows ? 'any' : first, ...others]}]`;
  });
  return `${rows ? `${rows.size} rows of ` : ''}${shapes.join(' ')}`;
}

/** What `model.compile` sets anew. */
function compileState({ optimizer, lossFunctions, metricsTensors }: ModelInternals): unknown[] {
  return [optimizer, lossFunctions, metricsTensors];
}
