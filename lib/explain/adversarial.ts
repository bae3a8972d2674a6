import * as tf from '../tensorflow';
import { apply, classOf, classWithMost, requireOnePicture } from './picture';

/** How {@link adversarial} changes the picture. */
export interface AdversarialOptions {
  /** The class that the model should predict. */
  target: number;
  /** The Euclidean length of one step over all pixels; default 0.1. */
  step?: number;
  /** How many steps it may take; default 200. */
  limit?: number;
}

/** What {@link adversarial} found. */
export interface AdversarialPicture {
  /** The changed picture, in the shape of the first one, pixels within 0 and 1. */
  picture: tf.Tensor4D;
  /** The Euclidean length of the change over all pixels. */
  distance: number;
  /** How many steps it took. */
  steps: number;
}

/**
 * How small a change makes a model predict another class? Follows the gradient of the target's
 * log-probability in small steps of equal length until the model predicts the target; the pixels
 * stay within 0 and 1. After I. Goodfellow and others, “Explaining and Harnessing Adversarial
 * Examples”, 2015; the steps' length as in A. Kurakin and others, “Adversarial examples in the
 * physical world”, 2017, but Euclidean.
 *
 * @param model a model with one input and one output of probabilities.
 * @param picture shape `[1, height, width, channels]`, pixels from 0 to 1; stays the caller's.
 * @param options the target class, and the steps.
 * @returns the changed picture, which the caller disposes, and how far it is from the first.
 * @throws Error for another shape, an unknown class, and when the limit is reached.
 */
export function adversarial(
  model: tf.LayersModel,
  picture: tf.Tensor4D,
  options: AdversarialOptions,
): AdversarialPicture {
  const { step = 0.1, limit = 200 } = options;
  requireOnePicture('adversarial', model, picture);
  const target = classOf('adversarial', model, picture, options.target);
  let changed = picture.clone();
  for (let steps = 0; steps <= limit; steps++) {
    const { answer, next } = look(model, changed, target, step);
    if (answer === target) {
      next.dispose();
      const distance = tf.tidy(() => changed.sub(picture).norm().dataSync()[0] ?? Number.NaN);
      return { picture: changed, distance, steps };
    }
    changed.dispose();
    changed = next;
  }
  changed.dispose();
  throw new Error(
    `adversarial: after ${limit} steps of ${step} the model still does not answer ${target}; ` +
      'allow more or longer steps.',
  );
}

/**
 * The model's prediction and the picture one step nearer to the target, from one run of the model.
 */
function look(
  model: tf.LayersModel,
  picture: tf.Tensor4D,
  target: number,
  step: number,
): { answer: number; next: tf.Tensor4D } {
  let answer = Number.NaN;
  const next = tf.tidy(() => {
    const { grad } = tf.valueAndGrad((x) => {
      const outputs = apply(model, x);
      answer = classWithMost(outputs);
      return outputs.slice([0, target], [1, 1]).log().sum();
    })(picture);
    const length = grad.norm().maximum(1e-30);
    const moved: tf.Tensor4D = picture.add(grad.mul(tf.div(step, length)));
    return tf.clipByValue(moved, 0, 1);
  });
  return { answer, next };
}
