import * as tf from '../tensorflow';
import type { ModelInternals } from '../tfjsInternals';
import { type BatchSource, batchesOf, storedBatches } from './batches';
import { innerModel } from './compiledModel';
import { preparedInputs, type TensorOrTensors } from './dataChecks';
import {
  type DataSource,
  isDataSource,
  refuseOptions,
  requireEnd,
  SourceBatches,
} from './dataSource';
import { requireUndisposed } from './disposal';
import { inferenceOptions, predictionBatchSize } from './inferenceBatches';
import { Breaks } from './interruption';
import { checkOptionNames } from './names';
import { checkedBatchSize, checkedSteps } from './options';
import { createRunner, type RunOptions } from './runner';

/** Options of {@link predict}. */
export interface PredictOptions extends RunOptions {
  /** So many steps; by default all rows. */
  steps?: number;
}

const optionNames: Record<keyof PredictOptions, true> = {
  batchSize: true,
  steps: true,
  signal: true,
  compiled: true,
};

/**
 * The model's output for every row of `x`, computed batch by batch. The model need not be
 * compiled.
 *
 * Follows https://keras.io/api/models/model_training_apis/#predict-method.
 *
 * @typeParam Output `tf.Tensor[]` for a model with several outputs.
 * @param model any model.
 * @param x the inputs, first dimension the rows; an array or a record by names if the model has
 *   several inputs; or data that come batch by batch, as for `fit`, where targets are not used and may
 *   be left out.
 * @param options batch size, and how the steps are run.
 * @returns one tensor with as many rows as `x`, to be disposed by the caller; for a classifier
 *   float32 `[rows, classes]`. For a model with several outputs an array of such, in their order.
 * @throws Error if the data do not suit the model, or it was disposed; RangeError for an option out
 *   of range, TypeError for an unknown one; Interrupted if the run was interrupted.
 *
 * @example
 * const probabilities = await training.predict(model, test.images);
 * const digits = probabilities.argMax(-1);
 */
export async function predict<Output extends tf.Tensor | tf.Tensor[] = tf.Tensor>(
  model: tf.LayersModel,
  x: TensorOrTensors | DataSource,
  options: PredictOptions = {},
): Promise<Output> {
  checkOptionNames('predict', options, Object.keys(optionNames));
  const limit = checkedSteps('steps', options.steps);
  const inner = innerModel(model);
  const breaks = new Breaks(options.signal);
  const outputs: tf.Tensor[][] = inner.outputs.map(() => []);
  let source: BatchSource | undefined;
  let done = 0;
  try {
    source = batchSource(inner, x, options, breaks);
    const { steps, samples = Number.POSITIVE_INFINITY, batchSize = samples } = source;
    const runner = createRunner(model, options.compiled, inferenceOptions(samples, batchSize));
    for await (const { inputs, rows } of batchesOf(source, limit)) {
      for (const [index, output] of runner.predictOnBatch(inputs, rows).entries()) {
        outputs[index]?.push(output);
      }
      done++;
      await breaks.betweenSteps(() => {
        const ofAll = steps === undefined ? '' : `/${steps}`;
        return `Prediction was interrupted after step ${done}${ofAll}.`;
      });
    }
    if (done === 0) {
      throw new Error('The data are empty: there is no batch to predict for.');
    }
    const whole = outputs.map(joined);
    return (whole.length === 1 ? whole[0] : whole) as Output;
  } catch (error) {
    requireUndisposed(model);
    throw error;
  } finally {
    tf.dispose(outputs);
    source?.dispose();
  }
}

/** The rows of all batches; of a single one, which is taken out, without a copy. */
function joined(batches: tf.Tensor[]): tf.Tensor {
  const [only] = batches.length === 1 ? batches.splice(0) : [];
  return only ?? tf.concat(batches);
}

function batchSource(
  model: ModelInternals,
  x: TensorOrTensors | DataSource,
  options: PredictOptions,
  breaks: Breaks,
): BatchSource {
  if (isDataSource(x)) {
    refuseOptions(options, ['batchSize']);
    const source = new SourceBatches(model, x, 'x', breaks, { inputsOnly: true });
    requireEnd(source, 'steps', options.steps);
    return source;
  }
  const batchSize = checkedBatchSize(options.batchSize);
  const samples = preparedInputs(model, x);
  return storedBatches(
    samples,
    options.steps === undefined
      ? predictionBatchSize(model, samples.count, options.batchSize)
      : batchSize,
  );
}
