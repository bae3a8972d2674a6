import type { Field } from './closing';
import { median, quantile } from './quantile';

/** Lines are at most this part of the picture's shorter side thick. */
const thickestLine = 1 / 14;
/** Lines are at most this far from level or upright (height by length). */
const steepestSlope = 0.12;
/** A line of a ruling covers this part of the picture's length, with others parallel to it. */
const leastCoverage = 0.45;
/** A line on its own, or one of two, covers this part. */
const coverageAlone = 0.93;
const coverageOfTwo = 0.75;
/** How far lines may be bent, in pixels. */
const bend = 4;

interface Line {
  /** The height of its middle at each column. */
  middle: Float32Array;
  /** The first and the last column in which it was seen. */
  first: number;
  last: number;
  thickness: number;
  /** How dark it is. */
  darkness: number;
  /** The part of its columns in which it is dark. */
  coverage: number;
  /** How many columns it would cross if it ended nowhere. */
  length: number;
}

/**
 * Takes ruled lines and frames out of a picture: long, straight and thin, level or upright. Where
 * the pen crosses a line its stroke is joined again.
 *
 * The lines' direction and places come from a Hough transform of the middles of the dark runs in
 * each column; each line is then followed, as it may be bent a little.
 *
 * @param darkness 0 paper, positive what is darker.
 * @param threshold what is darker counts as dark.
 */
export function eraseLines(darkness: Field, threshold: number): WithoutLines {
  const level = eraseLevelLines(darkness, threshold);
  const upright = eraseLevelLines(transposed(level.field), threshold);
  const thickness = Math.max(level.thickness, upright.thickness);
  return { values: transposed(upright.field).values, thickness };
}

/** The darkness without lines, in a new array. */
export interface WithoutLines {
  values: Float32Array;
  /** The thickest line's thickness in pixels; 0 where there were no lines. */
  thickness: number;
}

function eraseLevelLines(field: Field, threshold: number): { field: Field; thickness: number } {
  const runs = darkRuns(field, threshold);
  const found = lineMiddles(field, runs).map((middle) => follow(field, threshold, runs, middle));
  const lines = ruling(
    found.filter((line) => line !== undefined),
    field.width,
  );
  const values = field.values.slice();
  for (const line of lines) {
    erase({ ...field, values }, line);
  }
  const thickness = Math.max(0, ...lines.map((line) => line.thickness));
  return { field: { ...field, values }, thickness };
}

/**
 * Those that are long enough: a line on its own all over the picture, or nearly; of many parallel
 * ones of about the same length and thickness each may be shorter.
 */
function ruling(lines: Line[], width: number): Line[] {
  const longerThan = (coverage: number) =>
    lines.filter((line) => line.coverage * line.length >= coverage * width);
  const long = longerThan(leastCoverage);
  if (long.length >= 3) {
    const [coverage, thickness] = [
      median(long.map((line) => line.coverage)),
      median(long.map((line) => line.thickness)),
    ];
    return lines.filter(
      (line) => line.coverage >= 0.75 * coverage && line.thickness <= 2 * thickness + 1,
    );
  }
  const two = longerThan(coverageOfTwo);
  return two.length === 2 ? two : longerThan(coverageAlone);
}

/** Thin dark runs in the columns, as their middles and thicknesses. */
interface Runs {
  column: number[];
  middle: number[];
  thickness: number[];
}

function darkRuns({ width, height, values }: Field, threshold: number): Runs {
  const runs: Runs = { column: [], middle: [], thickness: [] };
  const thickest = Math.max(4, Math.min(width, height) * thickestLine);
  for (let x = 0; x < width; x++) {
    let start = -1;
    for (let y = 0; y <= height; y++) {
      const isDark = y < height && (values[y * width + x] as number) > threshold;
      if (isDark && start < 0) {
        start = y;
      } else if (!isDark && start >= 0) {
        if (y - start <= thickest) {
          runs.column.push(x);
          runs.middle.push((start + y - 1) / 2);
          runs.thickness.push(y - start);
        }
        start = -1;
      }
    }
  }
  return runs;
}

/** Where straight lines may be: their height at each column. */
function lineMiddles({ width, height }: Field, runs: Runs): Float32Array[] {
  const { slope, counts, offset } = bestSlope(width, height, runs);
  const middles: Float32Array[] = [];
  const around = (bin: number) =>
    [-2, -1, 0, 1, 2].reduce((sum, step) => sum + (counts[bin + step] ?? 0), 0);
  const sums = Array.from(counts, (_, bin) => around(bin));
  const line = (bin: number) =>
    Float32Array.from({ length: width }, (_, x) => bin - offset + slope * (x - width / 2));
  for (;;) {
    const most = sums.indexOf(Math.max(...sums));
    if ((sums[most] as number) < Math.max(6, 0.05 * width)) {
      return middles;
    }
    const middle = line(most);
    if ((sums[most] as number) > 0.3 * columnsInside(middle, height).length) {
      middles.push(middle);
    }
    sums.fill(0, Math.max(0, most - bend), most + bend + 1);
  }
}

function columnsInside(middle: Float32Array, height: number): number[] {
  return Array.from(middle.keys()).filter((x) => {
    const y = Math.round(middle[x] as number);
    return y >= 0 && y < height;
  });
}

