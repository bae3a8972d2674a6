/** Training, testing and prediction of a `tf.LayersModel` as graphs. */
import { requireKnownOptimizer } from '../../graph/capture/optimizerUpdates';
import type * as tf from '../../tensorflow';
import type { ModelInternals } from '../../tfjsInternals';
import { innerModel } from '../compiledModel';
import type { BatchRunner } from './batchRunner';
import { MANY_ROWS } from './compilePolicy';
import { GraphRunner, type Use } from './graphRunner';
import { ModelCode } from './modelCode';

export type { Use } from './graphRunner';

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

/** From so many training batches on, a graph saves more time than it takes to build. */
const MANY_BATCHES = 10;

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
  if (trainingBatches && areMany(trainingBatches)) {
    policy.frequentRows.train = trainingBatches.rows;
  }
  if (inferenceRows !== undefined) {
    Object.assign(policy.frequentRows, { test: inferenceRows, predict: inferenceRows });
  }
  return runner;
}

function areMany({ count, rows }: { count: number; rows: number }): boolean {
  return count >= MANY_BATCHES || count * rows >= MANY_ROWS;
}

/** Whether a model calls code of the user's, which may compute anything. */
export function callsCustomCode(model: ModelInternals): boolean {
  return new ModelCode(model).custom !== null;
}

/** Predicts, in a session of its own. */
export type AnswerRunner = Pick<GraphRunner, 'predictOnBatch' | 'predictValues' | 'dispose'>;

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
