/** Training, testing and prediction of a `tf.LayersModel` as graphs. */
import * as tf from '../tensorflow';
import { type BatchRunner, batchOf } from './batchRunner';
import type { TensorFunction } from './capture';
import { ModelCode, type ModelInternals } from './modelCode';
import { type Kind, modelSteps, type RunnableModel } from './modelSteps';
import { NotCompilableError } from './notCompilableError';
import { requireKnownOptimizer } from './optimizerUpdates';
import { Program } from './program';

/** Settings of {@link compileModel}. */
export interface CompileModelOptions {
  /**
   * Compile at the first batch of every kind. By default the first few run op by op: building a
   * graph takes as long as many such batches and would not pay for a small data set.
   */
  immediately?: boolean;
  /**
   * The full training batches that are to come. If they are many, the first of them is
   * compiled already; so a training that is resumed goes on exactly as it would have gone.
   */
  trainingBatches?: {
    /** How many batches. */
    count: number;
    /** Rows in each of them. */
    rows: number;
  };
}

/** For so many training batches a graph saves the time that it takes to build. */
const MANY_BATCHES = 10;

/** How many batches of one kind and shape run op by op before a graph is built for them. */
const EAGER_BATCHES: Record<Kind, number> = { train: 4, test: 24, predict: 24 };

/**
 * How many graphs a model gets at most, one for each kind and shape of batches. Every further one
 * makes TensorFlow load all of them anew; batches of ever new sizes are better run op by op.
 */
const MAXIMUM_GRAPHS = 16;

/** A graph that has served for fewer training batches was hardly worth building. */
const WORTH_BATCHES = 40;

/** So many changes are followed, however soon one comes after the other. */
const TOLERATED_CHANGES = 3;

/** Recording a step once more, only to compare, is worth it where so many batches follow. */
const FEW_BATCHES = 3;

/** What is known of the batches of one kind and shape, with the same settings of the model. */
interface BatchKind {
  /** How many have been run op by op. */
  eager: number;
  /** When code of the user's had last run before the present batches. */
  time: number;
  /** How many have come since then. */
  sinceThen: number;
  /** How many came between the last two times. */
  before: number;
  /** How often few came between two times. */
  shortTimes: number;
  /** Whether the graph is known to be right for the present time. */
  isCompared: boolean;
  /** Why there is no graph. */
  refusal?: NotCompilableError;
}

const runners = new WeakMap<RunnableModel, CompiledModel>();

/**
 * Makes a runner that executes each training, test or prediction step of a model as one TensorFlow
 * graph, with the answers of eager tfjs (up to the rounding of single operations). One runner is
 * kept per model and returned again until `model.compile` is called or the model is disposed, which
 * release it. Changes of the model's settings (a layer is frozen, another dropout rate) make another
 * graph. Code of the user's (a layer, loss or metric of their own) is recorded once more at the first
 * batch after this call, and after `userCodeRan`, to see whether it still computes the same.
 *
 * @param model A model; compiled, if it is to be trained or tested.
 * @param options when to compile.
 * @throws NotCompilableError (here, or from the runner's methods before they have changed
 *   anything) if the model does what a graph cannot repeat.
 */
export function compileModel(
  model: tf.LayersModel,
  { immediately = false, trainingBatches }: CompileModelOptions = {},
): BatchRunner {
  // A Sequential leaves training to a model inside it.
  const inner = ((model as { model?: tf.LayersModel }).model ?? model) as unknown as RunnableModel;
  if (inner.optimizer) {
    requireKnownOptimizer(inner.optimizer);
  }
  let runner = runners.get(inner);
  if (!runner?.isFor(inner)) {
    runner?.dispose();
    runner = new CompiledModel(inner);
    runners.set(inner, runner);
  }
  runner.beginRun();
  runner.immediately ||= immediately;
  if (trainingBatches && trainingBatches.count >= MANY_BATCHES) {
    runner.frequentRows = trainingBatches.rows;
  }
  return runner;
}

class CompiledModel implements BatchRunner {
  immediately = false;
  /** Training batches of so many rows are compiled at the first. */
  frequentRows: number | undefined;

  private readonly program = new Program();
  private readonly bodies: Record<Kind, TensorFunction>;
  private readonly compiledWith: unknown[];
  /** What the model has computed so far, with one setting after the other. */
  private readonly codes: ModelCode[] = [];
  private code: ModelCode;
  private readonly kinds = new Map<string, BatchKind>();
  /** Counts how often code of the user's may have changed something. */
  private time = 0;
  /** Training batches that graphs have run since the last change. */
  private servedSinceChange = 0;
  /** Changes that came soon after one another. */
  private hastyChanges = 0;
  /** What the last recording changed in a layer of the user's. */
  private changeWhileRecording: string | null = null;

  constructor(private readonly model: RunnableModel) {
    this.compiledWith = compileState(model);
    this.code = new ModelCode(model);
    this.codes.push(this.code);
    this.bodies = modelSteps(model);
  }

  /** Whether the model has not been compiled anew since this runner was made. */
  isFor(model: RunnableModel): boolean {
    const now = compileState(model);
    return (
      !this.program.isDisposed && now.every((part, index) => part === this.compiledWith[index])
    );
  }

  beginRun(): void {
    this.userCodeRan();
    this.hastyChanges = 0;
  }

  userCodeRan(): void {
    this.time++;
  }

  trainOnBatch(inputs: tf.Tensor[], targets: tf.Tensor[], rows?: tf.Tensor1D): number[] {
    return this.runScalars('train', [...inputs, ...targets], rows);
  }

  testOnBatch(inputs: tf.Tensor[], targets: tf.Tensor[], rows?: tf.Tensor1D): number[] {
    return this.runScalars('test', [...inputs, ...targets], rows);
  }

