import {
  type BatchRunner,
  type CompileModelOptions,
  compileModel,
  NotCompilableError,
} from '../graph/index';
import type * as tf from '../tensorflow';
import { innerModel } from './compiledModel';
import { useKerasLosses } from './losses';
import { useKerasMetrics } from './metrics';
import { eagerRunner } from './runners/eagerRunner';

/** What `fit`, `evaluate` and `predict` have in common. */
export interface RunOptions {
  /**
   * Rows per step; 32 by default, as in Keras. Larger than the data set means one step. Left out,
   * `predict`, and `evaluate` where no step is shown or reported, take more at a time if that changes
   * nothing: no code of your own is called, and losses and metrics are given by name. Then, too,
   * `predict` takes up to so many rows for each of the processor's cores.
   */
  batchSize?: number;
  /** Abort it to end the run with an `Interrupted` error. A notebook's interrupt always does. */
  signal?: AbortSignal;
  /**
   * Whether each step runs as one TensorFlow graph. Left out: yes, if there are enough steps of one
   * size for a graph to pay; a model that cannot be compiled runs eagerly after a warning. True:
   * from the first step on, and a model that cannot be compiled is an error. False: tfjs runs it,
   * one operation at a time.
   *
   * A graph follows what changes: settings of layers and of the optimiser from the next step on; a
   * layer, loss or metric of your own is recorded once more at the beginning of each run and after
   * each call of a callback (unless that says `changesModel: false`), and compared. So your own code
   * is called more often, or less often, than there are steps.
   */
  compiled?: boolean;
}

/**
 * Chooses what runs the batches. The one place that knows there is more than one way.
 *
 * @param options when to compile, where it is not said by `compiled`.
 * @throws NotCompilableError, here or at a batch, if `compiled` is true and the model cannot be.
 */
export function createRunner(
  model: tf.LayersModel,
  compiled: boolean | undefined,
  options: CompileModelOptions = {},
): BatchRunner {
  const inner = innerModel(model);
  if (inner.optimizer) {
    useKerasLosses(inner);
    useKerasMetrics(inner);
  }
  if (compiled === undefined) {
    return compiledWherePossible(model, options);
  }
  return compiled ? compileModel(model, { ...options, immediately: true }) : eagerRunner(model);
}

const modelsWarnedOf = new WeakSet<tf.LayersModel>();

/** Runs a batch eagerly, and all that follow, when the compiler gives up on it. */
function compiledWherePossible(model: tf.LayersModel, options: CompileModelOptions): BatchRunner {
  let runner: BatchRunner | undefined;
  const run = <T>(step: (runner: BatchRunner) => T): T => {
    try {
      runner ??= compileModel(model, options);
      return step(runner);
    } catch (error) {
      if (!(error instanceof NotCompilableError)) {
        throw error;
      }
      warnOnce(model, error);
      runner = eagerRunner(model);
      return step(runner);
    }
  };
  return {
    trainOnBatch: (...batch) => run((one) => one.trainOnBatch(...batch)),
    testOnBatch: (...batch) => run((one) => one.testOnBatch(...batch)),
    predictOnBatch: (...batch) => run((one) => one.predictOnBatch(...batch)),
    userCodeRan: () => runner?.userCodeRan(),
  };
}

function warnOnce(model: tf.LayersModel, { message }: NotCompilableError): void {
  if (!modelsWarnedOf.has(model)) {
    modelsWarnedOf.add(model);
    console.warn(`The model "${model.name}" runs uncompiled, and so more slowly: ${message}`);
  }
}
