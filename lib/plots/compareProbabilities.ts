import type * as tf from '../tensorflow';
import { type ClassFigureOptions, probabilities } from './classification';
import { axis, baseLayout, type Figure, palette } from './figure';

/**
 * Draws what several networks predict for one sample: a column of bars for each, one row per class.
 *
 * @param answers by the networks' names: the probabilities of the classes, shape `[classes]` or
 * `[1, classes]`, each 0 to 1; at most four networks, with the same number of classes each. Tensors
 * stay the caller's.
 * @param classNames labels of the bars; the class numbers by default.
 * @param options the title.
 * @throws Error for anything else.
 */
export function compareProbabilities(
  answers: Readonly<Record<string, tf.Tensor | ArrayLike<number>>>,
  classNames?: readonly string[],
  options: ClassFigureOptions = {},
): Figure {
  const names = Object.keys(answers);
  if (names.length < 1 || names.length > 4) {
    throw new Error(`compareProbabilities: 1 to 4 networks can be drawn, not ${names.length}.`);
  }
  const figures = Object.values(answers).map((values) => probabilities(values, classNames));
  const heights = new Set(figures.map(({ layout }) => layout.height));
  if (heights.size > 1) {
    throw new Error('compareProbabilities: the networks differ in their number of classes.');
  }
  const height = (figures[0]?.layout.height ?? 0) - 20;
  const axes = names.map((name, index) => [
    `xaxis${index === 0 ? '' : index + 1}`,
    { ...axis(name), range: [0, 1.05] },
  ]);
  return {
    data: figures.map(({ data: [bars] }, index) => ({
      ...bars,
      name: names[index],
      text: undefined,
      marker: { color: palette[index] },
      xaxis: index === 0 ? 'x' : `x${index + 1}`,
    })) as Figure['data'],
    layout: {
      ...baseLayout({ width: 760, height, title: options.title }),
      ...Object.fromEntries(axes),
      yaxis: { ...axis(''), type: 'category', autorange: 'reversed', showgrid: false },
      grid: { rows: 1, columns: names.length, pattern: 'coupled' },
      showlegend: false,
      bargap: 0.25,
    },
  };
}
