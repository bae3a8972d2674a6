import type * as tf from '../tensorflow';
import type { AnyCallback } from './callbacks/callback';
import { checkedCallbacks } from './callbacks/callbackList';
import { TerminateOnNaN } from './callbacks/terminateOnNaN';
import { type CompiledModel, compiledModel } from './compiledModel';
import { preparedSamples, type TensorOrTensors } from './dataChecks';
import { requireUndisposed } from './disposal';
import { checkOptionNames } from './names';
import {
  checkedBatchSize,
  checkedEpochs,
  checkedSeed,
  checkedValidationFreq,
  checkedVerbose,
  trainingRows,
} from './options';
import type { Verbosity } from './progress/index';
import type { RunOptions } from './runner';
import type { Samples } from './samples';
import { type History, type TrainingSettings, trainEpochs } from './trainingLoop';

/** Validation data of {@link fit}: as Keras writes them, or by name. */
export type ValidationData =
  | readonly [x: TensorOrTensors, y: TensorOrTensors]
  | {
      /** The inputs, as `x` of `fit`. */
      x: TensorOrTensors;
      /** The targets, as `y` of `fit`. */
      y: TensorOrTensors;
    };

/** Options of {@link fit}, with Keras's names and defaults. */
export interface FitOptions extends RunOptions {
  /** Number of the last epoch, counted from 1; 1 by default. */
  epochs?: number;
  /** Number of epochs already trained, when training is resumed; 0 by default. */
  initialEpoch?: number;
  /**
   * `[x, y]` or `{ x, y }` to measure loss and metrics on after each epoch. Overrides
   * `validationSplit`.
   */
  validationData?: ValidationData;
  /** From 0 to below 1: this part of the rows, taken from the end, is for validation. */
  validationSplit?: number;
  /** Validate after every so many epochs, or after those listed, counted from 1. 1 by default. */
  validationFreq?: number | readonly number[];
  /** Whether the training rows are put into a new random order for each epoch; true by default. */
  shuffle?: boolean;
  /** A whole number that makes the order of the rows repeatable. Left out: a new order each time. */
  seed?: number;
  /** 0: print nothing; 1 (default): a progress bar; 2: one line per epoch. */
  verbose?: Verbosity;
  /** Called while training, in this order; one of them may stand without an array. */
  callbacks?: AnyCallback | readonly AnyCallback[];
  /**
   * Whether to stop with an error as soon as the loss is NaN or infinite; true by default, unless
   * the callback `TerminateOnNaN` is among the callbacks. Keras goes on, with weights that can never
   * recover, unless that callback stops it.
   */
  terminateOnNaN?: boolean;
}

const optionNames: Record<keyof FitOptions, true> = {
  epochs: true,
  initialEpoch: true,
  batchSize: true,
  validationData: true,
  validationSplit: true,
  validationFreq: true,
  shuffle: true,
  seed: true,
  verbose: true,
  callbacks: true,
  terminateOnNaN: true,
  signal: true,
  compiled: true,
};

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
 * @throws Error if the model is not compiled, was disposed, is being trained already, or the data do
 *   not suit it, and if the loss becomes NaN; RangeError for an option out of range, TypeError for
 *   one that there is not; Interrupted if the training was interrupted, with the model as the last
 *   finished step left it.
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
  requireUndisposed(model);
  const compiled = compiledModel(model);
  if (modelsInTraining.has(model)) {
    throw new Error(`The model "${model.name}" is being trained already. Await that fit first.`);
  }
  modelsInTraining.add(model);
  try {
    return await withSamples(compiled, x, y, options, (samples, validation) =>
      trainEpochs(model, samples, validation, settings),
    );
  } catch (error) {
    // What tfjs says of a disposed weight is "Cannot read properties of undefined".
    requireUndisposed(model);
    throw error;
  } finally {
    modelsInTraining.delete(model);
  }
}

function checkedSettings(options: FitOptions): TrainingSettings {
  checkOptionNames('fit', options, Object.keys(optionNames));
  const callbacks = checkedCallbacks(options.callbacks);
  const stopsOnNaN = callbacks.some((callback) => callback instanceof TerminateOnNaN);
  return {
    ...checkedEpochs(options.epochs, options.initialEpoch),
    batchSize: checkedBatchSize(options.batchSize),
    verbose: checkedVerbose(options.verbose),
    validationFreq: checkedValidationFreq(options.validationFreq),
    seed: checkedSeed(options.seed),
    shuffle: options.shuffle ?? true,
    terminateOnNaN: options.terminateOnNaN ?? !stopsOnNaN,
    callbacks,
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
      validation = preparedSamples(model, ...validationPair(validationData));
      return await use(all, validation);
    }
    const [first, rest] = all.split(trainingRows(all.count, validationSplit));
    return await use(first, rest.count > 0 ? rest : undefined);
  } finally {
    validation?.dispose();
    all.dispose();
  }
}

/** Inputs, targets, and what the user calls them. */
function validationPair(
  data: ValidationData,
): [x: TensorOrTensors, y: TensorOrTensors, names: [string, string]] {
  if (Array.isArray(data)) {
    if (data.length !== 2) {
      throw new TypeError(
        `validationData must be [x, y] or { x, y }, but it holds ${data.length} elements.`,
      );
    }
    return [data[0], data[1], ['validationData[0]', 'validationData[1]']];
  }
  const { x, y } = data as { x: TensorOrTensors; y: TensorOrTensors };
  if (x === undefined || y === undefined) {
    throw new TypeError(
      `validationData must be [x, y] or { x, y }, but it has ${Object.keys(data).join(', ')}.`,
    );
  }
  return [x, y, ['validationData.x', 'validationData.y']];
}
