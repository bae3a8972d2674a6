import type { Field } from './closing';

/** Pixels that touch each other. */
export interface Piece {
  readonly pixels: number[];
  /** The sum of the pixels' values. */
  readonly ink: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** The side of the largest square that fits in. */
  readonly thickness: number;
}

/** The longer side of the rectangle around a piece. */
export function size({ left, right, top, bottom }: Piece): number {
  return 1 + Math.max(right - left, bottom - top);
}

/** The shorter side of the rectangle around a piece. */
export function breadth({ left, right, top, bottom }: Piece): number {
  return 1 + Math.min(right - left, bottom - top);
}

/** How many of the picture's four sides a piece touches. */
export function sidesTouched(piece: Piece, { width, height }: Field): number {
  const { left, right, top, bottom } = piece;
  return [left === 0, top === 0, right === width - 1, bottom === height - 1].filter(Boolean).length;
}

/**
 * Pieces of pixels above `weak` that touch each other (also at corners) and of which at least
 * one reaches `strong`: the hysteresis of Canny's edge detector.
 */
export function connectedPieces(field: Field, weak: number, strong: number): Piece[] {
  const seen = new Uint8Array(field.values.length);
  const pieces: Piece[] = [];
  const squares = largestSquares(field, weak);
  field.values.forEach((value, start) => {
    if (value >= strong && !seen[start]) {
      pieces.push(described(pixelsFrom(start, field, weak, seen), field, squares));
    }
  });
  return pieces;
}

function pixelsFrom(start: number, field: Field, weak: number, seen: Uint8Array): number[] {
  const { width, height, values } = field;
  const pixels = [start];
  seen[start] = 1;
  // The list grows while it is walked, until no pixel has a neighbour that is not in it.
  for (const pixel of pixels) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    for (let near = Math.max(0, y - 1); near <= Math.min(height - 1, y + 1); near++) {
      for (let beside = Math.max(0, x - 1); beside <= Math.min(width - 1, x + 1); beside++) {
        const neighbour = near * width + beside;
        if (!seen[neighbour] && (values[neighbour] as number) > weak) {
          seen[neighbour] = 1;
          pixels.push(neighbour);
        }
      }
    }
  }
  return pixels;
}

function described(
  pixels: number[],
  { width, height, values }: Field,
  squares: Uint16Array,
): Piece {
  let [ink, left, right, top, bottom, thickness] = [0, width, -1, height, -1, 0];
  for (const pixel of pixels) {
    const [x, y] = [pixel % width, Math.floor(pixel / width)];
    ink += values[pixel] as number;
    [left, right] = [Math.min(left, x), Math.max(right, x)];
    [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    thickness = Math.max(thickness, squares[pixel] as number);
  }
  return { pixels, ink, left, right, top, bottom, thickness };
}

/** For each pixel the side of the largest square of pixels above `weak` whose last corner it is. */
function largestSquares({ width, values }: Field, weak: number): Uint16Array {
  const sides = new Uint16Array(values.length);
  for (let pixel = 0; pixel < values.length; pixel++) {
    if ((values[pixel] as number) > weak) {
      const inside = pixel >= width && pixel % width > 0;
      sides[pixel] = inside
        ? 1 +
          Math.min(
            sides[pixel - 1] as number,
            sides[pixel - width] as number,
            sides[pixel - width - 1] as number,
          )
        : 1;
    }
  }
  return sides;
}
