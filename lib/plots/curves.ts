import { axis, baseLayout, type Figure, palette } from './figure';

/** One line of a figure of curves. */
export interface Curve {
  /** What the legend calls it. */
  name: string;
  /** The values, in order. A value that is not finite leaves a gap, and the legend says so. */
  y: ArrayLike<number>;
  /** The horizontal positions of the values; by default 1, 2, 3, … */
  x?: ArrayLike<number>;
}

/** How {@link curves} draws. */
export interface CurvesOptions {
  /** Title above the figure; none by default. */
  title?: string;
  /** Names the horizontal axis, with its unit. */
  xTitle?: string;
  /** Names the vertical axis, with its unit. */
  yTitle?: string;
  /** The least and the largest value on the vertical axis; by default those of the curves. */
  yRange?: readonly [number, number];
}

/**
 * What a training run recorded, as Keras's `History` object holds it
 * (https://keras.io/api/models/model_training_apis/): epochs from 0, and for each metric one value
 * per epoch, with `val_` before the name for the validation set.
 */
export interface RecordedHistory {
  /** The epochs, counted from 0. */
  readonly epoch: readonly number[];
  /** One value per epoch for each metric, by its name. */
  readonly history: Readonly<Record<string, readonly number[]>>;
}

// Curves differ in line and marker too, for readers who cannot tell the colours apart.
const dashes = ['solid', 'dash', 'dot', 'dashdot'] as const;
const markers = ['circle', 'square', 'diamond', 'triangle-up'] as const;
const mostPointsWithMarkers = 60;

/**
 * Draws lines over a common axis: losses by iteration, several runs in one picture, and so on.
 *
 * @param lines what to draw; at least one curve.
 * @param options titles of the figure and its axes.
 * @throws Error when there is no curve, when a curve is empty, or when its `x` and `y` differ in
 * length.
 */
export function curves(lines: readonly Curve[], options: CurvesOptions = {}): Figure {
  if (lines.length === 0) {
    throw new Error('curves: there is nothing to draw; give at least one curve.');
  }
  const layout = baseLayout({ width: 640, height: 400, title: options.title });
  return {
    data: lines.map(lineTrace),
    layout: {
      ...layout,
      xaxis: { ...axis(options.xTitle ?? ''), ...wholeNumberTicks(lines) },
      yaxis: {
        ...axis(options.yTitle ?? ''),
        ...(options.yRange && { range: [...options.yRange] }),
      },
      showlegend: true,
      legend: { orientation: 'h', x: 1, xanchor: 'right', y: 1.02, yanchor: 'bottom' },
      hovermode: 'x unified',
      // Show the nearest values wherever the pointer is, not only within 20 pixels of a point.
      hoverdistance: -1,
    },
  };
}

function lineTrace(curve: Curve, index: number): Figure['data'][number] {
  const y = Array.from(curve.y);
  const x = curve.x ? Array.from(curve.x) : y.map((_, position) => position + 1);
  if (y.length === 0) {
    throw new Error(`curves: '${curve.name}' has no values.`);
  }
  if (x.length !== y.length) {
    throw new Error(`curves: '${curve.name}' has ${x.length} x values and ${y.length} y values.`);
  }
  const missing = y.filter((value) => !Number.isFinite(value)).length;
  return {
    type: 'scatter',
    mode: y.length <= mostPointsWithMarkers ? 'lines+markers' : 'lines',
    name: missing === 0 ? curve.name : `${curve.name} (${missing} not finite)`,
    x,
    y: y.map((value) => (Number.isFinite(value) ? value : null)),
    line: { color: cycle(palette, index), dash: cycle(dashes, index), width: 2 },
    marker: { symbol: cycle(markers, index), size: 7 },
  };
}

function cycle<T>(choices: readonly T[], index: number): T {
  return choices[index % choices.length] as T;
}

/** A few whole numbers need one tick each: there is no epoch 2.5. */
function wholeNumberTicks(lines: readonly Curve[]): { dtick?: number } {
  const positions = lines.flatMap(({ x, y }) => Array.from(x ?? [1, y.length]));
  const span = Math.max(...positions) - Math.min(...positions);
  return positions.every(Number.isInteger) && span <= 20 ? { dtick: span <= 12 ? 1 : 2 } : {};
}

/**
 * The accuracy after each epoch, on the training set and (where it was measured) on the
 * validation set.
 *
 * @param history what `fit` returned. The accuracy is found under any of the names it may have
 * (`acc`, `accuracy`, `sparseCategoricalAccuracy`, …).
 * @throws Error when no accuracy was recorded, or no epoch.
 */
export function accuracyCurves(history: RecordedHistory): Figure {
  const names = Object.keys(history.history);
  const metric = names.find((name) => /^(?!val_).*acc/i.test(name));
  if (metric === undefined) {
    throw new Error(
      `accuracyCurves: the history holds no accuracy, only ${list(names)}; ` +
        `compile the model with metrics: ['acc'].`,
    );
  }
  return metricCurves(history, metric, { title: 'Accuracy', yTitle: 'accuracy' });
}

/**
 * The loss after each epoch, on the training set and (where it was measured) on the validation
 * set.
 *
 * @param history what `fit` returned.
 * @throws Error when no loss was recorded, or no epoch.
 */
export function lossCurves(history: RecordedHistory): Figure {
  if (!history.history.loss) {
    throw new Error(
      `lossCurves: the history holds no loss, only ${list(Object.keys(history.history))}.`,
    );
  }
  return metricCurves(history, 'loss', { title: 'Loss', yTitle: 'loss' });
}

function metricCurves(history: RecordedHistory, metric: string, options: CurvesOptions): Figure {
  const x = history.epoch.map((epoch) => epoch + 1);
  const { [metric]: training = [], [`val_${metric}`]: validation } = history.history;
  const lines: Curve[] = [{ name: 'training', y: training, x }];
  if (validation) {
    lines.push({ name: 'validation', y: validation, x });
  }
  return curves(lines, { ...options, xTitle: 'epoch' });
}

function list(names: readonly string[]): string {
  return names.length === 0 ? 'nothing' : names.map((name) => `'${name}'`).join(', ');
}
