import type { BatchRunner } from '../graph/index';
import type * as tf from '../tensorflow';
import { type Callback, CallbackList, type Logs, type TrainingParameters } from './callbacks';
import { type CompiledModel, compiledModel, metricNames } from './compiledModel';
import { preparedSamples, type TensorOrTensors } from './dataChecks';
import { testSteps } from './evaluate';
import { Breaks } from './interruption';
import {
  checkedBatchSize,
  checkedEpochs,
  checkedSeed,
  checkedVerbose,
  trainingRows,
} from './options';
import { Progress, type Verbosity } from './progress';
import { createRunner, type RunOptions } from './runner';
import { RunningMeans, type Samples } from './samples';

/** Options of {@link fit}, with Keras's names and defaults. */
export interface FitOptions extends RunOptions {
  /** Number of the last epoch, counted from 1; 1 by default. */
  epochs?: number;
  /** Number of epochs already trained, when training is resumed; 0 by default. */
  initialEpoch?: number;
  /** `[x, y]` to measure loss and metrics on after each epoch. Overrides `validationSplit`. */
  validationData?: [TensorOrTensors, TensorOrTensors];
  /** From 0 to below 1: this part of the rows, taken from the end, is for validation. */
  validationSplit?: number;
  /** Whether the training rows are put into a new random order for each epoch; true by default. */
  shuffle?: boolean;
  /** A whole number that makes the order of the rows repeatable. Left out: a new order each time. */
  seed?: number;
  /** 0: print nothing; 1 (default): a progress bar; 2: one line per epoch. */
  verbose?: Verbosity;
  /** Called while training, in this order. */
  callbacks?: Callback[];
  /**
   * Whether to stop with an error as soon as the loss is NaN or infinite; true by default. Keras
   * goes on, with weights that can never recover, unless told otherwise by its TerminateOnNaN.
   */
  terminateOnNaN?: boolean;
}

/** What training measured, epoch by epoch. */
export interface History {
  /** The epochs, counted from 0. */
  epoch: number[];
  /** One value per epoch for `loss`, each metric, and those of the validation data with `val_`. */
  history: Record<string, number[]>;
  /** What the callbacks were told about the run. */
  params: TrainingParameters;
}

const modelsInTraining = new WeakSet<tf.LayersModel>();

/**
 * Trains the model. Its weights change in place, and so does its optimiser: a second call goes
 * on where the first ended.
 *
 * Follows https://keras.io/api/models/model_training_apis/#fit-method.
 *
 * @param model a compiled model.
 * @param x the inputs, first dimension the rows; an array if the model has several inputs. Not
 *   changed, and still the caller's.
 * @param y the targets, one per row: class numbers 0, 1, 2, … for
 *   `sparseCategoricalCrossentropy`, else of the shape of the model's output.
 * @param options Keras's: epochs, batch size, validation data, callbacks and so on.
 * @returns loss and metrics per epoch, under Keras's names: `history.history.val_acc`.
 * @throws Error if the model is not compiled, is being trained already, or the data do not suit
 *   it, and if the loss becomes NaN; RangeError for a wrong option; Interrupted if the training was
 *   interrupted, with the model as the last finished step left it.
 *
 * @example
 * const history = await training.fit(model, train.images, train.labels, {
 *   epochs: 10, validationData: [test.images, test.labels], verbose: 2, seed: 1,
 * });
 */
export async function fit(
  model: tf.LayersModel,
  x: TensorOrTensors,
  y: TensorOrTensors,
  options: FitOptions = {},
): Promise<History> {
  const settings = checkedSettings(options);
  const compiled = compiledModel(model);
  if (modelsInTraining.has(model)) {
    throw new Error(`The model "${model.name}" is being trained already. Await that fit first.`);
  }
  modelsInTraining.add(model);
  try {
    return await withSamples(compiled, x, y, options, (samples, validation) =>
      trainEpochs(model, samples, validation, settings),
    );
  } finally {
    modelsInTraining.delete(model);
  }
}

type Settings = ReturnType<typeof checkedSettings>;

function checkedSettings(options: FitOptions) {
  return {
    ...checkedEpochs(options.epochs, options.initialEpoch),
    batchSize: checkedBatchSize(options.batchSize),
    verbose: checkedVerbose(options.verbose),
    seed: checkedSeed(options.seed),
    shuffle: options.shuffle ?? true,
    terminateOnNaN: options.terminateOnNaN ?? true,
    callbacks: options.callbacks ?? [],
    signal: options.signal,
    compiled: options.compiled,
  };
}

