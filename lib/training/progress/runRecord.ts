/** What a training run has measured so far, as points of curves. */
import type { TrainingLine, TrainingMetric, TrainingRun } from '../../plots/training';
import type { Logs } from '../callbacks/callback';

/** Means over the `rows` that were trained on since the point before. */
interface Point {
  /** In epochs from the start of training. */
  x: number;
  rows: number;
  logs: Logs;
  /** How many times it was added to. */
  updates: number;
}

const mostPoints = 200;

/** Collects values while training; few enough of them for a small figure, however long it takes. */
export class RunRecord {
  private within: Point[] = [];
  private readonly ends: { x: number; logs: Logs }[] = [];
  private updatesPerPoint = 1;
  private usualRows = 0;
  private before: { rows: number; logs: Logs } = { rows: 0, logs: {} };

  /** @param epochs where training starts, 0 unless it is resumed, and where it is to end. */
  constructor(private readonly epochs: readonly [number, number]) {}

  /**
   * @param x in epochs from the start of training.
   * @param logs the means over the `rows` rows of this epoch so far.
   */
  step(x: number, rows: number, logs: Logs): void {
    const { before } = this;
    const added = rows - before.rows;
    // An epoch's first moment may be a few rows only, whose mean would be an outlier.
    if (added < this.usualRows / 2) {
      return;
    }
    this.usualRows = added;
    const since = mapLogs(logs, (name, mean) => {
      return (mean * rows - (before.logs[name] ?? 0) * before.rows) / added;
    });
    this.before = { rows, logs };
    this.addPoint({ x, updates: 1, rows: added, logs: since });
  }

  private addPoint(point: Point): void {
    const last = this.within.at(-1);
    if (last && last.updates < this.updatesPerPoint) {
      this.within[this.within.length - 1] = joined(last, point);
    } else {
      this.within.push(point);
    }
    if (this.within.length > mostPoints) {
      this.within = joinedInPairs(this.within);
      this.updatesPerPoint *= 2;
    }
  }

  /** @param x the number of the finished epoch, counted from 1. */
  epochEnd(x: number, logs: Logs): void {
    this.ends.push({ x, logs });
    this.before = { rows: 0, logs: {} };
  }

  /** Whether there is a line to draw. */
  get hasCurve(): boolean {
    return this.within.length > 1 || this.ends.length > 1;
  }

  /** The curves so far. `finished`: the axis ends where training ended. */
  run(finished: boolean): TrainingRun {
    const [first, last] = this.epochs;
    const reached = Math.max(this.ends.at(-1)?.x ?? 0, this.within.at(-1)?.x ?? 0);
    return {
      epochs: [first, finished ? reached : last],
      metrics: shownNames(this.within[0]?.logs ?? this.ends[0]?.logs ?? {}).map((name) =>
        this.metric(name),
      ),
    };
  }

  private metric(name: string): TrainingMetric {
    const ends = thinned(this.ends);
    return {
      name,
      within: line(this.within, name),
      training: line(ends, name),
      validation: line(ends, `val_${name}`),
    };
  }
}

/** The loss and one metric: the accuracy, or else the first. */
function shownNames(logs: Logs): string[] {
  const [loss, ...metrics] = Object.keys(logs).filter((name) => !name.startsWith('val_'));
  const metric = metrics.find((name) => /acc/i.test(name)) ?? metrics[0];
  return [loss, metric].filter((name) => name !== undefined);
}

function line(points: readonly { x: number; logs: Logs }[], name: string): TrainingLine {
  const measured = points.filter(({ logs }) => name in logs);
  return {
    x: measured.map(({ x }) => fiveDigits(x)),
    y: measured.map(({ logs }) => fiveDigits(logs[name] as number)),
  };
}

function fiveDigits(value: number): number {
  return Number(value.toPrecision(5));
}

/** Half as many points, each the mean of two neighbours. An odd last one stays. */
function joinedInPairs(points: readonly Point[]): Point[] {
  return points.flatMap((point, index) => {
    const next = points[index + 1];
    if (index % 2 === 1) {
      return [];
    }
    return next ? [joined(point, next)] : [point];
  });
}

function joined(first: Point, second: Point): Point {
  const rows = first.rows + second.rows;
  const logs = mapLogs(second.logs, (name, mean) => {
    return ((first.logs[name] as number) * first.rows + mean * second.rows) / rows;
  });
  return { x: second.x, updates: first.updates + second.updates, rows, logs };
}

/** At most `mostPoints` of the points, evenly spread, the last among them. */
function thinned<T>(points: readonly T[]): T[] {
  const stride = Math.ceil(points.length / mostPoints);
  return points.filter((_, index) => (points.length - 1 - index) % stride === 0);
}

function mapLogs(logs: Logs, change: (name: string, value: number) => number): Logs {
  return Object.fromEntries(
    Object.entries(logs).map(([name, value]) => [name, change(name, value)]),
  );
}
