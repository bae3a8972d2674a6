import type { AnyCallback, Callback } from './callbacks/callback';
import { checkedCallbacks } from './callbacks/callbackList';
import { TerminateOnNaN } from './callbacks/terminateOnNaN';
import type { TensorOrTensors } from './dataChecks';
import type { DataSource } from './dataSource';
import { checkOptionNames } from './names';
import { checkedEpochs, checkedSteps, checkedValidationFreq, checkedVerbose } from './options';
import type { Verbosity } from './progress/index';
import type { RunOptions } from './runner';
import type { ClassWeight, SampleWeight } from './sampleWeights';

/**
 * Validation data of {@link fit}: as Keras writes them, or by name; or data that come batch by batch.
 */
export type ValidationData =
  | readonly [x: TensorOrTensors, y: TensorOrTensors, sampleWeight?: SampleWeight]
  | {
      /** The inputs, as `x` of `fit`. */
      x: TensorOrTensors;
      /** The targets, as `y` of `fit`. */
      y: TensorOrTensors;
      /** Weights of the rows, as `sampleWeight` of `fit`. */
      sampleWeight?: SampleWeight;
    }
  | DataSource;

/** Options of {@link fit}, with Keras's names and defaults. */
export interface FitOptions extends RunOptions {
  /** Number of the last epoch, counted from 1; 1 by default. */
  epochs?: number;
  /** Number of epochs already trained, when training is resumed; 0 by default. */
  initialEpoch?: number;
  /**
   * `[x, y]`, `{ x, y }` or batches (such as a `tf.data.Dataset`) to measure loss and metrics on
   * after each epoch. Overrides `validationSplit`.
   */
  validationData?: ValidationData;
  /** From 0 to below 1: this part of the rows, taken from the end, is for validation. */
  validationSplit?: number;
  /** Rows per step of the validation; `batchSize` by default. */
  validationBatchSize?: number;
  /** Steps of each validation, from the first row on; by default all. */
  validationSteps?: number;
  /** Validate after every so many epochs, or after those listed, counted from 1. 1 by default. */
  validationFreq?: number | readonly number[];
  /**
   * Steps in an epoch; by default all rows are one epoch. An epoch goes on where the one before has
   * stopped; data without an end need it.
   */
  stepsPerEpoch?: number;
  /** How much each row counts in the loss. */
  sampleWeight?: SampleWeight;
  /** How much the rows of each class count in the loss: `{ 0: 1, 1: 5 }`. */
  classWeight?: ClassWeight;
  /**
   * Whether the training rows are put into a new random order for each epoch; true by default. Data
   * that come batch by batch stay in their order.
   */
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
  validationBatchSize: true,
  validationSteps: true,
  validationFreq: true,
  stepsPerEpoch: true,
  sampleWeight: true,
  classWeight: true,
  shuffle: true,
  seed: true,
  verbose: true,
  callbacks: true,
  terminateOnNaN: true,
  signal: true,
  compiled: true,
};

/** The options of `fit`, checked, with what was left out; but for those that choose the data. */
export interface TrainingSettings {
  epochs: number;
  initialEpoch: number;
  stepsPerEpoch: number | undefined;
  validationSteps: number | undefined;
  validationFreq: number | readonly number[];
  verbose: Verbosity;
  terminateOnNaN: boolean;
  callbacks: readonly Callback[];
  compiled: boolean | undefined;
}

/** @throws RangeError or TypeError for what is wrong with the options that need no data. */
export function checkedSettings(options: FitOptions): TrainingSettings {
  checkOptionNames('fit', options, Object.keys(optionNames));
  const callbacks = checkedCallbacks(options.callbacks);
  const stopsOnNaN = callbacks.some((callback) => callback instanceof TerminateOnNaN);
  return {
    ...checkedEpochs(options.epochs, options.initialEpoch),
    stepsPerEpoch: checkedSteps('stepsPerEpoch', options.stepsPerEpoch),
    validationSteps: checkedSteps('validationSteps', options.validationSteps),
    validationFreq: checkedValidationFreq(options.validationFreq),
    verbose: checkedVerbose(options.verbose),
    terminateOnNaN: options.terminateOnNaN ?? !stopsOnNaN,
    callbacks,
    compiled: options.compiled,
  };
}
