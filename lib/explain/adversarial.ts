import * as tf from '../tensorflow';
import { answerOf, apply, classOf, requireOnePicture } from './picture';

/** How {@link adversarial} changes the picture. */
export interface AdversarialOptions {
  /** The class that the model is to answer. */
  target: number;
  /** How far one step changes the picture: the Euclidean length over all pixels; default 0.1. */
  step?: number;
  /** How many steps it may take; default 200. */
  limit?: number;
}

/** What {@link adversarial} found. */
export interface AdversarialPicture {
  /** The changed picture, in the shape of the first one, pixels within 0 and 1. */
  picture: tf.Tensor4D;
  /** How far it is from the first one: the Euclidean length of the change over all pixels. */
  distance: number;
  /** How many steps it took. */
  steps: number;
}

/**
 * How little has to change until a model reads something else? Follows the gradient of the target's
 * log-probability in small steps of equal length until the model answers the target; the pixels stay
 * within 0 and 1. After I. Goodfellow and others, “Explaining and Harnessing Adversarial Examples”,
 * 2015; the steps' length as in A. Kurakin and others, “Adversarial examples in the physical
 * world”, 2017, but Euclidean.
 *
 * @param model one input and one output, of probabilities.
 * @param picture shape `[1, height, width, channels]`, pixels from 0 to 1; stays the caller's.
 * @param options the class wanted, and the steps.
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
  const gradient = tf.grad((x) => apply(model, x).slice([0, target], [1, 1]).log().sum());
  let changed = picture.clone();
  for (let steps = 0; steps <= limit; steps++) {
    if (answerOf(model, changed) === target) {
      const distance = tf.tidy(() => changed.sub(picture).norm().dataSync()[0] as number);
      return { picture: changed, distance, steps };
    }
    const next = tf.tidy(() => {
      const direction = gradient(changed) as tf.Tensor4D;
      const length = direction.norm().maximum(1e-30);
      return changed.add(direction.mul(tf.div(step, length))).clipByValue(0, 1) as tf.Tensor4D;
    });
    changed.dispose();
    changed = next;
  }
  changed.dispose();
  throw new Error(
    `adversarial: after ${limit} steps of ${step} the model still does not answer ${target}; ` +
      'allow more or longer steps.',
  );
}
