import type { Piece } from './pieces';

/** A picture and the ink in it, to see what lies around that. */
export interface Surroundings {
  readonly width: number;
  readonly height: number;
  /** 1 where a pixel belongs to a piece. */
  readonly isInk: Uint8Array;
  /** How bright the picture is at a pixel. */
  readonly light: (pixel: number) => number;
}

/** The pixel so many steps outwards; nothing outside the picture. */
type PixelAt = (steps: number) => number | undefined;

/** How far outside a piece the paper is looked at, in pixels: beyond a blurred edge. */
const beyondOutline = 3;
const directions = [
  [1, 0],
  [-1, 0],
  [0, 1],
  [0, -1],
] as const;

/**
 * The part of a piece's outline that has no paper on its other side: the picture ends there, or is
 * as dark. Ink has paper on all sides; a table, a shadow or a border has not.
 *
 * @param contrast the part of the paper's brightness that is missing in the piece.
 */
export function openOutline(piece: Piece, around: Surroundings, contrast: number): number {
  return partOfOutline(piece, around, (pixel, pixelAt) => {
    return isOpen(pixel, pixelAt, around, contrast);
  });
}

/** The part that is open inside the picture. Ink has none: such a piece is a part of something. */
export function cutOutline(piece: Piece, around: Surroundings, contrast: number): number {
  return partOfOutline(piece, around, (pixel, pixelAt) => {
    const isInside = pixelAt(beyondOutline) !== undefined;
    return isInside ? isOpen(pixel, pixelAt, around, contrast) : false;
  });
}

function isOpen(
  pixel: number,
  pixelAt: PixelAt,
  around: Surroundings,
  contrast: number,
): boolean | undefined {
  const { isInk, light } = around;
  const [within, beyond] = [pixelAt(-1), pixelAt(beyondOutline)];
  // What lies across a small gap or a hole says nothing of the paper.
  if (beyond !== undefined && isInk[beyond]) {
    return undefined;
  }
  const inside = within !== undefined && isInk[within] ? within : pixel;
  const ink = Math.min(light(pixel), light(inside));
  return meanAround(beyond ?? pixel, around) * (1 - 0.3 * contrast) < ink;
}

/**
 * The part of a piece's outline that has something else as dark on the other side of a strip of
 * paper not much wider than the piece is thick. Of a digit's outline it is a small part. Paper
 * between a digit's strokes looks like ink in the other polarity, and on the other side of a stroke
 * there is paper again.
 *
 * @param dark what is less bright than this is as dark as the piece.
 */
export function facingOutline(piece: Piece, around: Surroundings, dark: number): number {
  const { isInk, light } = around;
  const reach = 1.5 * piece.thickness + 2 * beyondOutline;
  // A ruled line is thinner.
  const leastDark = piece.thickness / 4 + 1;
  return partOfOutline(piece, around, (_, pixelAt) => {
    if (pixelAt(1) === undefined) {
      return undefined;
    }
    let [hasPaper, darkSteps] = [false, 0];
    for (let steps = 1; steps - darkSteps <= reach; steps++) {
      const pixel = pixelAt(steps);
      if (pixel === undefined || isInk[pixel]) {
        return false;
      }
      const isDark = light(pixel) <= dark;
      darkSteps = isDark && hasPaper ? darkSteps + 1 : 0;
      if (darkSteps >= leastDark) {
        return true;
      }
      hasPaper ||= !isDark;
    }
    return false;
  });
}

/**
 * The part of a piece's outline of which something is so; 1 if there is no outline.
 *
 * @param isSo is asked for each side of a pixel that no ink is next to. The answer `undefined` is not
 *   counted.
 */
function partOfOutline(
  piece: Piece,
  { width, height, isInk }: Surroundings,
  isSo: (pixel: number, pixelAt: PixelAt) => boolean | undefined,
): number {
  let [part, all] = [0, 0];
  for (const pixel of piece.pixels) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (const [right, down] of directions) {
      const pixelAt = (steps: number) => {
        const [column, row] = [x + steps * right, y + steps * down];
        const isInside = column >= 0 && column < width && row >= 0 && row < height;
        return isInside ? row * width + column : undefined;
      };
      const next = pixelAt(1);
      const answer = next !== undefined && isInk[next] ? undefined : isSo(pixel, pixelAt);
      if (answer !== undefined) {
        part += Number(answer);
        all++;
      }
    }
  }
  return all === 0 ? 1 : part / all;
}

/** The mean of a pixel and those that touch it: with less noise. */
function meanAround(pixel: number, { width, height, light }: Surroundings): number {
  const [x, y] = [pixel % width, Math.floor(pixel / width)];
  let [sum, count] = [0, 0];
  for (let near = Math.max(0, y - 1); near <= Math.min(height - 1, y + 1); near++) {
    for (let beside = Math.max(0, x - 1); beside <= Math.min(width - 1, x + 1); beside++) {
      sum += light(near * width + beside);
      count++;
    }
  }
  return sum / count;
}
