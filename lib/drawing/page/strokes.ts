/** What has been drawn: lines of points, and how they become ink. Knows nothing of the page. */
import type { Ink } from '../../images/ink';

/** A place on the pad: 0 to 1 from the left and from the top. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

/** One line, from pen down to pen up. */
export type Stroke = Point[];

/**
 * The side, in pixels, of the square on which ink is measured, whatever the pad's size on screen.
 */
export const inkSide = 224;

/** The pen's width as a fraction of the pad's side. */
const penWidth = 0.085;

/** The part of a canvas's 2D context that is used for drawing. */
export interface Pen {
  lineWidth: number;
  lineCap: 'butt' | 'round' | 'square';
  lineJoin: 'bevel' | 'miter' | 'round';
  strokeStyle: unknown;
  clearRect(x: number, y: number, width: number, height: number): void;
  beginPath(): void;
  moveTo(x: number, y: number): void;
  lineTo(x: number, y: number): void;
  stroke(): void;
}

/** Draws the strokes on a square canvas whose sides are `side` pixels long, after clearing it. */
export function paint(pen: Pen, strokes: readonly Stroke[], side: number, colour: string): void {
  pen.clearRect(0, 0, side, side);
  Object.assign(pen, { lineCap: 'round', lineJoin: 'round', strokeStyle: colour });
  pen.lineWidth = penWidth * side;
  for (const [first, ...others] of strokes) {
    if (!first) {
      continue;
    }
    pen.beginPath();
    pen.moveTo(first.x * side, first.y * side);
    // A line to its own start is a dot.
    for (const { x, y } of others.length > 0 ? others : [first]) {
      pen.lineTo(x * side, y * side);
    }
    pen.stroke();
  }
}

/** The ink on a square canvas: how opaque each pixel is. `rgba` has four bytes for each. */
export function inkOf(rgba: ArrayLike<number>, side: number): Ink {
  const values = Float32Array.from(
    { length: side * side },
    (_, pixel) => (rgba[4 * pixel + 3] as number) / 255,
  );
  return { width: side, height: side, values };
}

/** The point moved by a step, but not off the pad. */
export function moved({ x, y }: Point, byX: number, byY: number): Point {
  const inside = (value: number) => Math.min(1, Math.max(0, value));
  return { x: inside(x + byX), y: inside(y + byY) };
}
