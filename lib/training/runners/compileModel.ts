/** Training, testing and prediction of a `tf.LayersModel` as graphs. */

import type { TensorFunction } from '../../graph/capture/capture';
import { requireKnownOptimizer } from '../../graph/capture/optimizerUpdates';
import { Program } from '../../graph/program';
import { NotCompilableError } from '../../native/notCompilableError';
import * as tf from '../../tensorflow';
import type { ModelInternals } from '../../tfjsInternals';
import { innerModel } from '../compiledModel';
import { type BatchRunner, batchOf } from './batchRunner';
import { type BatchHistory, CompilePolicy } from './compilePolicy';
import { ModelCode } from './modelCode';
import { type Kind, modelSteps } from './modelSteps';

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
  /**
   * How many rows the test or prediction batches have that are to come, if they are so many that the
   * first of them is to be compiled already.
   */
  inferenceRows?: number;
  /** What the runner is for; default `steps`. */
  use?: Use;
}

/**
 * What a model's graphs are for. Each use has a session of its own: a graph more in one session makes
 * TensorFlow load all of them anew.
 *
 * - `steps`: training and tests, which take turns on the same variables;
 * - `predictions` of many rows;
 * - `answers`: predictions of a few rows, done by the calling thread before another one has woken up.
 */
export type Use = 'steps' | 'predictions' | 'answers';

/** From this many training batches on, a graph saves more time than it takes to build. */
const MANY_BATCHES = 10;

/**
 * How many graphs a model gets at most, one for each kind and shape of batches. Every further one
 * makes TensorFlow load all of them anew; batches of ever new sizes are better run op by op.
 */
const MAXIMUM_GRAPHS = 16;

const runners = new WeakMap<ModelInternals, Map<Use, GraphRunner>>();

/**
 * Makes a runner that executes each training, test or prediction step of a model as one TensorFlow
 * graph, with the answers of eager tfjs (up to the rounding of single operations). One runner for each
 * use is kept per model and returned again until `model.compile` is called or the model is disposed, which
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
  { immediately = false, trainingBatches, inferenceRows, use = 'steps' }: CompileModelOptions = {},
): BatchRunner {
  const inner = innerModel(model);
  if (inner.optimizer) {
    requireKnownOptimizer(inner.optimizer);
  }
  const runner = runnerOf(inner, use);
  const { policy } = runner;
  policy.beginRun();
  policy.immediately ||= immediately;
  if (trainingBatches && trainingBatches.count >= MANY_BATCHES) {
    policy.frequentRows.train = trainingBatches.rows;
  }
  if (inferenceRows !== undefined) {
    Object.assign(policy.frequentRows, { test: inferenceRows, predict: inferenceRows });
  }
  return runner;
}

/** Whether a model calls code of the user's, which may compute anything. */
export function callsCustomCode(model: tf.LayersModel): boolean {
  return new ModelCode(innerModel(model)).custom !== null;
}

/** Predicts, in a session of its own. */
export type AnswerRunner = Pick<BatchRunner, 'predictOnBatch'> & { dispose(): void };

/**
 * Makes a runner for predictions of a few rows, each by the calling thread alone, compiled at the first
 * batch of each shape. It is the caller's: nothing else uses its session.
 *
 * @throws NotCompilableError from its method, if the model does what a graph cannot repeat.
 */
export function compileAnswers(model: tf.LayersModel): AnswerRunner {
  const runner = new GraphRunner(innerModel(model), 'answers');
  runner.policy.immediately = true;
  return runner;
}

/** The runner that is kept, or a new one in the place of those that `model.compile` has outdated. */
function runnerOf(model: ModelInternals, use: Use): GraphRunner {
  const ofModel = runners.get(model) ?? new Map<Use, GraphRunner>();
  runners.set(model, ofModel);
  for (const [known, runner] of ofModel) {
    if (!runner.isFor(model)) {
      runner.dispose();
      ofModel.delete(known);
    }
  }
  const runner = ofModel.get(use) ?? new GraphRunner(model, use);
  ofModel.set(use, runner);
  return runner;
}

class GraphRunner implements BatchRunner {
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
    this.program = new Program({ onCallingThread: use === 'answers' });
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
      if (kind === 'train') {
        this.policy.served();
      }
      return this.program.runScalars(key, rows ? [...tensors, rows] : tensors);
    }
    const results = tf.tidy(() => this.bodies[kind](batchOf(tensors, rows)));
    const numbers = results.map((result) => result.dataSync()[0] ?? Number.NaN);
    tf.dispose(results);
    return numbers;
  }

  /** The compiled function for such a batch, or null if it is to be run op by op. */
  private prepare(kind: Kind, tensors: tf.Tensor[], rows: tf.Tensor1D | undefined): string | null {
    this.followSettings();
    const key = `${this.codePrefix()}${kind} ${shapesOf(tensors, rows)}`;
    const history = this.policy.next(key, kind, rows?.size);
    if (history.refusal) {
      throw history.refusal;
    }
    try {
      return this.isToBeEager(key, history) ? null : this.upToDate(key, history, tensors, rows);
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

  private codePrefix(): string {
    return `${this.codes.indexOf(this.code)} `;
  }

  private isToBeEager(key: string, history: BatchHistory): boolean {
    const { custom } = this.code;
    return this.program.has(key)
      ? custom !== null && this.policy.isTooOften(history, custom)
      : this.policy.isTooEarly(history, this.codes.length > 1);
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