  predictOnBatch(inputs: tf.Tensor[], rows?: tf.Tensor1D): tf.Tensor[] {
    const key = this.prepare('predict', inputs, rows);
    return key === null
      ? tf.tidy(() => this.bodies.predict(batchOf(inputs, rows)))
      : this.program.runTensors(key, rows ? [...inputs, rows] : inputs);
  }

  dispose(): void {
    this.program.dispose();
  }

  private runScalars(
    kind: 'train' | 'test',
    tensors: tf.Tensor[],
    rows: tf.Tensor1D | undefined,
  ): number[] {
    const key = this.prepare(kind, tensors, rows);
    if (key !== null) {
      this.servedSinceChange += kind === 'train' ? 1 : 0;
      return this.program.runScalars(key, rows ? [...tensors, rows] : tensors);
    }
    const results = tf.tidy(() => this.bodies[kind](batchOf(tensors, rows)));
    const numbers = results.map((result) => result.dataSync()[0] as number);
    tf.dispose(results);
    return numbers;
  }

  /** The compiled function for such a batch, or null if it is to be run op by op. */
  private prepare(kind: Kind, tensors: tf.Tensor[], rows: tf.Tensor1D | undefined): string | null {
    this.followSettings();
    const key = `${this.codePrefix()}${kind} ${shapesOf(tensors, rows)}`;
    const known = this.kindOf(key);
    if (known.refusal) {
      throw known.refusal;
    }
    try {
      const isFrequent = kind === 'train' && rows !== undefined && rows.size === this.frequentRows;
      return this.isToBeEager(kind, key, known, isFrequent)
        ? null
        : this.upToDate(kind, key, known, tensors, rows);
    } catch (error) {
      if (error instanceof NotCompilableError) {
        known.refusal = error;
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
        this.noteChange(change);
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

  private noteChange(change: string): void {
    this.hastyChanges = this.servedSinceChange < WORTH_BATCHES ? this.hastyChanges + 1 : 0;
    this.servedSinceChange = 0;
    if (!this.immediately && this.hastyChanges > TOLERATED_CHANGES) {
      throw new NotCompilableError(
        `what it computes changes again and again (the last time: ${change}), and each time a new ` +
          'graph would have to be built.',
      );
    }
  }

  private codePrefix(): string {
    return `${this.codes.indexOf(this.code)} `;
  }

  private kindOf(key: string): BatchKind {
    const kind = this.kinds.get(key) ?? {
      eager: 0,
      time: this.time,
      sinceThen: 0,
      before: Number.POSITIVE_INFINITY,
      shortTimes: 0,
      isCompared: false,
    };
    this.kinds.set(key, kind);
    if (kind.time !== this.time) {
      kind.before = kind.sinceThen;
      kind.shortTimes += kind.before < FEW_BATCHES ? 1 : 0;
      kind.time = this.time;
      kind.sinceThen = 0;
      kind.isCompared = false;
    }
    kind.sinceThen++;
    return kind;
  }

  private isToBeEager(kind: Kind, key: string, known: BatchKind, isFrequent: boolean): boolean {
    if (this.immediately) {
      return false;
    }
    if (this.program.has(key)) {
      return !known.isCompared && this.isTooOften(known, isFrequent);
    }
    // With changed settings a graph may not serve for long.
    const isAwaited = isFrequent && this.codes.length === 1;
    if (!isAwaited && known.eager < EAGER_BATCHES[kind]) {
      known.eager++;
      return true;
    }
    return false;
  }

  /** Whether code of the user's would have to be recorded anew for a few batches at a time. */
  private isTooOften(known: BatchKind, isFrequent: boolean): boolean {
    const { custom } = this.code;
    if (!custom || known.before >= FEW_BATCHES || known.sinceThen > FEW_BATCHES) {
      return false;
    }
    if (isFrequent && known.shortTimes > TOLERATED_CHANGES) {
      throw new NotCompilableError(
        `a callback runs after each batch or so and may change what ${custom} computes, which would ` +
          'have to be recorded anew each time. A callback that changes nothing of the kind can say ' +
          'so: changesModel: false.',
      );
    }
    return true;
  }

  /** The compiled function, built if there is none yet or if it computes something else by now. */
  private upToDate(
    kind: Kind,
    key: string,
    known: BatchKind,
    tensors: tf.Tensor[],
    rows: tf.Tensor1D | undefined,
  ): string | null {
    const { custom } = this.code;
    const isBuilt = this.program.has(key);
    if (isBuilt && (known.isCompared || !custom)) {
      return key;
    }
    if (!isBuilt && !this.makeRoom()) {
      return null;
    }
    const batch = batchOf(tensors, rows);
    try {
      if (!isBuilt) {
        this.record(() => this.add(kind, key, batch, rows));
      } else if (!this.record(() => this.program.isUnchanged(key, batch))) {
        this.noteChange(custom as string);
        this.record(() => this.add(kind, key, batch, rows));
      }
      known.isCompared = true;
      return key;
    } finally {
      if (rows) {
        tf.dispose(batch);
      }
    }
  }

  private add(kind: Kind, key: string, batch: tf.Tensor[], rows: tf.Tensor1D | undefined): void {
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

  /** Makes room for one more graph, if need be among those for earlier settings. */
  private makeRoom(): boolean {
    if (this.program.size >= MAXIMUM_GRAPHS) {
      const prefix = this.codePrefix();
      this.program.forget((key) => key.startsWith(prefix));
    }
    return this.program.size < MAXIMUM_GRAPHS;
  }
}

function shapesOf(tensors: tf.Tensor[], rows: tf.Tensor1D | undefined): string {
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
