/** The cells that ran in this kernel, for the history of consoles. */

interface HistoryRequest {
  hist_access_type?: unknown;
  n?: unknown;
  start?: unknown;
  stop?: unknown;
  pattern?: unknown;
  unique?: unknown;
  output?: unknown;
}

/** Session, line and source, as in Jupyter's protocol. */
type Entry = [number, number, string];

const session = 1;

function toNumber(value: unknown, otherwise: number): number {
  return typeof value === 'number' ? value : otherwise;
}

/** Jupyter's patterns: `*` stands for any text, `?` for one character. */
function toPattern(glob: string): RegExp {
  const escaped = glob.replace(/[.+^${}()|[\]\\]/g, '\\$&');
  return new RegExp(`^${escaped.replaceAll('*', '.*').replaceAll('?', '.')}$`, 's');
}

export class History {
  private readonly entries: Entry[] = [];

  add(count: number, source: string): void {
    this.entries.push([session, count, source]);
  }

  /** The entries of a `history_request`: `tail`, `range` or `search`. */
  find(request: HistoryRequest): (Entry | [number, number, [string, null]])[] {
    const found = this.select(request);
    return request.output === true
      ? found.map(([where, line, source]) => [where, line, [source, null]])
      : found;
  }

  private select(request: HistoryRequest): Entry[] {
    const last = toNumber(request.n, this.entries.length);
    switch (request.hist_access_type) {
      case 'range': {
        const start = toNumber(request.start, 0);
        const stop = toNumber(request.stop, Number.POSITIVE_INFINITY);
        return this.entries.filter(([, line]) => line >= start && line < stop);
      }
      case 'search': {
        const pattern = toPattern(typeof request.pattern === 'string' ? request.pattern : '*');
        const found = this.entries.filter(([, , source]) => pattern.test(source));
        const isLast = ([, , source]: Entry, index: number) =>
          found.findLastIndex(([, , other]) => other === source) === index;
        return (request.unique === true ? found.filter(isLast) : found).slice(-last);
      }
      default:
        return last > 0 ? this.entries.slice(-last) : [];
    }
  }
}
