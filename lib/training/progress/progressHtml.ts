/** How a run on its way looks in a notebook. The colours are those of JupyterLab's theme. */
import { escapeHtml } from '../../display/index';
import type { Moment } from './moment';
import { clockText, valueText } from './progressText';

const mostFinishedLines = 10;

const styles = {
  block: 'color: var(--jp-content-font-color1, inherit); max-width: 800px; padding: 4px 0',
  row: 'display: flex; flex-wrap: wrap; gap: 0 1.5em; font-variant-numeric: tabular-nums',
  track:
    'background: var(--jp-border-color2, #e0e0e0); height: 6px; border-radius: 3px; ' +
    'overflow: hidden; margin: 6px 0',
  bar: 'background: var(--jp-brand-color1, #1976d2); height: 100%',
  name: 'color: var(--jp-content-font-color2, inherit)',
  lines:
    'color: var(--jp-content-font-color2, inherit); background: none; margin: 0; padding: 0; ' +
    'font: var(--jp-code-font-size, 13px)/1.3 var(--jp-code-font-family, monospace); ' +
    'white-space: pre-wrap',
} as const;

/**
 * A bar over the whole run with what is known of it, and the lines of the epochs before.
 *
 * @param secondsLeft until the end of the run; undefined while that cannot be told.
 */
export function progressHtml(
  moment: Moment,
  secondsLeft: number | undefined,
  finished: readonly string[],
): string {
  const facts: [className: string, text: string][] = [
    ['training-step', stepText(moment)],
    ['training-rate', rateText(moment)],
  ];
  if (secondsLeft !== undefined) {
    facts.splice(1, 0, ['training-time-left', `${clockText(secondsLeft)} left`]);
  }
  const values = Object.entries(moment.logs).map(
    ([name, value]) =>
      `<span class="training-value"><span style="${styles.name}">${escapeHtml(name)}</span> ` +
      `${valueText(value)}</span>`,
  );
  return (
    `<div class="training-progress" style="${styles.block}"><div style="${styles.row}">` +
    (moment.epochs ? `<strong class="training-epoch">${epochText(moment, '/')}</strong>` : '') +
    facts.map(([name, text]) => `<span class="${name}">${text}</span>`).join('') +
    `${values.join('')}</div>${barHtml(moment)}${linesHtml(finished)}</div>`
  );
}

/** The part of the run that is done, from 0 to 1; whole epochs only, while their length is unknown. */
export function partDone({ epoch, epochs = [0, 1], done, steps }: Moment): number {
  const [first, last] = epochs;
  return (epoch - first + (steps === undefined ? 0 : done / steps)) / (last - first);
}

function barHtml(moment: Moment): string {
  const percent = 100 * partDone(moment);
  const place = stepText(moment);
  const spoken = moment.epochs ? `${epochText(moment, ' of ')}, ${place}` : place;
  return (
    `<div role="progressbar" aria-label="Progress" aria-valuemin="0" aria-valuemax="100" ` +
    `aria-valuenow="${percent.toFixed(0)}" aria-valuetext="${spoken}" style="${styles.track}">` +
    `<div style="${styles.bar}; width: ${percent.toFixed(1)}%"></div></div>`
  );
}

function linesHtml(finished: readonly string[]): string {
  const shown = finished.slice(-mostFinishedLines).map(escapeHtml);
  const before = finished.length > shown.length ? ['…'] : [];
  return `<pre class="training-lines" style="${styles.lines}">${[...before, ...shown].join('\n')}</pre>`;
}

function epochText({ epoch, epochs = [0, 1] }: Moment, separator: string): string {
  return `Epoch ${epoch + 1}${separator}${epochs[1]}`;
}

function stepText({ done, steps, validation }: Moment): string {
  return validation
    ? `validation step ${countText(validation.done, validation.steps)}`
    : `step ${countText(done, steps)}`;
}

function countText(done: number, steps: number | undefined): string {
  return steps === undefined ? String(done) : `${done}/${steps}`;
}

function rateText({ rows, seconds }: Moment): string {
  return `${Math.round(rows / seconds).toLocaleString('en')} samples/s`;
}
