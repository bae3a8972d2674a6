import type { Figure } from './figure';

/** The properties of a trace that a description needs. */
interface Trace {
  type?: string;
  mode?: string;
  name?: string;
  x?: unknown;
  y?: unknown;
}

const mostTexts = 24;

/**
 * A figure in words, for whoever does not see it: its kind, its title, what its axes measure, and
 * the names of its lines, its longest bars, or the texts in it.
 *
 * @param figure what is described.
 * @returns one line of text.
 */
export function describeFigure({ data, layout }: Figure): string {
  const traces = data as Trace[];
  const title = plain(layout.title);
  const axes = axesOf(layout);
  const named = traces.map((trace) => [trace.name, longestBar(trace)].filter(Boolean).join(' '));
  const written = (layout.annotations ?? []).map(({ text }) => plain(text));
  const texts = [...new Set([...named, ...written])].filter((text) => text !== '');
  const shown = texts.slice(0, mostTexts).join('; ') + (texts.length > mostTexts ? '; …' : '');
  const head = [kindOf(traces[0]), title && `“${title}”`, axes].filter(Boolean).join(' ');
  return shown === '' ? head : `${head}: ${shown}`;
}

function kindOf(trace: Trace | undefined): string {
  switch (trace?.type) {
    case 'image':
      return 'Picture';
    case 'bar':
      return 'Bar chart';
    case 'heatmap':
      return 'Coloured table';
    default:
      return trace?.mode === 'markers' && Array.isArray(trace.y) && trace.y.length === 0
        ? 'Diagram'
        : 'Line chart';
  }
}

/** For bars: the longest, with its length. */
function longestBar({ type, x, y }: Trace): string {
  if (type !== 'bar' || !Array.isArray(x) || !Array.isArray(y) || x.length === 0) {
    return '';
  }
  const place = x.indexOf(Math.max(...x));
  return `longest ${y[place]} (${Number(x[place]).toFixed(3)})`;
}

function axesOf(layout: Figure['layout']): string {
  const x = plain(layout.xaxis?.title);
  const y = plain(layout.yaxis?.title);
  return [y && `of ${y}`, x && `over ${x}`].filter(Boolean).join(' ');
}

/** A text without Plotly's line breaks and tags. */
function plain(text: string | { text?: string } | undefined): string {
  const written = typeof text === 'string' ? text : (text?.text ?? '');
  return written
    .replaceAll(/<br\s*\/?>/g, ' ')
    .replaceAll(/<[^>]*>/g, '')
    .replaceAll('\n', ' ')
    .trim();
}
