import * as tf from '../tensorflow';
import type { Figure } from './figure';
import { imageGrid } from './images';
import type { PixelRange } from './pixels';

/** How {@link misclassified} draws. */
export interface MisclassifiedOptions extends PixelRange {
  /** Number of rows: a whole number from 1. */
  rows: number;
  /** Number of columns: a whole number from 1. */
  columns: number;
  /** One name per class; without it 0, 1, 2, … */
  classNames?: readonly string[];
  /** Title above the figure; none by default. */
  title?: string;
}

/** How many predicted classes a caption lists. */
const answersShown = 3;

/**
 * Draws pictures that a network classified wrongly, the most confident mistakes first. The captions
 * name the true class and the three most probable classes with their probabilities.
 *
 * @param images shape `[n, height, width]` or `[n, height, width, channels]` with 1 or 3
 * channels; values 0 to 1 or 0 to 255 (see {@link PixelRange}).
 * @param labels the true classes, shape `[n]`: whole numbers from 0 to `classes - 1`.
 * @param probabilities the network's output for each picture, shape `[n, classes]`. All three
 * tensors stay the caller's.
 * @param options how many pictures, and how they are drawn.
 * @throws Error when the shapes do not fit each other or the class names, a label is not a class,
 * or no picture is misclassified.
 */
export function misclassified(
  images: tf.Tensor,
  labels: tf.Tensor,
  probabilities: tf.Tensor,
  options: MisclassifiedOptions,
): Figure {
  checkShapes(images, labels, probabilities, options.classNames);
  const trueClasses = labels.dataSync();
  checkLabels(trueClasses, probabilities.shape[1] as number);
  const rows = probabilities.arraySync() as number[][];
  const wrong = rows
    .map((row, index) => ({ index, row, answers: mostProbable(row) }))
    .filter(({ index, answers }) => answers[0] !== trueClasses[index])
    .sort((one, other) => Math.max(...other.row) - Math.max(...one.row));
  if (wrong.length === 0) {
    throw new Error(`misclassified: all ${rows.length} pictures are classified correctly.`);
  }
  const name = (classNumber: number) => options.classNames?.[classNumber] ?? String(classNumber);
  const shown = wrong.slice(0, options.rows * options.columns);
  const captions = shown.map(({ index, row, answers }) =>
    [
      `true: ${name(trueClasses[index] as number)}`,
      ...answers.map((answer) => `${name(answer)}: ${(row[answer] as number).toFixed(3)}`),
    ].join('\n'),
  );
  const places = shown.map(({ index }) => index);
  const chosen = tf.tidy(() => images.gather(tf.tensor1d(places, 'int32')));
  try {
    return imageGrid(chosen, { ...options, captions });
  } finally {
    chosen.dispose();
  }
}

function mostProbable(row: readonly number[]): number[] {
  return row
    .map((_, classNumber) => classNumber)
    .sort((one, other) => (row[other] as number) - (row[one] as number))
    .slice(0, answersShown);
}

function checkLabels(labels: ArrayLike<number>, classes: number): void {
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new Error(
        `misclassified: labels[${index}] is ${label}, expected a whole number from 0 to ${classes - 1}.`,
      );
    }
  }
}

function checkShapes(
  images: tf.Tensor,
  labels: tf.Tensor,
  probabilities: tf.Tensor,
  classNames?: readonly string[],
): void {
  const [count, classes] = probabilities.shape;
  if (probabilities.rank !== 2 || labels.rank !== 1 || labels.size !== count) {
    throw new Error(
      `misclassified: labels have shape [${labels.shape}] and probabilities ` +
        `[${probabilities.shape}]; expected [n] and [n, classes].`,
    );
  }
  if (images.shape[0] !== count) {
    throw new Error(
      `misclassified: images have shape [${images.shape}], but there are ${count} labels.`,
    );
  }
  if (classNames && classNames.length !== classes) {
    throw new Error(`misclassified: ${classes} classes, but ${classNames.length} class names.`);
  }
}
