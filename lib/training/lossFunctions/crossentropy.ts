/**
 * Cross-entropy as Keras computes it.
 *
 * Where the output layer ends in softmax or sigmoid, Keras takes the sums that went into that
 * activation (the logits) and applies softmax itself: exact where the outputs are too close to 0 or
 * 1 for their logarithm to be. So a sigmoid on the output layer plays no part in the loss. tfjs
 * takes the outputs, limits them to 1e-7 … 1 - 1e-7 and divides by their sum: another loss, and no
 * gradient at all from a sample whose true class has a share below 1e-7.
 */

import { softmaxCrossentropy, sparseSoftmaxCrossentropy } from '../../native/softmaxCrossentropy';
import * as tf from '../../tensorflow';
import type { RowFunction } from './rowFunctions';

/** Options of cross-entropies. */
export interface CrossentropyOptions {
  /** Whether the outputs are sums that no softmax or sigmoid was applied to; false by default. */
  fromLogits?: boolean;
  /** From 0 (default) to below 1: how far targets are moved towards being undecided. */
  labelSmoothing?: number;
}

/** Keras's `keras.config.epsilon()`. */
const epsilon = 1e-7;

/** What went into the activation of an output layer, by what came out. */
const logitsOf = new WeakMap<tf.Tensor, tf.Tensor>();

/** Notes what went into the activation that gave these outputs. */
export function noteLogits(outputs: tf.Tensor, logits: tf.Tensor): void {
  logitsOf.set(outputs, logits);
}

/**
 * Follows https://keras.io/api/losses/probabilistic_losses/#sparse_categorical_crossentropy-function.
 *
 * @param classNumbers whole numbers from 0, `[rows]` or `[rows, 1]`.
 * @param outputs of a model, float32 `[rows, classes]`, 0 to 1.
 * @returns float32 `[rows]`, to be disposed by the caller.
 */
export function sparseCategoricalCrossentropy(
  classNumbers: tf.Tensor,
  outputs: tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => {
    const logits = logitsOf.get(outputs) ?? outputs.clipByValue(epsilon, 1 - epsilon).log();
    return sparseOfLogits(classNumbers, logits);
  });
}

/** As above, of outputs that are logits. */
export const sparseOfLogits: RowFunction = (classNumbers, logits) =>
  tf.tidy(() => {
    const numbers = classNumbers.reshape(logits.shape.slice(0, -1)).toInt();
    return hasKernels()
      ? sparseSoftmaxCrossentropy(numbers, logits)
      : crossentropy(tf.oneHot(numbers, logits.shape.at(-1) ?? 0), logits);
  });

/**
 * Follows https://keras.io/api/losses/probabilistic_losses/#categorical_crossentropy-function.
 *
 * @returns the loss: of targets and outputs float32 `[rows, classes]`, float32 `[rows]`.
 */
export function categoricalCrossentropyLoss({
  fromLogits = false,
  labelSmoothing = 0,
}: CrossentropyOptions = {}): RowFunction {
  return (targets, outputs) =>
    tf.tidy(() => {
      const share = labelSmoothing / (outputs.shape.at(-1) ?? 1);
      const smooth = smoothed(targets, labelSmoothing, share);
      const logits = fromLogits ? outputs : logitsOf.get(outputs);
      return logits
        ? (hasKernels() ? softmaxCrossentropy : crossentropy)(smooth, logits)
        : tf.metrics.categoricalCrossentropy(smooth, outputs);
    });
}

/**
 * Follows https://keras.io/api/losses/probabilistic_losses/#binary_crossentropy-function.
 *
 * @returns the loss: of targets and outputs float32 `[rows, units]`, float32 `[rows]`.
 */
export function binaryCrossentropyLoss({
  fromLogits = false,
  labelSmoothing = 0,
}: CrossentropyOptions = {}): RowFunction {
  return (targets, outputs) =>
    tf.tidy(() => {
      const smooth = smoothed(targets.toFloat(), labelSmoothing, labelSmoothing / 2);
      const logits = fromLogits ? outputs : logitsOf.get(outputs);
      return logits
        ? sigmoidCrossentropy(smooth, logits).mean(-1)
        : tf.metrics.binaryCrossentropy(smooth, outputs);
    });
}

function smoothed(targets: tf.Tensor, smoothing: number, share: number): tf.Tensor {
  return smoothing === 0 ? targets : tf.add(tf.mul(targets, 1 - smoothing), share);
}

/** Follows https://www.tensorflow.org/api_docs/python/tf/nn/sigmoid_cross_entropy_with_logits. */
function sigmoidCrossentropy(targets: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  const small = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return tf.relu(logits).sub(logits.mul(targets)).add(small);
}

/** Only TensorFlow itself has the loss as one kernel. */
function hasKernels(): boolean {
  return tf.getBackend() === 'tensorflow';
}

function crossentropy(targets: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.logSoftmax(logits).mul(targets).sum(-1).neg();
}
