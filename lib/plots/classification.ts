import type * as tf from '../tensorflow';
import { axis, baseLayout, type Figure, palette, textColor } from './figure';

/** How {@link confusionMatrix} and {@link probabilities} draw. */
export interface ClassFigureOptions {
  /** Title above the figure; none by default. */
  title?: string;
}

/**
 * Draws how often each class was predicted as which: one row per true class, one column per
 * predicted class. The number is the count; the colour is its share of the row.
 *
 * @param matrix the counts, square, as `tf.math.confusionMatrix(labels, predictions, n)` makes it
 * (https://www.tensorflow.org/api_docs/python/tf/math/confusion_matrix). A tensor stays the
 * caller's.
 * @param classNames one name per class; without it 0, 1, 2, …
 * @param options title of the figure.
 * @throws Error when the matrix is not square, holds anything but counts, or does not match the
 * names.
 */
export function confusionMatrix(
  matrix: tf.Tensor | readonly (readonly number[])[],
  classNames?: readonly string[],
  options: ClassFigureOptions = {},
): Figure {
  const counts = toRows(matrix);
  checkCounts(counts);
  const names = checkNames('confusionMatrix', counts.length, classNames);
  const shares = counts.map((row) => {
    const total = row.reduce((sum, count) => sum + count, 0);
    return row.map((count) => (total === 0 ? 0 : count / total));
  });
  const side = 150 + Math.max(260, counts.length * 44);
  const layout = baseLayout({ width: side, height: side, title: options.title });
  return {
    data: [shareTrace(shares, counts, names), countTrace(shares, counts, names)],
    layout: {
      ...layout,
      xaxis: {
        ...axis('predicted'),
        type: 'category',
        showgrid: false,
        constrain: 'domain',
        // Long names end below their column: there is room to the left, none to the right.
        tickangle: names.some((name) => name.length > 5) ? -45 : 0,
      },
      yaxis: {
        ...axis('true'),
        type: 'category',
        showgrid: false,
        autorange: 'reversed',
        scaleanchor: 'x',
        constrain: 'domain',
      },
      showlegend: false,
    },
  };
}

/** From this share of the row on, a number is white on blue. */
const whiteNumbersFrom = 0.25;

/** The palette's blue, from invisible (0) to opaque (1). */
function blue(opacity: number): string {
  const [red, green, blue] = [1, 3, 5].map((at) =>
    Number.parseInt(palette[0].slice(at, at + 2), 16),
  );
  return `rgba(${red}, ${green}, ${blue}, ${opacity})`;
}

function shareTrace(shares: number[][], counts: number[][], names: string[]) {
  return {
    type: 'heatmap' as const,
    z: shares,
    x: names,
    y: names,
    zmin: 0,
    zmax: 1,
    // From transparent to the palette's blue. The colour changes quickly where the numbers turn
    // white, so that all numbers can be read.
    colorscale: [
      [0, blue(0)],
      [0.02, blue(0.12)],
      [whiteNumbersFrom - 0.03, blue(0.3)],
      [whiteNumbersFrom, blue(0.75)],
      [1, blue(1)],
    ] as [number, string][],
    showscale: false,
    xgap: 1,
    ygap: 1,
    customdata: counts,
    hovertemplate:
      'true %{y}, predicted %{x}: %{customdata}<br>%{z:.1%} of all %{y}<extra></extra>',
  };
}

/**
 * The counts are a trace of their own: older versions of Plotly cannot write text into a heatmap.
 */
function countTrace(shares: number[][], counts: number[][], names: string[]) {
  return {
    type: 'scatter' as const,
    mode: 'text' as const,
    x: counts.flatMap(() => names),
    y: counts.flatMap((row, index) => row.map(() => names[index] as string)),
    text: counts.flat().map(String),
    textfont: {
      size: 12,
      color: shares.flat().map((share) => (share >= whiteNumbersFrom ? 'white' : textColor)),
    },
    hoverinfo: 'skip' as const,
  };
}

/**
 * Draws a network's prediction for one picture: a bar for each class, the highest one in colour.
 *
 * @param values one value from 0 to 1 per class: the output of a softmax or sigmoid layer, for
 * one sample (shape `[classes]` or `[1, classes]`). A tensor stays the caller's.
 * @param classNames one name per class; without it 0, 1, 2, …
 * @param options title of the figure.
 * @throws Error when a value is not between 0 and 1, or the names do not match.
 */
export function probabilities(
  values: tf.Tensor | ArrayLike<number>,
  classNames?: readonly string[],
  options: ClassFigureOptions = {},
): Figure {
  const bars = toValues(values);
  bars.forEach((value, index) => {
    if (!(value >= 0 && value <= 1)) {
      throw new Error(
        `probabilities: the value of class ${index} is ${value}; expected 0 to 1. ` +
          'Apply tf.softmax to logits first.',
      );
    }
  });
  const names = checkNames('probabilities', bars.length, classNames);
  const highest = bars.indexOf(Math.max(...bars));
  const height = 100 + bars.length * 24;
  const layout = baseLayout({ width: 480, height, title: options.title });
  return {
    data: [
      {
        type: 'bar',
        orientation: 'h',
        x: bars,
        y: names,
        marker: { color: bars.map((_, index) => (index === highest ? palette[0] : '#b8c4d4')) },
        text: bars.map((value) => value.toFixed(3)),
        textposition: 'outside',
        cliponaxis: false,
        hovertemplate: '%{y}: %{x:.4f}<extra></extra>',
      },
    ],
    layout: {
      ...layout,
      xaxis: { ...axis('probability'), range: [0, 1.12], dtick: 0.2 },
      yaxis: { ...axis(''), type: 'category', autorange: 'reversed', showgrid: false },
      showlegend: false,
      bargap: 0.25,
    },
  };
}

function toRows(matrix: tf.Tensor | readonly (readonly number[])[]): number[][] {
  if (!('dataSync' in matrix)) {
    return matrix.map((row) => [...row]);
  }
  if (matrix.rank !== 2) {
    throw new Error(`confusionMatrix: expected two dimensions, got shape [${matrix.shape}].`);
  }
  return matrix.arraySync() as number[][];
}

function toValues(values: tf.Tensor | ArrayLike<number>): number[] {
  if (!('dataSync' in values)) {
    return Array.from(values);
  }
  if (values.rank === 0 || values.shape[values.rank - 1] !== values.size) {
    throw new Error(
      `probabilities: expected the values of one sample, shape [classes] or [1, classes], ` +
        `got [${values.shape}].`,
    );
  }
  return Array.from(values.dataSync());
}

function checkCounts(counts: number[][]): void {
  counts.forEach((row, index) => {
    if (row.length !== counts.length) {
      throw new Error(
        `confusionMatrix: the matrix must be square; row ${index} has ${row.length} values, ` +
          `but there are ${counts.length} rows.`,
      );
    }
    const wrong = row.find((count) => !Number.isInteger(count) || count < 0);
    if (wrong !== undefined) {
      throw new Error(
        `confusionMatrix: row ${index} holds ${wrong}; expected counts (0, 1, 2, …).`,
      );
    }
  });
}

function checkNames(where: string, classes: number, names?: readonly string[]): string[] {
  if (classes === 0) {
    throw new Error(`${where}: there are no classes to draw.`);
  }
  if (names && names.length !== classes) {
    throw new Error(`${where}: ${classes} classes, but ${names.length} class names.`);
  }
  return names ? [...names] : Array.from({ length: classes }, (_, index) => String(index));
}
