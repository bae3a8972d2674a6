/** What a classifier answered: picture by picture, and class by class. */
import type * as tf from '../tensorflow';
import { axis, baseLayout, type Figure, palette } from './figure';
import { type ImageGridOptions, imageGrid } from './images';
import type { Pixels } from './pixels';

/** Class numbers: whole numbers from 0, one per picture. A tensor stays the caller's. */
export type ClassNumbers = tf.Tensor | ArrayLike<number>;

/** How {@link answers} draws: the options of {@link imageGrid} but its captions. */
export type AnswersOptions = Omit<ImageGridOptions, 'captions' | 'captionColors'>;

/** Green and red that can be read on light and dark pages. */
const rightColor = '#16863f';
const wrongColor = '#dc2626';

/**
 * Draws the first `rows × columns` pictures with the class that a classifier predicted: right
 * answers in green, wrong ones in red with the true class below. Nobody needs to tell the colours
 * apart: the words differ too.
 *
 * @param pixels shape `[count, height, width]` or `[count, height, width, channels]`, as for
 * {@link imageGrid}. A tensor stays the caller's.
 * @param trueClasses the class of each picture
 * @param predictedClasses the classifier's answer for each picture
 * @param classNames one name per class
 * @param options how many pictures, and how they are drawn.
 * @throws Error when there are fewer classes than pictures shown, when a class has no name, and
 * whenever {@link imageGrid} throws.
 *
 * @example
 * const answered = (await training.predict(model, images)).argMax(-1);
 * await plots.show(plots.answers(images, labels, answered, names, { rows: 3, columns: 5 }));
 */
export function answers(
  pixels: Pixels,
  trueClasses: ClassNumbers,
  predictedClasses: ClassNumbers,
  classNames: readonly string[],
  options: AnswersOptions,
): Figure {
  const places = options.rows * options.columns;
  const truth = firstNames('trueClasses', trueClasses, classNames, places);
  const predicted = firstNames('predictedClasses', predictedClasses, classNames, places);
  if (truth.length !== predicted.length) {
    throw new Error(
      `answers: there are ${truth.length} true classes and ${predicted.length} predicted ones ` +
        `for the first ${places} pictures.`,
    );
  }
  const isRight = (index: number) => truth[index] === predicted[index];
  return imageGrid(pixels, {
    ...options,
    captions: predicted.map((name, index) =>
      isRight(index) ? `right: ${name}` : `wrong: ${name}\ntrue: ${truth[index]}`,
    ),
    captionColors: predicted.map((_, index) => (isRight(index) ? rightColor : wrongColor)),
  });
}

function firstNames(
  where: string,
  classes: ClassNumbers,
  names: readonly string[],
  count: number,
): string[] {
  const numbers = 'dataSync' in classes ? classes.dataSync() : classes;
  return Array.from({ length: Math.min(count, numbers.length) }, (_, index) => {
    const name = names[numbers[index] as number];
    if (name === undefined) {
      throw new Error(
        `answers: ${where}[${index}] is ${numbers[index]}, but there are names only for the ` +
          `classes 0 to ${names.length - 1}.`,
      );
    }
    return name;
  });
}

/**
 * Draws the accuracy of each class, the least accurate first.
 *
 * @param accuracies one value from 0 to 1 per class: the share of its pictures that were recognised
 * (the class's *recall*)
 * @param classNames one name per class
 * @param options title of the figure.
 * @throws Error when a share is not between 0 and 1, or there are not as many names as shares.
 */
export function classAccuracies(
  accuracies: readonly number[],
  classNames: readonly string[],
  options: { title?: string } = {},
): Figure {
  if (accuracies.length === 0 || accuracies.length !== classNames.length) {
    throw new Error(
      `classAccuracies: ${accuracies.length} accuracies, but ${classNames.length} class names.`,
    );
  }
  const bars = accuracies.map((share, index) => ({ share, name: classNames[index] as string }));
  for (const { share, name } of bars) {
    if (!(share >= 0 && share <= 1)) {
      throw new Error(`classAccuracies: the accuracy of ${name} is ${share}; expected 0 to 1.`);
    }
  }
  bars.sort((a, b) => a.share - b.share);
  const height = 100 + bars.length * 24;
  return {
    data: [
      {
        type: 'bar',
        orientation: 'h',
        x: bars.map(({ share }) => share),
        y: bars.map(({ name }) => name),
        marker: { color: palette[0] },
        text: bars.map(({ share }) => share.toFixed(3)),
        textposition: 'outside',
        cliponaxis: false,
        hovertemplate: '%{y}: %{x:.4f}<extra></extra>',
      },
    ],
    layout: {
      ...baseLayout({ width: 480, height, title: options.title }),
      xaxis: { ...axis('accuracy'), range: [0, 1.12], dtick: 0.2 },
      yaxis: { ...axis(''), type: 'category', autorange: 'reversed', showgrid: false },
      showlegend: false,
      bargap: 0.25,
    },
  };
}