/** Prepares training and validation rows, and disposes what that took. */
async function withSamples<T>(
  model: CompiledModel,
  x: TensorOrTensors,
  y: TensorOrTensors,
  { validationData, validationSplit = 0 }: FitOptions,
  use: (samples: Samples, validation: Samples | undefined) => Promise<T>,
): Promise<T> {
  const all = preparedSamples(model, x, y);
  let validation: Samples | undefined;
  try {
    if (validationData) {
      const names: [string, string] = ['validationData[0]', 'validationData[1]'];
      validation = preparedSamples(model, ...validationData, names);
      return await use(all, validation);
    }
    const [first, rest] = all.split(trainingRows(all.count, validationSplit));
    return await use(first, rest.count > 0 ? rest : undefined);
  } finally {
    validation?.dispose();
    all.dispose();
  }
}

async function trainEpochs(
  model: tf.LayersModel,
  samples: Samples,
  validation: Samples | undefined,
  settings: Settings,
): Promise<History> {
  const { epochs, initialEpoch, batchSize, verbose } = settings;
  const steps = samples.steps(batchSize);
  const params = { epochs, steps, batchSize, samples: samples.count, verbose };
  const history: History = { epoch: [], history: {}, params };
  const progress = new Progress({
    verbose,
    steps,
    samples: samples.count,
    batchSize,
    epochs: [initialEpoch, epochs],
  });
  const fullBatches = Math.floor(samples.count / batchSize) * (epochs - initialEpoch);
  const runner = createRunner(model, settings.compiled, {
    trainingBatches: { count: fullBatches, rows: batchSize },
  });
  const callbacks = new CallbackList(settings.callbacks, () => runner.userCodeRan());
  const run = new EpochRun(model, runner, callbacks, progress, settings);
  try {
    model.stopTraining = false;
    await callbacks.trainBegin(model, params);
    let logs: Logs = {};
    for (let epoch = initialEpoch; epoch < epochs && !model.stopTraining; epoch++) {
      progress.beginEpoch(epoch, epochs);
      await callbacks.epochBegin(epoch);
      const trained = await run.train(samples, epoch);
      progress.beginValidation(trained.steps, trained.logs);
      logs = { ...trained.logs, ...(validation && (await run.validate(validation, epoch))) };
      progress.end(trained.steps, logs);
      await callbacks.epochEnd(epoch, logs);
      record(history, epoch, logs);
    }
    await callbacks.trainEnd(logs);
    await progress.complete();
    return history;
  } catch (error) {
    progress.stop();
    throw error;
  }
}

function record({ epoch: epochs, history }: History, epoch: number, logs: Logs): void {
  epochs.push(epoch);
  for (const [name, value] of Object.entries(logs)) {
    history[name] ??= [];
    history[name].push(value);
  }
}

/** The passes over the data that make up an epoch. */
class EpochRun {
  private readonly names: ReturnType<typeof metricNames>;
  private readonly breaks: Breaks;

  constructor(
    private readonly model: tf.LayersModel,
    private readonly runner: BatchRunner,
    private readonly callbacks: CallbackList,
    private readonly progress: Progress,
    private readonly settings: Settings,
  ) {
    this.names = metricNames(compiledModel(model));
    this.breaks = new Breaks(settings.signal);
  }

  async train(samples: Samples, epoch: number): Promise<{ logs: Logs; steps: number }> {
    const { batchSize, shuffle, seed, epochs } = this.settings;
    const steps = samples.steps(batchSize);
    const order = shuffle ? samples.shuffledRows(seed, epoch) : samples.storedRows();
    const means = new RunningMeans(this.names);
    let done = 0;
    for (const rows of samples.batches(order, batchSize)) {
      await this.callbacks.batchBegin(done);
      means.add(this.runner.trainOnBatch(samples.inputs, samples.targets, rows), rows.size);
      done++;
      const place = () => `epoch ${epoch + 1}/${epochs}, step ${done}/${steps}`;
      this.checkLoss(means, place);
      this.progress.step(done, () => means.logs());
      await this.callbacks.batchEnd(done - 1, () => means.logs());
      await this.breaks.betweenSteps(
        () =>
          `Training was interrupted after ${place()}. The model keeps its weights; ` +
          'call fit again to train on.',
      );
      if (this.model.stopTraining) {
        break;
      }
    }
    return { logs: means.logs(), steps: done };
  }

  async validate(samples: Samples, epoch: number): Promise<Logs> {
    const means = new RunningMeans(this.names);
    const { batchSize } = this.settings;
    for (const done of testSteps(this.runner, samples, batchSize, means)) {
      this.progress.validationStep(done, samples.steps(batchSize));
      await this.breaks.betweenSteps(
        () => `Training was interrupted while validating epoch ${epoch + 1}. The model is trained.`,
      );
    }
    return means.logs('val_');
  }

  private checkLoss(means: RunningMeans, place: () => string): void {
    const { loss } = means;
    if (this.settings.terminateOnNaN && !Number.isFinite(loss)) {
      throw new Error(
        `The loss became ${loss} in ${place()}: the weights have grown out of bounds and cannot ` +
          'recover. Build the model again, and lower the learning rate or scale the inputs ' +
          '(pixels to 0..1, say). With terminateOnNaN: false training goes on regardless.',
      );
    }
  }
}
