import type { BatchRunner } from '../graph/index';
import type * as tf from '../tensorflow';
import type { Logs } from './callbacks';
import { compiledModel, metricNames } from './compiledModel';
import { preparedSamples, type TensorOrTensors } from './dataChecks';
import { Breaks } from './interruption';
import { checkedBatchSize, checkedVerbose } from './options';
import { Progress, type Verbosity } from './progress';
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
  const progress = new Progress({ verbose, steps, samples: samples.count, batchSize });
  const runner = createRunner(model, options.compiled);
  try {
    const means = new RunningMeans(metricNames(compiled));
    const breaks = new Breaks(options.signal);
    for (const done of testSteps(runner, samples, batchSize, means)) {
      progress.step(done, () => means.logs());
      await breaks.betweenSteps(() => `Evaluation was interrupted after step ${done}/${steps}.`);
    }
    progress.end(steps, means.logs());
    await progress.complete();
    return means.logs();
  } catch (error) {
    progress.stop();
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
