/**
 * The curves of a training run as an SVG text, drawn in about a millisecond. A page and resvg show
 * it at once, where plotly.js would need seconds of a processor while the training goes on.
 */
import { escapeHtml } from '../display/html';
import { fontFamily, gridColor, textColor } from './figure';
import {
  hasMarkers,
  lineStyles,
  panelHeight,
  type TrainingLine,
  type TrainingMetric,
  type TrainingRun,
  trainingFigureWidth,
  valueRange,
} from './trainingFigure';

interface Panel {
  left: number;
  width: number;
  epochs: readonly [number, number];
  values: readonly [number, number];
}

const top = 60;
const bottom = panelHeight - 48;

/** Draws the run as `trainingFigure` lays it out. */
export function drawTraining(run: TrainingRun): string {
  const { metrics } = run;
  const width = trainingFigureWidth(metrics.length);
  const panelWidth = (width - 80 - (metrics.length - 1) * 62) / metrics.length;
  const panels = metrics.map((metric, index) =>
    drawMetric(metric, {
      left: 56 + index * (panelWidth + 62),
      width: panelWidth,
      epochs: run.epochs,
      values: valueRange(metric),
    }),
  );
  const names = metrics.map(({ name }) => name).join(' and ');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${panelHeight}" ` +
    `width="${width}" height="${panelHeight}" role="img" ` +
    `aria-label="${escapeHtml(names)} by epoch" ` +
    `font-family="${fontFamily}" font-size="13" fill="${textColor}">` +
    `<rect width="${width}" height="${panelHeight}" fill="white"/>` +
    `${legend(metrics, width)}${panels.join('')}</svg>`
  );
}

function drawMetric(metric: TrainingMetric, panel: Panel): string {
  const { left, width } = panel;
  const lines = lineStyles.map((style) => drawLine(metric[style.key], style, panel));
  return (
    `<g data-metric="${escapeHtml(metric.name)}">` +
    text(left, top - 9, metric.name, 'font-weight="bold"') +
    valueAxis(panel) +
    epochAxis(panel) +
    text(left + width / 2, panelHeight - 10, 'epoch', 'text-anchor="middle"') +
    `${cutOff(panel, lines.join(''))}</g>`
  );
}

/** Hides what is outside the panel, but for a marker's half on its border. */
function cutOff({ left, width }: Panel, content: string): string {
  const border = 5;
  const box = [left - border, top - border, width + 2 * border, bottom - top + 2 * border];
  const [x, y, w, h] = box.map((value) => value.toFixed(1));
  return `<svg x="${x}" y="${y}" width="${w}" height="${h}" viewBox="${x} ${y} ${w} ${h}">${content}</svg>`;
}

function drawLine(line: TrainingLine, style: (typeof lineStyles)[number], panel: Panel): string {
  const points = line.x.map((x, index) => {
    const y = line.y[index] as number;
    return Number.isFinite(y) ? { x: toX(x, panel), y: toY(y, panel) } : undefined;
  });
  if (points.length === 0) {
    return '';
  }
  // A value that is not finite leaves a gap.
  const path = points
    .map((point, index) => point && `${points[index - 1] ? 'L' : 'M'}${point.x} ${point.y}`)
    .join('');
  const marks = hasMarkers(style.key, line)
    ? points.map((point) => point && marker(style, point.x, point.y)).join('')
    : '';
  return (
    `<path data-line="${style.key}" d="${path}" fill="none" stroke="${style.color}" ` +
    `stroke-width="${style.width}" stroke-linejoin="round"${dashes(style)}/>${marks}`
  );
}

function dashes({ dash }: (typeof lineStyles)[number]): string {
  return dash === 'dash' ? ' stroke-dasharray="8 5"' : '';
}

function marker({ key, color }: (typeof lineStyles)[number], x: number, y: number): string {
  return key === 'validation'
    ? `<rect x="${x - 3}" y="${y - 3}" width="6" height="6" fill="${color}"/>`
    : `<circle cx="${x}" cy="${y}" r="3" fill="${color}"/>`;
}

function legend(metrics: readonly TrainingMetric[], width: number): string {
  const shown = lineStyles.filter(({ key }) => metrics.some((metric) => metric[key].x.length > 0));
  let right = width - 24;
  const entries: string[] = [];
  for (const style of [...shown].reverse()) {
    const wide = style.name.length * 6.6;
    const [from, y] = [right - wide - 38, 19];
    entries.push(
      `<path d="M${from} ${y}h30" stroke="${style.color}" stroke-width="${style.width}"${dashes(style)}/>` +
        (style.key === 'within' ? '' : marker(style, from + 15, y)) +
        text(from + 36, y + 4, style.name),
    );
    right = from - 14;
  }
  return entries.join('');
}

function valueAxis(panel: Panel): string {
  const { left, width } = panel;
  return ticks(panel.values, 5)
    .map((value) => {
      const y = toY(value, panel);
      const label = text(left - 7, y + 4, tickText(value), 'text-anchor="end"');
      return `<path d="M${left} ${y}h${width.toFixed(1)}" stroke="${gridColor}"/>${label}`;
    })
    .join('');
}

function epochAxis(panel: Panel): string {
  return ticks(panel.epochs, 10)
    .filter(Number.isInteger)
    .map((epoch) => {
      const x = toX(epoch, panel);
      const label = text(x, bottom + 17, String(epoch), 'text-anchor="middle"');
      return `<path d="M${x} ${top}V${bottom}" stroke="${gridColor}"/>${label}`;
    })
    .join('');
}

function text(x: number, y: number, content: string, attributes = ''): string {
  return `<text x="${x.toFixed(1)}" y="${y}" ${attributes}>${escapeHtml(content)}</text>`;
}

/** Round numbers within the range, about `count` of them. */
function ticks([from, to]: readonly [number, number], count: number): number[] {
  const rough = (to - from) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = ([1, 2, 5, 10].find((factor) => factor * power >= rough) ?? 10) * power;
  const first = Math.ceil(from / step - 1e-9);
  const last = Math.floor(to / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, index) => (first + index) * step);
}

function tickText(value: number): string {
  const size = Math.abs(value);
  return size !== 0 && (size < 1e-4 || size >= 1e6)
    ? value.toExponential(1)
    : String(Number(value.toPrecision(6)));
}

function toX(epoch: number, { left, width, epochs: [first, last] }: Panel): number {
  return rounded(left + (width * (epoch - first)) / (last - first));
}

function toY(value: number, { values: [least, most] }: Panel): number {
  return rounded(bottom - ((bottom - top) * (value - least)) / (most - least));
}

/** Tenths of a pixel: what finer digits say cannot be seen. */
function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
