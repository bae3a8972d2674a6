import type { BatchRunner } from '../graph/index';
import type * as tf from '../tensorflow';
import type { Callback, Logs, TrainingParameters } from './callbacks/callback';
import { CallbackList } from './callbacks/callbackList';
import { compiledModel, metricNames } from './compiledModel';
import { Breaks } from './interruption';
import { ProgressLogger, type Verbosity } from './progress/index';
import { createRunner } from './runner';
import { RunningMeans, type Samples } from './samples';

/** What training measured, epoch by epoch. */
export interface History {
  /** The epochs, counted from 0. */
  epoch: number[];
  /** One value per epoch for `loss`, each metric, and those of the validation data with `val_`. */
  history: Record<string, number[]>;
  /** What the callbacks were told about the run. */
  params: TrainingParameters;
}

/** The options of `fit`, checked, with what was left out. */
export interface TrainingSettings {
  epochs: number;
  initialEpoch: number;
  batchSize: number;
  verbose: Verbosity;
  validationFreq: number | readonly number[];
  seed: number;
  shuffle: boolean;
  terminateOnNaN: boolean;
  callbacks: readonly Callback[];
  signal: AbortSignal | undefined;
  compiled: boolean | undefined;
}

/** Trains epoch by epoch, measures on the validation rows after each, and calls the callbacks. */
export async function trainEpochs(
  model: tf.LayersModel,
  samples: Samples,
  validation: Samples | undefined,
  settings: TrainingSettings,
): Promise<History> {
  const { epochs, initialEpoch, batchSize, verbose } = settings;
  const steps = samples.steps(batchSize);
  const params = { epochs, steps, batchSize, samples: samples.count, verbose };
  const history: History = { epoch: [], history: {}, params };
  const fullBatches = Math.floor(samples.count / batchSize) * (epochs - initialEpoch);
  const runner = createRunner(model, settings.compiled, {
    trainingBatches: { count: fullBatches, rows: batchSize },
  });
  const breaks = new Breaks(settings.signal);
  const progress: ProgressLogger = new ProgressLogger({
    verbose,
    steps,
    rows: () => run.trainingMeans.rows,
    epochs: [initialEpoch, epochs],
    validationSteps: validation?.steps(batchSize),
  });
  const callbacks: CallbackList = new CallbackList([progress], settings.callbacks, breaks, () =>
    runner.userCodeRan(),
  );
  const run: EpochRun = new EpochRun(model, runner, callbacks, breaks, settings);
  try {
    model.stopTraining = false;
    await callbacks.trainBegin(model, params);
    let logs: Logs = {};
    for (let epoch = initialEpoch; epoch < epochs && !model.stopTraining; epoch++) {
      await callbacks.epochBegin(epoch);
      logs = await run.train(samples, epoch);
      if (validation && isValidated(epoch, settings.validationFreq)) {
        Object.assign(logs, withPrefix('val_', await run.validate(validation, epoch)));
      }
      await callbacks.epochEnd(epoch, logs);
      record(history, epoch, logs);
    }
    await callbacks.trainEnd(logs);
    return history;
  } catch (error) {
    callbacks.error();
    throw error;
  }
}

/** Callbacks may have added values of their own, as Keras's schedulers add the learning rate. */
function record({ epoch: epochs, history }: History, epoch: number, logs: Logs): void {
  epochs.push(epoch);
  for (const [name, value] of Object.entries(logs)) {
    history[name] ??= [];
    history[name].push(value);
  }
}

function isValidated(epoch: number, frequency: number | readonly number[]): boolean {
  return typeof frequency === 'number'
    ? (epoch + 1) % frequency === 0
    : frequency.includes(epoch + 1);
}

function withPrefix(prefix: string, logs: Logs): Logs {
  return Object.fromEntries(Object.entries(logs).map(([name, value]) => [prefix + name, value]));
}

/** The passes over the data that make up an epoch. */
class EpochRun {
  /** Of the epoch that runs now, or ran last. */
  trainingMeans: RunningMeans;
  private readonly names: ReturnType<typeof metricNames>;

  constructor(
    private readonly model: tf.LayersModel,
    private readonly runner: BatchRunner,
    private readonly callbacks: CallbackList,
    private readonly breaks: Breaks,
    private readonly settings: TrainingSettings,
  ) {
    this.names = metricNames(compiledModel(model));
    this.trainingMeans = new RunningMeans(this.names);
  }

  async train(samples: Samples, epoch: number): Promise<Logs> {
    const { batchSize, shuffle, seed, epochs } = this.settings;
    const steps = samples.steps(batchSize);
    const order = shuffle ? samples.shuffledRows(seed, epoch) : samples.storedRows();
    const means = new RunningMeans(this.names);
    this.trainingMeans = means;
    let done = 0;
    for (const rows of samples.batches(order, batchSize)) {
      await this.callbacks.batchBegin(done);
      means.add(this.runner.trainOnBatch(samples.inputs, samples.targets, rows), rows.size);
      done++;
      const place = () => `epoch ${epoch + 1}/${epochs}, step ${done}/${steps}`;
      this.checkLoss(means, place);
      await this.callbacks.batchEnd(done - 1, means.logs());
      await this.breaks.betweenSteps(
        () =>
          `Training was interrupted after ${place()}. The model keeps its weights; ` +
          'call fit again to train on.',
      );
      if (this.model.stopTraining) {
        break;
      }
    }
    return means.logs();
  }

  async validate(samples: Samples, epoch: number): Promise<Logs> {
    const means = new RunningMeans(this.names);
    const { batchSize } = this.settings;
    await this.callbacks.testBegin();
    let done = 0;
    for (const rows of samples.batches(samples.storedRows(), batchSize)) {
      await this.callbacks.testBatchBegin(done);
      means.add(this.runner.testOnBatch(samples.inputs, samples.targets, rows), rows.size);
      await this.callbacks.testBatchEnd(done, means.logs());
      done++;
      await this.breaks.betweenSteps(
        () => `Training was interrupted while validating epoch ${epoch + 1}. The model is trained.`,
      );
    }
    const logs = means.logs();
    await this.callbacks.testEnd(logs);
    return logs;
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
