import type { BatchRunner } from '../graph/index';
import type * as tf from '../tensorflow';
import { type BatchSource, batchesOf, Epochs } from './batches';
import type { Logs, TrainingParameters } from './callbacks/callback';
import { CallbackList } from './callbacks/callbackList';
import { compiledModel, reportedValues } from './compiledModel';
import type { TrainingSettings } from './fitOptions';
import type { Breaks } from './interruption';
import { ProgressLogger } from './progress/index';
import { createRunner } from './runner';
import { RunningMeans } from './samples';
import { testBatches } from './testBatches';
import type { TrainingData } from './trainingData';

/** What training measured, epoch by epoch. */
export interface History {
  /** The epochs, counted from 0. */
  epoch: number[];
  /** One value per epoch for `loss`, each metric, and those of the validation data with `val_`. */
  history: Record<string, number[]>;
  /** What the callbacks were told about the run. */
  params: TrainingParameters;
}

/** Trains epoch by epoch, validates after each, and calls the callbacks. */
export async function trainEpochs(
  model: tf.LayersModel,
  { training, validation }: TrainingData,
  settings: TrainingSettings,
  breaks: Breaks,
): Promise<History> {
  const { epochs, initialEpoch, stepsPerEpoch, verbose } = settings;
  const batches = new Epochs(training, stepsPerEpoch, initialEpoch);
  const { steps } = batches;
  const { batchSize, samples } = training;
  const params = { epochs, steps, batchSize, samples, verbose };
  const history: History = { epoch: [], history: {}, params };
  const runner = createRunner(model, settings.compiled, {
    trainingBatches: fullBatches(training, settings),
  });
  const progress: ProgressLogger = new ProgressLogger({
    verbose,
    steps,
    rows: () => run.trainingMeans.rows,
    epochs: [initialEpoch, epochs],
    validationSteps: settings.validationSteps ?? validation?.steps,
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
      const trained = await run.train(batches, epoch);
      if (!trained) {
        warnOfEnd(epoch - initialEpoch);
        break;
      }
      logs = trained;
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
  } finally {
    await batches.close();
  }
}

/** The training batches of one size that are to come, where that can be said. */
function fullBatches(
  { batchSize, samples }: BatchSource,
  { epochs, initialEpoch, stepsPerEpoch = Number.POSITIVE_INFINITY }: TrainingSettings,
): { count: number; rows: number } | undefined {
  if (batchSize === undefined || samples === undefined) {
    return undefined;
  }
  const inEpoch = Math.min(Math.floor(samples / batchSize), stepsPerEpoch);
  return { count: inEpoch * (epochs - initialEpoch), rows: batchSize };
}

function warnOfEnd(epochs: number): void {
  if (epochs === 0) {
    throw new Error('The data are empty: there is no batch to train on.');
  }
  console.warn(
    `The data ended: training ends after ${epochs} epoch(s). A generator function, given as such, is ` +
      'called anew for each epoch; stepsPerEpoch makes several epochs of a long generator.',
  );
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
  private readonly reported: ReturnType<typeof reportedValues>;

  constructor(
    private readonly model: tf.LayersModel,
    private readonly runner: BatchRunner,
    readonly callbacks: CallbackList,
    readonly breaks: Breaks,
    private readonly settings: TrainingSettings,
  ) {
    this.reported = reportedValues(compiledModel(model));
    this.trainingMeans = new RunningMeans(this.reported);
  }

  /** The epoch's means, or undefined if there was no batch. */
  async train(batches: Epochs, epoch: number): Promise<Logs | undefined> {
    const means = new RunningMeans(this.reported);
    this.trainingMeans = means;
    let done = 0;
    for await (const { inputs, targets, rows, size } of batches.next()) {
      await this.callbacks.batchBegin(done);
      means.add(this.runner.trainOnBatch(inputs, targets, rows), size);
      done++;
      const place = () => this.place(epoch, done, batches.steps);
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
    return done > 0 ? means.logs() : undefined;
  }

  private place(epoch: number, done: number, steps: number | undefined): string {
    const ofSteps = steps === undefined ? '' : `/${steps}`;
    return `epoch ${epoch + 1}/${this.settings.epochs}, step ${done}${ofSteps}`;
  }

  async validate(source: BatchSource, epoch: number): Promise<Logs> {
    const means = new RunningMeans(this.reported);
    const steps = batchesOf(source, this.settings.validationSteps);
    const done = await testBatches(this.runner, steps, means, this, () => {
      return `Training was interrupted while validating epoch ${epoch + 1}. The model is trained.`;
    });
    if (done === 0) {
      throw new Error('validationData are empty: there is no batch to validate on.');
    }
    return means.logs();
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
