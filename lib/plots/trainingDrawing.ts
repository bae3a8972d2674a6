/**
 * The curves of a training run as an SVG text, drawn in about a millisecond. Browsers and resvg
 * show it at once; plotly.js would take seconds of processor time from the training.
 */
import { escapeHtml } from '../display/html';
import { fontFamily, gridColor, textColor } from './figure';
import {
  type DrawnAxis,
  type DrawnLine,
  epochTitle,
  fontSize,
  type LineStyle,
  markerSize,
  type Panel,
  type TrainingCurves,
  type TrainingRun,
  tickStep,
  trainingCurves,
} from './trainingCurves';

/** The upper and the lower end of all panels, from the top of the picture. */
interface Height {
  readonly top: number;
  readonly bottom: number;
}

/** Draws the run as `trainingCurves` lays it out. */
export function drawTraining(run: TrainingRun): string {
  const curves = trainingCurves(run);
  const { width, height, margin } = curves;
  const ends = { top: margin.t, bottom: height - margin.b };
  const panels = curves.panels.map((panel) => drawPanel(panel, ends, height));
  const names = curves.panels.map(({ name }) => name).join(' and ');
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" ` +
    `width="${width}" height="${height}" role="img" ` +
    `aria-label="${escapeHtml(names)} by ${epochTitle}" ` +
    `font-family="${fontFamily}" font-size="${fontSize}" fill="${textColor}">` +
    `${legend(curves)}${panels.join('')}</svg>`
  );
}

function drawPanel(panel: Panel, ends: Height, height: number): string {
  const { left, width, name } = panel;
  const lines = panel.lines.map((line) => drawLine(line, panel, ends));
  return (
    `<g data-metric="${escapeHtml(name)}">` +
    text(left, ends.top - 9, name, 'font-weight="bold"') +
    valueAxis(panel, ends) +
    epochAxis(panel, ends) +
    text(left + width / 2, height - 10, epochTitle, 'text-anchor="middle"') +
    `${cutOff(panel, ends, lines.join(''))}</g>`
  );
}

/** Hides what is outside the panel, except half of a marker on its border. */
function cutOff({ left, width }: Panel, { top, bottom }: Height, content: string): string {
  const border = 5;
  const box = [left - border, top - border, width + 2 * border, bottom - top + 2 * border];
  const [x, y, w, h] = box.map((value) => value.toFixed(1));
  return `<svg x="${x}" y="${y}" width="${w}" height="${h}" viewBox="${x} ${y} ${w} ${h}">${content}</svg>`;
}

function drawLine(line: DrawnLine, panel: Panel, ends: Height): string {
  const points = line.x.map((x, index) => {
    const y = line.y[index] ?? null;
    return y === null ? undefined : { x: toX(x, panel), y: toY(y, panel, ends) };
  });
  const path = points
    .map((point, index) => point && `${points[index - 1] ? 'L' : 'M'}${point.x} ${point.y}`)
    .join('');
  const marks = line.hasMarkers
    ? points.map((point) => point && marker(line, point.x, point.y)).join('')
    : '';
  return (
    `<path data-line="${line.key}" d="${path}" fill="none" ${stroke(line)} ` +
    `stroke-linejoin="round"/>${marks}`
  );
}

function stroke({ color, width, dashes }: LineStyle): string {
  const pattern = dashes ? ` stroke-dasharray="${dashes.join(' ')}"` : '';
  return `stroke="${color}" stroke-width="${width}"${pattern}`;
}

function marker({ marker, color }: LineStyle, x: number, y: number): string {
  const half = markerSize / 2;
  switch (marker) {
    case 'square':
      return `<rect x="${x - half}" y="${y - half}" width="${markerSize}" height="${markerSize}" fill="${color}"/>`;
    case 'circle':
      return `<circle cx="${x}" cy="${y}" r="${half}" fill="${color}"/>`;
    default:
      return '';
  }
}

function legend({ legend: shown, width, margin }: TrainingCurves): string {
  let right = width - margin.r;
  const entries: string[] = [];
  for (const style of [...shown].reverse()) {
    const wide = style.name.length * 6.6;
    const [from, y] = [right - wide - 38, 19];
    entries.push(
      `<path d="M${from} ${y}h30" ${stroke(style)}/>` +
        marker(style, from + 15, y) +
        text(from + 36, y + 4, style.name),
    );
    right = from - 14;
  }
  return entries.join('');
}

function valueAxis(panel: Panel, ends: Height): string {
  const { left, width } = panel;
  return ticks(panel.values)
    .map((value) => {
      const y = toY(value, panel, ends);
      const label = text(left - 7, y + 4, tickText(value), 'text-anchor="end"');
      return `<path d="M${left} ${y}h${width.toFixed(1)}" stroke="${gridColor}"/>${label}`;
    })
    .join('');
}

function epochAxis(panel: Panel, { top, bottom }: Height): string {
  return ticks(panel.epochs)
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

/** The numbers within the range at which there are ticks. */
function ticks(axis: DrawnAxis): number[] {
  const [from, to] = axis.range;
  const step = tickStep(axis);
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

function toX(epoch: number, { left, width, epochs }: Panel): number {
  const [first, last] = epochs.range;
  return rounded(left + (width * (epoch - first)) / (last - first));
}

function toY(value: number, { values }: Panel, { top, bottom }: Height): number {
  const [least, most] = values.range;
  return rounded(bottom - ((bottom - top) * (value - least)) / (most - least));
}

/** Tenths of a pixel: more digits make no visible difference. */
function rounded(pixels: number): number {
  return Math.round(pixels * 10) / 10;
}
