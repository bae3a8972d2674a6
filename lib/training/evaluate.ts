import type * as tf from '../tensorflow';
import type { ModelInternals } from '../tfjsInternals';
import { type BatchSource, batchesOf, storedBatches } from './batches';
import type { AnyCallback, Callback, Logs } from './callbacks/callback';
import { CallbackList, checkedCallbacks } from './callbacks/callbackList';
import { compiledModel, reportedValues } from './compiledModel';
import { preparedSamples, type TensorOrTensors } from './dataChecks';
import {
  argumentsOf,
  type DataSource,
  isDataSource,
  refuseOptions,
  requireEnd,
  SourceBatches,
} from './dataSource';
import { requireUndisposed } from './disposal';
import { evaluationBatchSize, inferenceOptions } from './inferenceBatches';
import { Breaks } from './interruption';
import { checkOptionNames } from './names';
import { checkedBatchSize, checkedSteps, checkedVerbose } from './options';
import { ProgressLogger, type Verbosity } from './progress/index';
import { createRunner, type RunOptions } from './runner';
import { RunningMeans } from './samples';
import type { SampleWeight } from './sampleWeights';
import { testBatches } from './testBatches';

/** Options of {@link evaluate}. */
export interface EvaluateOptions extends RunOptions {
  /** 0: print nothing; 1 (default): a progress bar; 2: one line. */
  verbose?: Verbosity;
  /** How much each row counts in the loss. */
  sampleWeight?: SampleWeight;
  /** So many steps; by default all rows. */
  steps?: number;
  /** Their methods `onTest…` are called. */
  callbacks?: AnyCallback | readonly AnyCallback[];
}

const optionNames: Record<keyof EvaluateOptions, true> = {
  batchSize: true,
  verbose: true,
  sampleWeight: true,
  steps: true,
  callbacks: true,
  signal: true,
  compiled: true,
};

/**
 * Measures loss and metrics on data, without training.
 *
 * Follows https://keras.io/api/models/model_training_apis/#evaluate-method, but gives the
 * results by name. As in Keras, and unlike tfjs, the loss includes the regularisers' penalties.
 *
 * @param model a compiled model.
 * @param x the inputs, first dimension the rows; an array or a record by names if the model has
 *   several inputs.
 * @param y the targets, one per row: class numbers for `sparseCategoricalCrossentropy`, else of
 *   the shape of the model's output.
 * @param options batch size, and what is printed.
 * @returns the means over all rows, for example `{ loss: 0.1023, acc: 0.9801 }`.
 * @throws Error if the model is not compiled, was disposed, or the data do not suit it; RangeError
 *   for an option out of range, TypeError for an unknown one; Interrupted if the run was
 *   interrupted.
 *
 * @example
 * const { loss, acc } = await training.evaluate(model, test.images, test.labels, { verbose: 2 });
 */
export async function evaluate(
  model: tf.LayersModel,
  x: TensorOrTensors,
  y: TensorOrTensors,
  options?: EvaluateOptions,
): Promise<Logs>;
/**
 * Measures loss and metrics on data that come batch by batch.
 *
 * @param model a compiled model.
 * @param data batches of inputs and targets, as for `fit`.
 * @param options what is printed, how many steps.
 * @returns the means over all rows.
 * @throws Error as for tensors.
 */
export async function evaluate(
  model: tf.LayersModel,
  data: DataSource,
  options?: EvaluateOptions,
): Promise<Logs>;
export async function evaluate(
  model: tf.LayersModel,
  x: TensorOrTensors | DataSource,
  yOrOptions?: TensorOrTensors | EvaluateOptions,
  optionsAfterY?: EvaluateOptions,
): Promise<Logs> {
  const { y, options } = argumentsOf<EvaluateOptions>(x, yOrOptions, optionsAfterY);
  checkOptionNames('evaluate', options, Object.keys(optionNames));
  const verbose = checkedVerbose(options.verbose);
  const users = checkedCallbacks(options.callbacks);
  const limit = checkedSteps('steps', options.steps);
  requireUndisposed(model);
  const compiled = compiledModel(model);
  const breaks = new Breaks(options.signal);
  const isSeen = verbose !== 0 || users.length > 0 || limit !== undefined;
  const source = batchSource(compiled, x, y, options, breaks, isSeen);
  try {
    return await evaluateBatches(
      model,
      source,
      breaks,
      { verbose, users, limit },
      options.compiled,
    );
  } catch (error) {
    requireUndisposed(model);
    throw error;
  } finally {
    source.dispose();
  }
}

interface Settings {
  verbose: Verbosity;
  /** The user's callbacks. */
  users: Callback[];
  /** So many steps at most. */
  limit: number | undefined;
}

async function evaluateBatches(
  model: tf.LayersModel,
  source: BatchSource,
  breaks: Breaks,
  { verbose, users, limit }: Settings,
  compiled: boolean | undefined,
): Promise<Logs> {
  const { samples = Number.POSITIVE_INFINITY, batchSize = samples } = source;
  const runner = createRunner(model, compiled, inferenceOptions(samples, batchSize));
  // Of Keras's metrics, which the runner puts in the place of tfjs's.
  const means = new RunningMeans(reportedValues(compiledModel(model)));
  const steps = expectedSteps(source.steps, limit);
  const progress = new ProgressLogger({ verbose, steps, rows: () => means.rows });
  const callbacks = new CallbackList([progress], users, breaks, () => runner.userCodeRan());
  try {
    callbacks.setModel(model);
    const batches = batchesOf(source, limit);
    const done = await testBatches(runner, batches, means, { callbacks, breaks }, (step) => {
      const place = steps === undefined ? `${step}` : `${step}/${steps}`;
      return `Evaluation was interrupted after step ${place}.`;
    });
    if (done === 0) {
      throw new Error('The data are empty: there is no batch to evaluate.');
    }
    return means.logs();
  } catch (error) {
    callbacks.error();
    throw error;
  }
}

function expectedSteps(
  inPass: number = Number.POSITIVE_INFINITY,
  limit: number = Number.POSITIVE_INFINITY,
): number | undefined {
  const steps = Math.min(inPass, limit);
  return Number.isFinite(steps) ? steps : undefined;
}

function batchSource(
  model: ModelInternals,
  x: TensorOrTensors | DataSource,
  y: TensorOrTensors | undefined,
  options: EvaluateOptions,
  breaks: Breaks,
  isSeen: boolean,
): BatchSource {
  if (isDataSource(x)) {
    refuseOptions(options, ['batchSize', 'sampleWeight']);
    const source = new SourceBatches(model, x, 'x', breaks);
    requireEnd(source, 'steps', options.steps);
    return source;
  }
  const batchSize = checkedBatchSize(options.batchSize);
  const { sampleWeight } = options;
  const samples = preparedSamples(model, x, y as TensorOrTensors, { sampleWeight });
  const chosen = options.batchSize === undefined && !isSeen;
  return storedBatches(samples, chosen ? evaluationBatchSize(model, samples.count) : batchSize);
}
