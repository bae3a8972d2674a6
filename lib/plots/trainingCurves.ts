/**
 * What the curves of a training run look like: the one description that the live drawing
 * (`trainingDrawing`) and the Plotly figure (`trainingFigure`) both follow.
 */
import { palette } from './figure';

/** One line: the values `y` at `x`, in epochs from the start of training. */
export interface TrainingLine {
  readonly x: readonly number[];
  readonly y: readonly number[];
}

/** What was measured of the loss, or of one metric. */
export interface TrainingMetric {
  /** Keras's name: `loss`, `acc`. */
  readonly name: string;
  /** Within the epochs: means over the rows between two points. */
  readonly within: TrainingLine;
  /** At the end of each epoch: the mean over its rows. */
  readonly training: TrainingLine;
  /** At the end of each epoch, on the validation data; empty without such data. */
  readonly validation: TrainingLine;
}

/** A training run, finished or in progress. */
export interface TrainingRun {
  /** The range of the axis of epochs. */
  readonly epochs: readonly [number, number];
  /** One or two: each gets a panel, side by side. */
  readonly metrics: readonly TrainingMetric[];
}

/** How one kind of line looks. Lines differ by more than their colour. */
export interface LineStyle {
  readonly key: 'within' | 'training' | 'validation';
  readonly name: string;
  readonly color: string;
  readonly width: number;
  /** Lengths of dashes and gaps, in pixels; `undefined`: an unbroken line. */
  readonly dashes: readonly [number, number] | undefined;
  /** What marks the points, while there are not too many. */
  readonly marker: 'circle' | 'square' | undefined;
}

/** A line as it is to be drawn. A value that is not finite leaves a gap: null. */
export interface DrawnLine extends LineStyle {
  readonly x: readonly number[];
  readonly y: readonly (number | null)[];
  readonly hasMarkers: boolean;
}

/** An axis, with ticks at round numbers: about this many, or at whole numbers only. */
export interface DrawnAxis {
  readonly range: readonly [number, number];
  readonly mostTicks: number;
  readonly wholeNumbers: boolean;
}

/** The curves of one metric, with their place in the figure. */
export interface Panel {
  readonly name: string;
  /** From the left of the figure, in pixels. */
  readonly left: number;
  readonly width: number;
  readonly epochs: DrawnAxis;
  readonly values: DrawnAxis;
  readonly lines: readonly DrawnLine[];
}

/** The whole figure; all lengths are pixels. */
export interface TrainingCurves {
  readonly width: number;
  readonly height: number;
  readonly margin: {
    readonly l: number;
    readonly r: number;
    readonly t: number;
    readonly b: number;
  };
  readonly panels: readonly Panel[];
  /** The kinds of lines that the legend names, from the left to the right. */
  readonly legend: readonly LineStyle[];
}

const lineStyles: readonly LineStyle[] = [
  {
    key: 'within',
    name: 'training, within an epoch',
    color: '#8fc1e3',
    width: 1.5,
    dashes: undefined,
    marker: undefined,
  },
  {
    key: 'training',
    name: 'training',
    color: palette[0],
    width: 2,
    dashes: undefined,
    marker: 'circle',
  },
  {
    key: 'validation',
    name: 'validation',
    color: palette[1],
    width: 2,
    dashes: [8, 5],
    marker: 'square',
  },
];

/** The name of the horizontal axes, and the size of its letters and of the markers, in pixels. */
export const epochTitle = 'epoch';
export const fontSize = 13;
export const markerSize = 6;

const height = 300;
const margin = { l: 56, r: 24, t: 60, b: 48 };
const widthOfOnePanel = 460;
const widthOfTwoPanels = 800;
const gapBetweenPanels = 62;
const mostPointsWithMarkers = 60;
const mostEpochTicks = 10;
const mostValueTicks = 5;

/** Lays out the curves: the loss on the left, the metric (if there is one) on the right. */
export function trainingCurves({ epochs, metrics }: TrainingRun): TrainingCurves {
  const width = metrics.length === 1 ? widthOfOnePanel : widthOfTwoPanels;
  const gaps = (metrics.length - 1) * gapBetweenPanels;
  const panelWidth = (width - margin.l - margin.r - gaps) / metrics.length;
  const panels = metrics.map((metric, index) => ({
    name: metric.name,
    left: margin.l + index * (panelWidth + gapBetweenPanels),
    width: panelWidth,
    epochs: { range: epochs, mostTicks: mostEpochTicks, wholeNumbers: true },
    values: { range: valueRange(metric), mostTicks: mostValueTicks, wholeNumbers: false },
    lines: lineStyles.map((style) => drawnLine(style, metric[style.key])).filter(hasPoints),
  }));
  const legend = lineStyles.filter(({ key }) =>
    panels.some(({ lines }) => lines.some((line) => line.key === key)),
  );
  return { width, height, margin, panels, legend };
}

/**
 * The distance between two ticks, as Plotly chooses it for `nticks`: 1, 2 or 5 times a power of
 * ten.
 */
export function tickStep({ range: [from, to], mostTicks, wholeNumbers }: DrawnAxis): number {
  const rough = (to - from) / mostTicks;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  return wholeNumbers ? Math.max(1, step) : step;
}

function drawnLine(style: LineStyle, { x, y }: TrainingLine): DrawnLine {
  return {
    ...style,
    x,
    y: y.map((value) => (Number.isFinite(value) ? value : null)),
    hasMarkers: style.marker !== undefined && x.length <= mostPointsWithMarkers,
  };
}

function hasPoints({ x }: DrawnLine): boolean {
  return x.length > 0;
}

/**
 * From the least to the greatest value, with a little room at both ends. From the second epoch on,
 * values within the first do not count: they would flatten all that follow.
 */
function valueRange({ within, training, validation }: TrainingMetric): [number, number] {
  const settled = training.x.length > 1 ? (training.x[0] as number) : Number.NEGATIVE_INFINITY;
  const later = within.y.filter((_, index) => (within.x[index] as number) > settled);
  const values = [...later, ...training.y, ...validation.y].filter(Number.isFinite);
  if (values.length === 0) {
    return [0, 1];
  }
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const room = most > least ? 0.1 * (most - least) : Math.abs(most) * 0.1 || 1;
  return [least - room, most + room];
}
