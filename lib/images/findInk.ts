import * as tf from '../tensorflow';
import { type Ink, type Reading, readInk } from './ink';
import { boundingBox } from './mnistForm';
import {
  coarse,
  type Darkness,
  differenceToPaper,
  partOfPaperMissing,
  slide,
  windowSize,
} from './paper';
import type { Picture } from './picture';

/** Which is brighter, the paper (`dark-on-light`) or the digit (`light-on-dark`). */
export type Polarity = 'dark-on-light' | 'light-on-dark';

/** The digit's ink, or what is in the way of finding it. */
export type Found = { ink: Ink } | { problem: string };

interface PolarReading extends Reading {
  readonly polarity: Polarity;
}

/** Larger pictures are averaged down to this first; a digit ends up 20 pixels high anyway. */
const longestSide = 512;
/** Smaller and smaller squares, as parts of the picture, for the closing that finds the paper. */
const smallerWindows = [6, 12];
/** Two readings are of the same thing where they have at least this part of their ink in common. */
const leastInCommon = 0.95;
/** Of this part, where no others have more: small windows take away from broad strokes. */
const leastSimilar = 0.8;
/** A pen's stroke is no thicker than this share of the digit's size, unless the pen is broad. */
const penThickness = 0.25;
/** Broad strokes fill no more than this share of the rectangle around them, if that is not narrow. */
const mostFilledByStrokes = 0.65;
/** A digit in doubt (see `Reading`) has less of its outline open. */
const mostDoubt = 0.2;

/** Brightness 0..1 as [height, width], averaged over squares where the picture is large. */
export function shrink({ width, height, pixels }: Picture): tf.Tensor2D {
  const side = Math.ceil(Math.max(width, height) / longestSide);
  const columns = Math.max(1, Math.floor(width / side));
  const rows = Math.max(1, Math.floor(height / side));
  const means = new Float32Array(rows * columns);
  const [squareHeight, squareWidth] = [Math.min(side, height), Math.min(side, width)];
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      let sum = 0;
      for (let y = row * side; y < row * side + squareHeight; y++) {
        for (let x = column * side; x < column * side + squareWidth; x++) {
          sum += pixels[y * width + x] as number;
        }
      }
      means[row * columns + column] = sum / (255 * squareHeight * squareWidth);
    }
  }
  return tf.tensor2d(means, [rows, columns]);
}

/**
 * Tells pen from paper: the pen covers the smaller part, and so lies further from the local
 * average than the paper does. The sign of the third moment (skewness) says on which side.
 */
export function detectPolarity(grey: tf.Tensor2D): Polarity {
  const thirdMoment = tf.tidy(() => {
    const small = coarse(grey);
    const fromAverage = tf.sub(small, slide(small, windowSize(small, 2), 'avg'));
    return tf.mean(tf.pow(fromAverage, 3));
  });
  const skewness = thirdMoment.dataSync()[0] as number;
  thirdMoment.dispose();
  return skewness < 0 ? 'dark-on-light' : 'light-on-dark';
}

/**
 * Finds the digit: what is darker than the paper around it (or lighter, by polarity).
 *
 * The paper's brightness is estimated in several ways. Ink stays what it is in all of them, while
 * shadows, edges and parts of a sheet come and go: a digit is what two estimates agree on.
 *
 * @param grey brightness, from {@link shrink}.
 * @param polarity `auto` tries both, the likelier one first.
 */
export function findInk(grey: tf.Tensor2D, polarity: 'auto' | Polarity): Found {
  const problems: string[] = [];
  const readings: PolarReading[] = [];
  const [agreed, similar]: [PolarReading[], PolarReading[]] = [[], []];
  for (const [tried, darkness] of estimates(grey, polarity)) {
    const found = readInk(darkness);
    if ('problem' in found) {
      problems.push(found.problem);
      continue;
    }
    const reading = { ...found, polarity: tried };
    for (const other of readings.filter((other) => other.polarity === tried)) {
      // Of equal ones the larger window's: a smaller one may take away from broad strokes.
      const clearer = reading.doubt < other.doubt ? reading : other;
      const inCommon = partInCommon(other.ink, reading.ink);
      const isSame = inCommon >= leastInCommon;
      if (isSame && agreed.length === 0 && isPen(clearer)) {
        return clearer;
      }
      if (inCommon >= leastSimilar) {
        (isSame ? agreed : similar).push(clearer);
      }
    }
    readings.push(reading);
  }
  const confirmed = clearest(agreed) ?? clearest(similar);
  const broad = clearest(readings.filter(isBroadPen));
  const best = confirmed && broad && isGap(confirmed, broad) ? broad : (confirmed ?? broad);
  return best ?? { problem: problemOf(problems, readings.length) };
}

