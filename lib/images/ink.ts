import { slideMaximum } from './closing';
import { otsuThreshold } from './otsu';
import { cutOutline, facingOutline, openOutline, type Surroundings } from './outline';
import type { Darkness } from './paper';
import { breadth, connectedPieces, type Piece, sidesTouched, size } from './pieces';
import { everyFifth, median, quantile } from './quantile';
import { eraseLines, type WithoutLines } from './ruledLines';

/** How much ink there is where: 0 is paper, 1 the digit's full colour. */
export interface Ink {
  readonly width: number;
  readonly height: number;
  readonly values: Float32Array;
}

// What ends in AmongOthers holds where other things had to be left out to find the digit.

/** Less contrast than this (of 1 between black and white) is not told from paper. */
const leastContrast = 0.05;
const leastContrastAmongOthers = 0.12;
/** Specks with less ink than this share of the largest piece are not part of the digit. */
const leastShareOfInk = 0.1;
/** No part of a digit is thicker than this share of its size: it is written with a pen. */
const thickest = 0.4;
/** A small digit may be written with a broad pen; a sheet of paper or a shadow is larger. */
const thickestOfSmall = 0.6;
const smallSize = 0.4;
const thickestAmongOthers = 0.33;
/** Nor does it fill more than this share of the rectangle around it, if that is not narrow. */
const mostFilled = 0.8;
/** With more of its outline open (see `openOutline`) a piece is not ink. */
const mostOpen = 0.22;
/** The same for one that touches three sides of the picture, as a border does. */
const mostOpenAround = 0.12;
/** With more of its outline cut (see `cutOutline`) a piece may be a part of broad strokes. */
const mostCut = 0.09;
/** With more of its outline near something as dark (see `facingOutline`) a piece is a gap. */
const mostFacing = 0.35;
/** A digit is at least this part of the picture's longer side high or wide. */
const leastSize = 1 / 30;
const leastSizeAmongOthers = 1 / 12;
/** A digit is in at most so many pieces. */
const mostPieces = 6;
const mostPiecesAmongOthers = 3;
/** Paper under the digit whose brightness differs more than this needs a flat-field correction. */
const mostUneven = 1.35;
/** Edges are blurred over so many pixels on each side. */
const blur = 4;

const onlyEdges = 'only edges, lines and shadows stand out, nothing with paper on all sides';

/** What one estimate of the darkness gives. */
export interface Reading {
  ink: Ink;
  /** 0: nothing but the digit stands out, and all of it. More: the open part of the digit's outline. */
  doubt: number;
  /** The thickest stroke, in pixels. */
  thickness: number;
}

/**
 * The digit in one estimate of the darkness: what stands out and may be written with a pen.
 *
 * Noise, specks, shadows, ruled lines, and what surrounds the paper are left out; the rest is
 * stretched to 0..1.
 */
export function readInk(darkness: Darkness): Reading | { problem: string } {
  const { values, thickness: lineThickness } = withoutLines(darkness);
  const plain = { ...darkness, values };
  // What is left of a line, at the picture's edge for example, is no thicker than the line was.
  const thinnest = lineThickness > 0 ? 1.5 * lineThickness + 2 : 0;
  let isAlone = true;
  // What is not ink is blanked out, and thresholds are taken anew, until only ink is left.
  for (let round = 0; round < 5; round++) {
    const marks = findMarks(plain);
    if (!marks) {
      return { problem: isAlone ? '' : onlyEdges };
    }
    const around = surroundings(plain, marks.pieces);
    const open = outlines(openOutline, plain, marks.pieces, around);
    const isInk = (piece: Piece, index: number) =>
      (open[index] as number) <= (sidesTouched(piece, plain) >= 3 ? mostOpenAround : mostOpen) &&
      isWritten(piece, plain) &&
      breadth(piece) > thinnest;
    if (marks.pieces.every(isInk)) {
      const problem = problemOf(marks.pieces, plain, isAlone, around);
      return problem ? { problem } : readingOf(marks, plain, isAlone, around, Math.max(...open));
    }
    isAlone = false;
    const others = marks.pieces.filter((piece, index) => !isInk(piece, index));
    blankOut(plain, others, marks);
  }
  return { problem: 'there are edges and spots all over it' };
}

function readingOf(
  marks: Marks,
  darkness: Darkness,
  isAlone: boolean,
  around: Surroundings,
  open: number,
): Reading {
  const { pieces } = marks;
  const isWhole = outlines(cutOutline, darkness, pieces, around).every((cut) => cut <= mostCut);
  const isPlain = isAlone && isWhole && (darkness.isCorrected || isEven(darkness, pieces));
  return {
    ink: stretched(darkness, marks),
    doubt: isPlain ? 0 : Math.max(0.01, open),
    thickness: Math.max(...pieces.map((piece) => piece.thickness)),
  };
}

/** Whether it may be written with a pen: it is no blot, no sheet of paper and no hole in one. */
function isWritten(piece: Piece, { width, height }: Darkness): boolean {
  const filled = piece.pixels.length / (size(piece) * breadth(piece));
  const isNarrow = breadth(piece) < 0.5 * size(piece);
  const isSmall = size(piece) <= smallSize * Math.max(width, height);
  const most = isSmall ? thickestOfSmall : thickest;
  return piece.thickness <= most * size(piece) && (isNarrow || filled <= mostFilled);
}

