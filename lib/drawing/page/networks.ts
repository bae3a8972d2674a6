/** The networks and their answers. Knows nothing of the page. */
import type { Ink } from '../../images/ink';
import { fieldSize, toMnistForm } from '../../images/mnistForm';
import * as tf from '../../tensorflow';

/** A network's entry in `networks.json`. */
export interface NetworkDescription {
  /** Short, of letters and digits: part of addresses and of the page's ids. */
  readonly id: string;
  /** Its name for display: `LeNet-5`. */
  readonly name: string;
  /** A line below the name; may be empty. */
  readonly caption: string;
}

/** A network that is ready to predict. */
export interface Network extends NetworkDescription {
  readonly model: tf.LayersModel;
}

/** The ten probabilities of one network, and the digit with the highest. */
export interface Answer {
  readonly probabilities: number[];
  readonly digit: number;
  readonly probability: number;
}

/**
 * Turns the ink on the pad into the networks' input, a picture in MNIST's form.
 *
 * @returns 28 · 28 values row by row, 0 (paper) to 1 (ink); `undefined` where there is no ink.
 */
export function pictureOf(ink: Ink): Float32Array | undefined {
  if (!ink.values.some((value) => value > 0)) {
    return undefined;
  }
  const picture = toMnistForm(ink);
  const values = picture.dataSync<'float32'>();
  picture.dispose();
  return values;
}

/** A network's answer for a picture of 28 · 28 values. */
export function answerOf(model: tf.LayersModel, picture: Float32Array): Answer {
  const probabilities = tf.tidy(() => {
    const shape = model.inputs[0]?.shape.map((size) => size ?? 1);
    return Array.from((model.predict(tf.tensor(picture, shape)) as tf.Tensor).dataSync());
  });
  const probability = Math.max(...probabilities);
  return { probabilities, digit: probabilities.indexOf(probability), probability };
}

/** Makes a network predict once, so that the reader's first answer is as fast as the others. */
export function warmUp(model: tf.LayersModel): void {
  answerOf(model, new Float32Array(fieldSize * fieldSize));
}

/** A probability as text: `97 %`; `100 %` and `0 %` only if exact. */
export function percent(probability: number): string {
  const rounded = Math.round(100 * probability);
  if (rounded === 100 && probability < 1) {
    return '> 99 %';
  }
  if (rounded === 0 && probability > 0) {
    return '< 1 %';
  }
  return `${rounded} %`;
}