/** Whether nothing else may be meant: no part of a sheet, and no gap between strokes. */
function isPen(reading: Reading): boolean {
  return reading.doubt === 0 && !isBroad(reading) && relativeThickness(reading) <= penThickness;
}

/** Whether it may be a digit although no other estimate confirms it; a sheet of paper fills more. */
function isBroadPen(reading: Reading): boolean {
  const { width, height } = boundingBox(reading.ink);
  const isNarrow = Math.min(width, height) < 0.5 * Math.max(width, height);
  const filled = reading.ink.values.filter((value) => value >= 0.5).length / (width * height);
  return reading.doubt === 0 && isBroad(reading) && (isNarrow || filled <= mostFilledByStrokes);
}

/** The one with the least doubt; of equal ones that with the thinnest strokes for its size. */
function clearest(readings: readonly PolarReading[]): PolarReading | undefined {
  return readings
    .filter(({ doubt }) => doubt < mostDoubt)
    .sort(
      (one, other) => one.doubt - other.doubt || relativeThickness(one) - relativeThickness(other),
    )[0];
}

function relativeThickness({ ink, thickness }: Reading): number {
  const { width, height } = boundingBox(ink);
  return thickness / Math.max(width, height);
}

/** Whether one is paper between the strokes of the other, which is lighter or darker. */
function isGap(one: PolarReading, strokes: PolarReading): boolean {
  const [inner, outer] = [boundingBox(one.ink), boundingBox(strokes.ink)];
  const isInside =
    inner.left >= outer.left &&
    inner.top >= outer.top &&
    inner.left + inner.width <= outer.left + outer.width &&
    inner.top + inner.height <= outer.top + outer.height;
  const isThicker = relativeThickness(one) > relativeThickness(strokes);
  return one.polarity !== strokes.polarity && isInside && isThicker;
}

function problemOf(problems: readonly string[], readings: number): string {
  return readings > 0
    ? 'what stands out is not clearly told from edges and shadows: cut the picture to the digit'
    : (problems.find((problem) => problem !== '') ?? '');
}

/** How much of the ink in either is in both. */
function partInCommon(one: Ink, other: Ink): number {
  let [common, all] = [0, 0];
  one.values.forEach((value, pixel) => {
    const [isInOne, isInOther] = [value >= 0.5, (other.values[pixel] as number) >= 0.5];
    common += Number(isInOne && isInOther);
    all += Number(isInOne || isInOther);
  });
  return common / all;
}

/**
 * Whether strokes are about as broad as the next smaller window, to which they are paper: it cannot
 * confirm them. Parts of a sheet are broad as well, so a thinner digit is looked for first.
 */
function isBroad({ ink, thickness }: Reading): boolean {
  const window = Math.max(ink.width, ink.height) / (smallerWindows[0] as number);
  return thickness >= 0.7 * window;
}

/** What may be the picture's darkness, the likeliest first, each computed when it is asked for. */
function* estimates(
  grey: tf.Tensor2D,
  polarity: 'auto' | Polarity,
): Generator<[Polarity, Darkness]> {
  const first: Polarity = polarity === 'auto' ? detectPolarity(grey) : polarity;
  const second: Polarity = first === 'dark-on-light' ? 'light-on-dark' : 'dark-on-light';
  for (const tried of polarity === 'auto' ? [first, second] : [first]) {
    const light = tried === 'dark-on-light' ? grey : tf.sub<tf.Tensor2D>(1, grey);
    yield [tried, differenceToPaper(light)];
    for (const part of smallerWindows) {
      yield [tried, partOfPaperMissing(light, part)];
    }
  }
}
