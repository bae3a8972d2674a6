import { axis, baseLayout, type Figure, palette } from './figure';

/** One line: the values `y` at the places `x`, in epochs from the start of training. */
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

/** A training run, finished or on its way. */
export interface TrainingRun {
  /** The first and the last place on the axis of epochs. */
  readonly epochs: readonly [number, number];
  /** One or two: each gets a panel, side by side. */
  readonly metrics: readonly TrainingMetric[];
}

/** How the lines of a run look, in Plotly's words. Colour is never the only sign. */
export const lineStyles = [
  { key: 'within', name: 'training, within an epoch', color: '#8fc1e3', width: 1.5, dash: 'solid' },
  { key: 'training', name: 'training', color: palette[0], width: 2, dash: 'solid' },
  { key: 'validation', name: 'validation', color: palette[1], width: 2, dash: 'dash' },
] as const;

export const panelHeight = 300;
const epochTitle = { text: 'epoch', standoff: 10, font: { size: 13 } };
const mostPointsWithMarkers = 60;

/** The width of the figure, in pixels, with this many panels. */
export function trainingFigureWidth(panels: number): number {
  return panels === 1 ? 460 : 800;
}

/** Whether the points of a line are marked: they are the epochs, while there are not too many. */
export function hasMarkers(key: (typeof lineStyles)[number]['key'], line: TrainingLine): boolean {
  return key !== 'within' && line.x.length <= mostPointsWithMarkers;
}

/**
 * The curves of a training run: the loss on the left, the metric (if there is one) on the right;
 * within the epochs, after each, and on the validation data.
 */
export function trainingFigure({ epochs, metrics }: TrainingRun): Figure {
  const panels = metrics.length;
  const layout: Figure['layout'] = {
    ...baseLayout({ width: trainingFigureWidth(panels), height: panelHeight }),
    margin: { l: 56, r: 24, t: 60, b: 48 },
    showlegend: true,
    legend: { orientation: 'h', x: 1, xanchor: 'right', y: 1.12, yanchor: 'bottom' },
    annotations: [],
  };
  for (const [panel, metric] of metrics.entries()) {
    const number = panel === 0 ? '' : '2';
    const domain = panels === 1 ? [0, 1] : [[0, 0.46] as const, [0.54, 1] as const][panel];
    Object.assign(layout, {
      [`xaxis${number}`]: {
        ...axis('epoch'),
        title: epochTitle,
        domain,
        range: [...epochs],
        ...wholeTicks(epochs),
      },
      [`yaxis${number}`]: { ...axis(''), anchor: `x${number}`, range: valueRange(metric) },
    });
    layout.annotations?.push({
      text: `<b>${metric.name}</b>`,
      xref: 'paper',
      yref: 'paper',
      x: domain?.[0] ?? 0,
      y: 1.02,
      xanchor: 'left',
      yanchor: 'bottom',
      showarrow: false,
    });
  }
  return { data: metrics.flatMap(traces), layout };
}

function traces(metric: TrainingMetric, panel: number): Figure['data'] {
  const number = panel === 0 ? '' : '2';
  return lineStyles
    .filter(({ key }) => metric[key].x.length > 0)
    .map(({ key, name, color, width, dash }) => ({
      type: 'scatter',
      mode: hasMarkers(key, metric[key]) ? 'lines+markers' : 'lines',
      name,
      legendgroup: key,
      showlegend: panel === 0,
      x: [...metric[key].x],
      y: metric[key].y.map((value) => (Number.isFinite(value) ? value : null)),
      xaxis: `x${number}` as 'x',
      yaxis: `y${number}` as 'y',
      line: { color, width, dash },
      marker: { symbol: key === 'validation' ? 'square' : 'circle', size: 6 },
      cliponaxis: false,
    }));
}

function wholeTicks([first, last]: readonly [number, number]): { dtick?: number } {
  return last - first <= 12 ? { dtick: 1 } : {};
}

/**
 * From the least to the greatest value, with a little room at both ends. From the second epoch on,
 * what comes within the first does not count: it would press all that follows into a line.
 */
export function valueRange({ within, training, validation }: TrainingMetric): [number, number] {
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