/** The slope along which the runs line up best, and how many lie on each line of that slope. */
function bestSlope(width: number, height: number, { column, middle }: Runs) {
  const offset = Math.ceil((steepestSlope * width) / 2) + 1;
  const steps = Math.ceil((steepestSlope * width) / 1.5);
  let best = { slope: 0, counts: new Float32Array(0), offset, sharpness: -1 };
  for (let step = -steps; step <= steps; step++) {
    const slope = (steepestSlope * step) / steps;
    const counts = new Float32Array(height + 2 * offset);
    for (let run = 0; run < column.length; run++) {
      const from = (middle[run] as number) - slope * ((column[run] as number) - width / 2);
      const bin = Math.round(from) + offset;
      counts[bin] = (counts[bin] as number) + 1;
    }
    const sharpness = counts.reduce((sum, count) => sum + count * count, 0);
    if (sharpness > best.sharpness) {
      best = { slope, counts, offset, sharpness };
    }
  }
  return best;
}

/** Follows a line that is about where `guess` says; nothing where there is none. */
function follow(field: Field, threshold: number, runs: Runs, guess: Float32Array) {
  const { width, height, values } = field;
  const { columns, deviations, thickness } = runsAlong(guess, runs);
  if (columns.length < 5) {
    return undefined;
  }
  const smooth = runningMedian(columns, deviations, width, Math.max(20, width / 12));
  const middle = guess.map((y, x) => y + (smooth[x] as number));
  const at = (x: number, y: number) => values[y * width + x] as number;
  // The middle may lie between two rows, of which one is the line and the other its blurred edge.
  const darkness = (x: number) => {
    const rows = [Math.floor(middle[x] as number), Math.ceil(middle[x] as number)];
    return Math.max(...rows.map((y) => at(x, Math.min(height - 1, Math.max(0, y)))));
  };
  const beside = (x: number) => {
    const away = [-1, 1].map((side) => (middle[x] as number) + side * (thickness / 2 + 2));
    const rows = away.map(Math.round).filter((y) => y >= 0 && y < height);
    return rows.reduce((sum, y) => sum + at(x, y), 0) / rows.length;
  };
  const inside = columnsInside(middle, height);
  const dark = inside.filter((x) => darkness(x) > threshold);
  const stands = columns.map((x) => darkness(x) - beside(x));
  // A darker part of the paper has a straight edge too, and it is as dark beyond it.
  if (dark.length === 0 || median(stands) < 0.5 * median(dark.map(darkness))) {
    return undefined;
  }
  return {
    middle,
    first: dark[0] ?? 0,
    last: dark.at(-1) ?? 0,
    thickness,
    // Where it falls between two rows of pixels it looks fainter than it is.
    darkness: quantile(columns.map(darkness), 0.9),
    coverage: dark.length / inside.length,
    length: inside.length,
  };
}

/** The dark run next to the line in each column, where there is one as thick as the line. */
function runsAlong(guess: Float32Array, runs: Runs) {
  const nearest = new Int32Array(guess.length).fill(-1);
  const deviation = (run: number) =>
    (runs.middle[run] as number) - (guess[runs.column[run] as number] as number);
  for (let run = 0; run < runs.column.length; run++) {
    const x = runs.column[run] as number;
    const other = nearest[x] as number;
    const distance = Math.abs(deviation(run));
    if (distance <= bend && (other < 0 || distance < Math.abs(deviation(other)))) {
      nearest[x] = run;
    }
  }
  const near = Array.from(nearest).filter((run) => run >= 0);
  const thickness = near.length > 0 ? median(near.map((run) => runs.thickness[run] as number)) : 0;
  // Thicker ones have the pen's stroke in them.
  const found = near.filter((run) => (runs.thickness[run] as number) <= 1.5 * thickness + 1);
  const columns = found.map((run) => runs.column[run] as number);
  return { columns, deviations: found.map(deviation), thickness };
}

/** The median of the deviations within `reach` columns of each column. */
function runningMedian(columns: number[], deviation: number[], width: number, reach: number) {
  const overall = median(deviation);
  let [from, to] = [0, 0];
  return Float32Array.from({ length: width }, (_, x) => {
    while (from < columns.length && (columns[from] as number) < x - reach) {
      from++;
    }
    while (to < columns.length && (columns[to] as number) <= x + reach) {
      to++;
    }
    return to - from < 5 ? overall : median(deviation.slice(from, to));
  });
}

/** Puts what is just above and just below in the line's place, but for ink that lies over it. */
function erase({ width, height, values }: Field, line: Line): void {
  const half = line.thickness / 2 + 1;
  const overLine = 1.25 * line.darkness + 0.06;
  for (let x = line.first; x <= line.last; x++) {
    const y = line.middle[x] as number;
    const [above, below] = [Math.floor(y - half), Math.ceil(y + half)];
    const darkness = (row: number) => (row < 0 || row >= height ? 0 : values[row * width + x]);
    const [from, to] = [darkness(above) as number, darkness(below) as number];
    for (let row = Math.max(0, above + 1); row < Math.min(height, below); row++) {
      const value = values[row * width + x] as number;
      const between = from + ((to - from) * (row - above)) / (below - above);
      if (value < overLine && between < value) {
        values[row * width + x] = between;
      }
    }
  }
}

function transposed({ width, height, values }: Field): Field {
  const turned = new Float32Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      turned[x * height + y] = values[y * width + x] as number;
    }
  }
  return { width: height, height: width, values: turned };
}
