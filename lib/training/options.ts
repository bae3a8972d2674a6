/** Checks of the numbers that the user gives to `fit`, `evaluate` and `predict`. */
import type { Verbosity } from './progress/index';

export function checkedBatchSize(batchSize = 32, name = 'batchSize'): number {
  return checkedInteger(name, batchSize, 1);
}

export function checkedVerbose(verbose: Verbosity = 1): Verbosity {
  if (![0, 1, 2].includes(verbose)) {
    throw new RangeError(
      `verbose must be 0 (nothing), 1 (bar) or 2 (one line per epoch), not ${verbose}.`,
    );
  }
  return verbose;
}

export function checkedEpochs(
  epochs = 1,
  initialEpoch = 0,
): { epochs: number; initialEpoch: number } {
  checkedInteger('epochs', epochs, 1);
  checkedInteger('initialEpoch', initialEpoch, 0);
  if (initialEpoch >= epochs) {
    throw new RangeError(
      `Nothing to train: initialEpoch is ${initialEpoch} and epochs is ${epochs}. As in Keras, ` +
        'epochs is the number of the last epoch, not how many to add.',
    );
  }
  return { epochs, initialEpoch };
}

/** A random seed unless one is given. */
export function checkedSeed(seed = Math.floor(Math.random() * 2 ** 32)): number {
  return checkedInteger('seed', seed, Number.MIN_SAFE_INTEGER);
}

/** How many of `rows` rows are trained on; the rest, at the end, are for validation. */
export function trainingRows(rows: number, validationSplit: number): number {
  if (!(validationSplit >= 0 && validationSplit < 1)) {
    throw new RangeError(
      `validationSplit is the part of the rows kept for validation, from 0 to below 1, not ${validationSplit}.`,
    );
  }
  const kept = Math.floor(rows * (1 - validationSplit));
  if (kept === 0 || (validationSplit > 0 && kept === rows)) {
    throw new RangeError(
      `validationSplit ${validationSplit} of ${rows} rows leaves ${kept} for training and ` +
        `${rows - kept} for validation. Both need at least one.`,
    );
  }
  return kept;
}

export function checkedSteps(name: string, steps: number | undefined): number | undefined {
  return steps === undefined ? undefined : checkedInteger(name, steps, 1);
}

/** After every so many epochs, or after those listed, counted from 1. */
export function checkedValidationFreq(
  frequency: number | readonly number[] = 1,
): number | readonly number[] {
  if (Array.isArray(frequency)) {
    frequency.forEach((epoch, index) => {
      checkedInteger(`validationFreq[${index}]`, epoch, 1);
    });
    return frequency;
  }
  return checkedInteger('validationFreq', frequency as number, 1);
}

function checkedInteger(name: string, value: number, least: number): number {
  if (!Number.isSafeInteger(value) || value < least) {
    throw new RangeError(
      least === Number.MIN_SAFE_INTEGER
        ? `${name} must be a whole number, not ${value}.`
        : `${name} must be a whole number of at least ${least}, not ${value}.`,
    );
  }
  return value;
}
