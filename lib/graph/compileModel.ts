/** Training, testing and prediction of a `tf.LayersModel` as graphs. */
import * as tf from '../tensorflow';
import { type BatchRunner, batchOf } from './batchRunner';
import { requireKnownOptimizer } from './optimizerUpdates';
import { Program } from './program';
import type { TensorFunction } from './trace';

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
const EAGER_BATCHES = { train: 4, test: 24, predict: 24 };

/**
 * How many graphs a model gets at most, one for each kind and shape of batches. Every further one
 * makes TensorFlow load all of them anew; batches of ever new sizes are better run op by op.
 */
const MAXIMUM_GRAPHS = 16;

type Kind = keyof typeof EAGER_BATCHES;

/** The parts of a model that tfjs keeps private, or sets at `compile`. */
interface ModelInternals {
  inputs: unknown[];
  optimizer?: tf.Optimizer;
  lossFunctions?: unknown;
  metricsTensors?: unknown;
  collectedTrainableWeights?: object[];
  predictOnBatch(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[];
  testFunction: TensorFunction;
  makeTrainFunction(): TensorFunction;
  makeTestFunction(): void;
}

const runners = new WeakMap<ModelInternals, CompiledModel>();

/**
 * Makes a runner that executes each training, test or prediction step of a model as one TensorFlow
 * graph, with the answers of eager tfjs (up to the rounding of single operations). One runner is
 * kept per model and returned again until the model is compiled anew, one of its layers is frozen
 * or unfrozen, or the model is disposed; all of these release it. Other changes to the model's
 * structure or settings (an exchanged activation, another dropout rate) need `model.compile` too.
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
  const inner = ((model as { model?: tf.LayersModel }).model ?? model) as unknown as ModelInternals;
  if (inner.optimizer) {
    requireKnownOptimizer(inner.optimizer);
  }
  let runner = runners.get(inner);
  if (!runner?.isFor(inner)) {
    runner?.dispose();
    runner = new CompiledModel(inner);
    runners.set(inner, runner);
  }
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
  /** How many batches of a kind and shape have been run op by op. */
  private readonly eagerBatches = new Map<string, number>();
  private readonly compiledWith: unknown[];

  constructor(model: ModelInternals) {
    this.compiledWith = settings(model);
    const inputCount = model.inputs.length;
    this.bodies = {
      train: (tensors) => model.makeTrainFunction()(tensors),
      test: (tensors) => {
        model.makeTestFunction();
        return model.testFunction(tensors);
      },
      predict: (tensors) => {
        const outputs = model.predictOnBatch(
          inputCount === 1 ? (tensors[0] as tf.Tensor) : tensors,
        );
        return Array.isArray(outputs) ? outputs : [outputs];
      },
    };
  }

  /** Whether the model is still as it was when this runner was made. */
  isFor(model: ModelInternals): boolean {
    const now = settings(model);
    return (
      !this.program.isDisposed &&
      now.length === this.compiledWith.length &&
      now.every((setting, index) => setting === this.compiledWith[index])
    );
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
      return this.program.runScalars(key, rows ? [...tensors, rows] : tensors);
    }
    const results = tf.tidy(() => this.bodies[kind](batchOf(tensors, rows)));
    const numbers = results.map((result) => result.dataSync()[0] as number);
    tf.dispose(results);
    return numbers;
  }

  /** The compiled function for such a batch, or null if it is to be run op by op. */
  private prepare(kind: Kind, tensors: tf.Tensor[], rows: tf.Tensor1D | undefined): string | null {
    const shapes = tensors.map(({ dtype, shape }) => {
      const [first, ...others] = shape;
      return `${dtype}[${[rows ? 'any' : first, ...others]}]`;
    });
    const key = `${kind} ${rows ? `${rows.size} rows of ` : ''}${shapes.join(' ')}`;
    if (this.program.has(key)) {
      return key;
    }
    if (this.program.size >= MAXIMUM_GRAPHS) {
      return null;
    }
    const done = this.eagerBatches.get(key) ?? 0;
    const often = kind === 'train' && rows && rows.size === this.frequentRows;
    if (!this.immediately && !often && done < EAGER_BATCHES[kind]) {
      this.eagerBatches.set(key, done + 1);
      return null;
    }
    const feed = rows ? 'rows' : 'inputs';
    const batch = batchOf(tensors, rows);
    try {
      this.program.add(key, this.bodies[kind], batch, kind !== 'predict', feed);
    } finally {
      if (rows) {
        tf.dispose(batch);
      }
    }
    return key;
  }
}

/** What a model's graphs depend on, apart from the values of its variables. */
function settings(model: ModelInternals): unknown[] {
  return [
    model.optimizer,
    model.lossFunctions,
    model.metricsTensors,
    ...(model.collectedTrainableWeights ?? []),
  ];
}