/** Pieces that are not ink become paper, with their blurred edges. */
function blankOut({ width, height, values }: Darkness, others: Piece[], marks: Marks): void {
  const mask = new Float32Array(values.length);
  for (const pixel of others.flatMap(pixelsOf)) {
    mask[pixel] = 1;
  }
  const blurred = slideMaximum({ width, height, values: mask }, blur);
  for (const piece of marks.pieces.filter((piece) => !others.includes(piece))) {
    for (const pixel of piece.pixels) {
      blurred[pixel] = 0;
    }
  }
  blurred.forEach((value, pixel) => {
    values[pixel] = value > 0 ? marks.level : (values[pixel] as number);
  });
}

const pixelsOf = (piece: Piece) => piece.pixels;

function withoutLines(darkness: Darkness): WithoutLines {
  const some = everyFifth(darkness.values);
  const paperLevel = quantile(some, 0.5);
  // From the 10th percentile to the median are 1.28 standard deviations of Gaussian noise. Lines,
  // however many, lie above.
  const noise = (paperLevel - quantile(some, 0.1)) / 1.28;
  return eraseLines(darkness, paperLevel + Math.max(leastContrast, 4 * noise));
}

/** What stands out. */
interface Marks {
  /** The darkness of paper, and of the ink. */
  level: number;
  full: number;
  pieces: Piece[];
}

function findMarks({ width, height, values }: Darkness): Marks | undefined {
  const level = median(values);
  const spread = median(values.map((value) => Math.abs(value - level)));
  // 1.4826 medians of the absolute deviation are one standard deviation of Gaussian noise.
  const aboveNoise = level + Math.max(leastContrast, 5 * 1.4826 * spread);
  const candidates = values.filter((value) => value > aboveNoise);
  if (candidates.length === 0) {
    return undefined;
  }
  const strong = otsuThreshold(candidates);
  const weak = Math.max(aboveNoise, (strong + level) / 2);
  const pieces = connectedPieces({ width, height, values }, weak, strong);
  const most = pieces.reduce((most, piece) => Math.max(most, piece.ink), 0);
  return {
    level,
    full: meanAbove(values, strong) - level,
    pieces: pieces.filter((piece) => piece.ink >= leastShareOfInk * most),
  };
}

/** The part of each piece's outline that is open, or that is cut. */
function outlines(
  part: typeof openOutline,
  darkness: Darkness,
  pieces: Piece[],
  around: Surroundings,
): number[] {
  return pieces.map((piece) => part(piece, around, contrast(piece, around, darkness)));
}

/** The part of the paper's brightness that is missing in a piece. */
function contrast(piece: Piece, { light }: Surroundings, { paper }: Darkness): number {
  const missing = (pixel: number) => 1 - light(pixel) / Math.max(1e-3, paper[pixel] as number);
  return median(piece.pixels.map(missing));
}

/** Whether it is paper between strokes, taken for ink because the strokes are taken for paper. */
function isGap(piece: Piece, around: Surroundings, { paper }: Darkness): boolean {
  const ink = median(piece.pixels.map(around.light));
  const under = median(piece.pixels.map((pixel) => paper[pixel] as number));
  return facingOutline(piece, around, ink + 0.3 * (under - ink)) > mostFacing;
}

function surroundings(darkness: Darkness, pieces: Piece[]): Surroundings {
  const { width, height, values, paper, unit } = darkness;
  const isInk = new Uint8Array(values.length);
  for (const pixel of pieces.flatMap(pixelsOf)) {
    isInk[pixel] = 1;
  }
  const light = (pixel: number) =>
    (paper[pixel] as number) - (values[pixel] as number) * (unit[pixel] as number);
  return { width, height, isInk, light };
}

function problemOf(
  pieces: Piece[],
  darkness: Darkness,
  isAlone: boolean,
  around: Surroundings,
): string {
  const { width, height, values, unit } = darkness;
  const missing = pieces
    .flatMap(pixelsOf)
    .map((pixel) => (values[pixel] as number) * (unit[pixel] as number));
  const largest = pieces.reduce((largest, piece) => Math.max(largest, size(piece)), 0);
  const isThick = (piece: Piece) => piece.thickness > thickestAmongOthers * largest;
  if (!isAlone && (median(missing) < leastContrastAmongOthers || pieces.some(isThick))) {
    return onlyEdges;
  }
  if (largest < (isAlone ? leastSize : leastSizeAmongOthers) * Math.max(width, height)) {
    return 'what stands out is too small for a digit: cut the picture to the digit';
  }
  if (pieces.length > (isAlone ? mostPieces : mostPiecesAmongOthers)) {
    return `${pieces.length} separate things stand out: cut the picture to the digit`;
  }
  return pieces.some((piece) => isGap(piece, around, darkness)) ? onlyEdges : '';
}

/** Whether the paper under the pieces is about as bright everywhere. */
function isEven({ paper }: Darkness, pieces: readonly Piece[]): boolean {
  const under = pieces.flatMap(pixelsOf).map((pixel) => paper[pixel] as number);
  return quantile(under, 0.95) <= mostUneven * quantile(under, 0.05);
}

/** The pieces' ink, 0 to 1. */
function stretched({ width, height, values }: Darkness, { level, full, pieces }: Marks): Ink {
  const digit = new Float32Array(values.length);
  for (const pixel of pieces.flatMap(pixelsOf)) {
    digit[pixel] = Math.min(1, ((values[pixel] as number) - level) / full);
  }
  return { width, height, values: digit };
}

function meanAbove(values: Float32Array, threshold: number): number {
  const above = values.filter((value) => value >= threshold);
  return above.reduce((sum, value) => sum + value, 0) / above.length;
}
