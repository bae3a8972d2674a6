import * as tf from '../tensorflow';
import { innerModel } from './compiledModel';
import { preparedInputs, type TensorOrTensors } from './dataChecks';
import { Breaks } from './interruption';
import { checkedBatchSize } from './options';
import { createRunner, type RunOptions } from './runner';

/** Options of {@link predict}. */
export type PredictOptions = RunOptions;

/**
 * The model's output for every row of `x`, computed batch by batch. The model need not be
 * compiled.
 *
 * Follows https://keras.io/api/models/model_training_apis/#predict-method.
 *
 * @param model any model with one output.
 * @param x the inputs, first dimension the rows; an array if the model has several inputs.
 * @param options batch size, and how the steps are run.
 * @returns one tensor with as many rows as `x`, to be disposed by the caller; for a classifier
 *   float32 `[rows, classes]`.
 * @throws Error if the data do not suit the model, or the model has several outputs; RangeError
 *   for a wrong option; Interrupted if the run was interrupted.
 *
 * @example
 * const probabilities = await training.predict(model, test.images);
 * const digits = probabilities.argMax(-1);
 */
export async function predict(
  model: tf.LayersModel,
  x: TensorOrTensors,
  options: PredictOptions = {},
): Promise<tf.Tensor> {
  const batchSize = checkedBatchSize(options.batchSize);
  const inner = innerModel(model);
  if (inner.outputs.length > 1) {
    throw new Error(
      `The model "${model.name}" has ${inner.outputs.length} outputs. Use model.predict for it.`,
    );
  }
  const samples = preparedInputs(inner, x);
  const steps = samples.steps(batchSize);
  const runner = createRunner(model, options.compiled);
  const outputs: tf.Tensor[] = [];
  try {
    const breaks = new Breaks(options.signal);
    for (const rows of samples.batches(samples.storedRows(), batchSize)) {
      outputs.push(...runner.predictOnBatch(samples.inputs, rows));
      await breaks.betweenSteps(
        () => `Prediction was interrupted after step ${outputs.length}/${steps}.`,
      );
    }
    return tf.concat(outputs);
  } finally {
    tf.dispose(outputs);
    samples.dispose();
  }
}
