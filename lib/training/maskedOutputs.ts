/**
 * Outputs that carry a mask, such as an answer at each step behind an Embedding with `maskZero`. Loss and
 * means over steps leave masked steps out, as in Keras.
 */
import { countsOfMask } from '../corrections/maskedValues';
import { carriesMask, maskOf, requireOneMask } from '../corrections/masks';
import * as tf from '../tensorflow';
import type { ModelInternals } from '../tfjsInternals';

/** Whether steps of an output may be masked. */
export function hasMaskedOutputs({ outputs }: ModelInternals): boolean {
  return outputs.some(carriesMask);
}

/**
 * How much each value counts that a loss or a metric has made of outputs: 1, or 0 where the step is
 * masked; undefined if all count.
 *
 * @param values one for each step, or more for each, or a single one.
 * @throws TypeError if there is one for each row, so that steps cannot be left out any more; Error if
 *   it is not certain which steps count.
 */
export function countsOf(values: tf.Tensor, outputs: tf.Tensor): tf.Tensor | undefined {
  const mask = maskOf(outputs);
  if (!mask) {
    return undefined;
  }
  requireOneMask(mask);
  if (values.rank > 0 && values.rank < mask.rank) {
    throw new TypeError(
      `The outputs [${outputs.shape.join(', ')}] carry a mask, so a loss or metric has to return a ` +
        `value for each step, [${mask.shape.join(', ')}]; it returned [${values.shape.join(', ')}].`,
    );
  }
  return tf.tidy(() => tf.mul(tf.onesLike(values), countsOfMask(mask, values.rank)));
}

/**
 * The mean of a loss over what counts.
 *
 * Follows https://keras.io/api/losses/: the sum is divided by the number of steps that count, also where
 * these have weights.
 *
 * @param losses as the loss function has made them of `outputs`, times the weights.
 */
export function meanLoss(losses: tf.Tensor, outputs: tf.Tensor): tf.Scalar {
  return tf.tidy(() => {
    const counts = countsOf(losses, outputs);
    return counts
      ? tf.div<tf.Scalar>(tf.sum(tf.mul(losses, counts)), tf.maximum(tf.sum(counts), 1))
      : tf.mean<tf.Scalar>(losses);
  });
}
