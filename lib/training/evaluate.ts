import type { BatchRunner } from '../graph/index';
import type * as tf from '../tensorflow';
import type { Logs } from './callbacks/callback';
import { CallbackList } from './callbacks/callbackList';
import { compiledModel, metricNames } from './compiledModel';
import { preparedSamples, type TensorOrTensors } from './dataChecks';
import { Breaks } from './interruption';
import { checkedBatchSize, checkedVerbose } from './options';
import { ProgressLogger, type Verbosity } from './progress/index';
import { createRunner, type RunOptions } from './runner';
import { RunningMeans, type Samples } from './samples';

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends RunOptions {
  /** 0: print nothing; 1 (default): a progress bar; 2: one line. */
  verbose?: Verbosity;
}

/**
 * Measures loss and metrics on data, without training.
 *
 * Follows https://keras.io/api/models/model_training_apis/#evaluate-method, but gives the
 * results by name. As in Keras, and unlike tfjs, the loss includes the regularisers' penalties.
 *
 * @param model a compiled model.
 * @param x the inputs, first dimension the rows; an array if the model has several inputs.
 * @param y the targets, one per row: class numbers for `sparseCategoricalCrossentropy`, else of
 *   the shape of the model's output.
 * @param options batch size, and what is printed.
 * @returns the means over all rows, for example `{ loss: 0.1023, acc: 0.9801 }`.
 * @throws Error if the model is not compiled or the data do not suit it; RangeError for a wrong
 *   option; Interrupted if the run was interrupted.
 *
 * @example
 * const { loss, acc } = await training.evaluate(model, test.images, test.labels, { verbose: 2 });
 */
export async function evaluate(
  model: tf.LayersModel,
  x: TensorOrTensors,
  y: TensorOrTensors,
  options: EvaluateOptions = {},
): Promise<Logs> {
  const batchSize = checkedBatchSize(options.batchSize);
  const verbose = checkedVerbose(options.verbose);
  const compiled = compiledModel(model);
  const samples = preparedSamples(compiled, x, y);
  const steps = samples.steps(batchSize);
  const means = new RunningMeans(metricNames(compiled));
  const breaks = new Breaks(options.signal);
  const progress = new ProgressLogger({ verbose, steps, rows: () => means.rows });
  const callbacks = new CallbackList([progress], [], breaks);
  const runner = createRunner(model, options.compiled);
  try {
    await callbacks.testBegin();
    for (const done of testSteps(runner, samples, batchSize, means)) {
      await callbacks.testBatchEnd(done - 1, means.logs());
      await breaks.betweenSteps(() => `Evaluation was interrupted after step ${done}/${steps}.`);
    }
    await callbacks.testEnd(means.logs());
    return means.logs();
  } catch (error) {
    callbacks.error();
    throw error;
  } finally {
    samples.dispose();
  }
}

/** Tests batch by batch and collects the results in `means`; yields the number of steps done. */
export function* testSteps(
  runner: BatchRunner,
  samples: Samples,
  batchSize: number,
  means: RunningMeans,
): Generator<number> {
  let done = 0;
  for (const rows of samples.batches(samples.storedRows(), batchSize)) {
    means.add(runner.testOnBatch(samples.inputs, samples.targets, rows), rows.size);
    yield ++done;
  }
}
