/**
 * Keras's losses that take options. All losses can be named: `'mse'`, `'hinge'`, `'poisson'`.
 *
 * @module
 */
import { declareKnownCode } from '../runners/modelCode';
import {
  binaryCrossentropyLoss,
  type CrossentropyOptions,
  categoricalCrossentropyLoss,
  sparseOfLogits,
  sparseCategoricalCrossentropy as sparseOfShares,
} from './crossentropy';
import { describeLoss } from './descriptions';
import { huberLoss, type RowFunction } from './rowFunctions';

export type { CrossentropyOptions } from './crossentropy';
export type { RowFunction } from './rowFunctions';

/**
 * Cross-entropy of yes and no, one for each output.
 *
 * Follows https://keras.io/api/losses/probabilistic_losses/#binarycrossentropy-class.
 *
 * @param options what outputs are, and how targets are smoothed.
 * @throws RangeError for a smoothing that is not from 0 to below 1.
 */
export function binaryCrossentropy(options: CrossentropyOptions = {}): RowFunction {
  return made('BinaryCrossentropy', binaryCrossentropyLoss(options), configOf(options));
}

/**
 * Cross-entropy of one-hot classes.
 *
 * Follows https://keras.io/api/losses/probabilistic_losses/#categoricalcrossentropy-class.
 *
 * @param options what outputs are, and how targets are smoothed.
 * @throws RangeError for a smoothing that is not from 0 to below 1.
 *
 * @example
 * const loss = training.losses.categoricalCrossentropy({ labelSmoothing: 0.1 });
 * training.compile(model, { optimizer: 'adam', loss });
 */
export function categoricalCrossentropy(options: CrossentropyOptions = {}): RowFunction {
  return made('CategoricalCrossentropy', categoricalCrossentropyLoss(options), configOf(options));
}

/**
 * Cross-entropy of class numbers.
 *
 * Follows https://keras.io/api/losses/probabilistic_losses/#sparsecategoricalcrossentropy-class.
 *
 * @param options what outputs are.
 */
export function sparseCategoricalCrossentropy({
  fromLogits = false,
}: Pick<CrossentropyOptions, 'fromLogits'> = {}): RowFunction {
  const loss: RowFunction = (targets, outputs) =>
    (fromLogits ? sparseOfLogits : sparseOfShares)(targets, outputs);
  return made('SparseCategoricalCrossentropy', loss, configOf({ fromLogits }));
}

/** Options of {@link huber}. */
export interface HuberOptions {
  /** The error from which on the loss is a line and no longer a square; 1 by default. */
  delta?: number;
}

/**
 * A square for small errors, a line for large ones.
 *
 * Follows https://keras.io/api/losses/regression_losses/#huber-class.
 *
 * @param options where the line begins.
 * @throws RangeError for an error that is not above 0.
 */
export function huber({ delta = 1 }: HuberOptions = {}): RowFunction {
  if (!(delta > 0)) {
    throw new RangeError(`delta must be above 0, not ${delta}.`);
  }
  return made('Huber', huberLoss(delta), delta === 1 ? {} : { delta });
}

function configOf({ fromLogits, labelSmoothing = 0 }: CrossentropyOptions) {
  if (!(labelSmoothing >= 0 && labelSmoothing < 1)) {
    throw new RangeError(`labelSmoothing must be from 0 to below 1, not ${labelSmoothing}.`);
  }
  return {
    ...(fromLogits && { from_logits: true }),
    ...(labelSmoothing > 0 && { label_smoothing: labelSmoothing }),
  };
}

function made(
  className: string,
  loss: RowFunction,
  config: Record<string, number | boolean>,
): RowFunction {
  declareKnownCode(loss);
  return describeLoss(loss, { className, config });
}
