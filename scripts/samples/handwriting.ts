/** Artificial handwriting: digits as strokes along hand-set points, slightly randomised. */

/** From the left and from the top, in pixels. */
export type Point = readonly [x: number, y: number];
/** Gives numbers from 0 to 1, as `Math.random` does. */
export type Random = () => number;

/** The ways to write each digit: strokes, as an SVG polyline's points, in a box from 0 to 1. */
const digitStrokes: readonly (readonly (readonly string[])[])[] = [
  [['0.56,0.03 0.25,0.12 0.1,0.5 0.2,0.88 0.5,1 0.8,0.85 0.9,0.48 0.75,0.12 0.5,0.04']],
  [['0.53,0 0.51,0.35 0.52,0.7 0.49,1'], ['0.28,0.26 0.42,0.16 0.56,0', '0.56,0 0.55,0.5 0.54,1']],
  [
    [
      '0.15,0.25 0.3,0.05 0.6,0 0.82,0.18 0.75,0.45 0.45,0.75 0.12,0.97',
      '0.12,0.97 0.45,0.94 0.88,0.98',
    ],
    [
      '0.2,0.22 0.4,0.02 0.72,0.08 0.74,0.35 0.5,0.7 0.25,0.9',
      '0.25,0.9 0.12,0.84 0.2,0.78 0.4,0.92 0.65,1 0.88,0.92',
    ],
  ],
  [
    [
      '0.18,0.12 0.45,0 0.75,0.1 0.75,0.33 0.42,0.47',
      '0.42,0.47 0.75,0.55 0.85,0.78 0.6,0.98 0.3,0.98 0.12,0.85',
    ],
    [
      '0.15,0.08 0.45,0.04 0.8,0.03',
      '0.8,0.03 0.6,0.25 0.45,0.42',
      '0.45,0.42 0.78,0.5 0.86,0.76 0.62,0.98 0.32,0.98 0.14,0.86',
    ],
  ],
  [
    ['0.35,0 0.25,0.3 0.12,0.6', '0.12,0.6 0.5,0.6 0.9,0.58', '0.68,0.2 0.66,0.6 0.64,1'],
    ['0.62,0 0.35,0.35 0.1,0.66', '0.1,0.66 0.5,0.68 0.9,0.66', '0.62,0 0.62,0.5 0.61,1'],
  ],
  [
    [
      '0.8,0.03 0.5,0.03 0.25,0.05',
      '0.25,0.05 0.22,0.25 0.18,0.45',
      '0.18,0.45 0.45,0.38 0.75,0.5 0.82,0.75 0.6,0.96 0.3,0.98 0.1,0.88',
    ],
  ],
  [['0.68,0 0.4,0.2 0.2,0.5 0.15,0.78 0.35,0.98 0.65,0.95 0.8,0.75 0.65,0.55 0.4,0.55 0.18,0.75']],
  [
    ['0.12,0.08 0.4,0.06 0.85,0.05', '0.85,0.05 0.65,0.4 0.45,0.75 0.35,1'],
    [
      '0.12,0.08 0.4,0.06 0.85,0.05',
      '0.85,0.05 0.65,0.4 0.45,0.75 0.38,1',
      '0.38,0.52 0.6,0.5 0.8,0.49',
    ],
  ],
  [
    [
      '0.75,0.15 0.5,0 0.25,0.12 0.3,0.35 0.6,0.52 0.8,0.75 0.65,0.97 0.35,0.98 0.2,0.78 0.4,0.52 0.7,0.33 0.76,0.14',
    ],
  ],
  [
    [
      '0.78,0.2 0.55,0.02 0.25,0.12 0.2,0.38 0.42,0.5 0.7,0.38 0.78,0.18',
      '0.78,0.18 0.74,0.6 0.6,1',
    ],
    [
      '0.76,0.2 0.55,0.02 0.28,0.1 0.2,0.32 0.4,0.48 0.66,0.36 0.77,0.16',
      '0.77,0.16 0.8,0.5 0.68,0.88 0.42,1 0.2,0.9',
    ],
  ],
];

/** The place of a digit, in pixels. */
export interface Place {
  /** The digit's middle. */
  middle: Point;
  /** The digit's height. */
  height: number;
}

/** The strokes as dense points, in pixels: randomised, slanted, rotated and placed. */
export function handwriting(digit: number, random: Random, where: () => Place): Point[][] {
  const slant = between(random, -0.05, 0.25);
  const turn = between(random, -0.12, 0.12);
  const breadth = between(random, 0.62, 0.8);
  const { middle, height } = where();
  const place = ([x, y]: Point): Point => {
    const right = (x - 0.5) * breadth + slant * (0.5 - y);
    const down = y - 0.5;
    return [
      middle[0] + height * (right * Math.cos(turn) - down * Math.sin(turn)),
      middle[1] + height * (right * Math.sin(turn) + down * Math.cos(turn)),
    ];
  };
  const ways = digitStrokes[digit] ?? [];
  const strokes = ways[Math.floor(random() * ways.length)] ?? [];
  // A point where two strokes meet is randomised once, so that they still meet.
  const shaken = new Map<string, Point>();
  const shake = (point: string): Point => {
    const [x, y] = point.split(',').map(Number) as [number, number];
    const moved =
      shaken.get(point) ??
      place([x + between(random, -0.04, 0.04), y + between(random, -0.04, 0.04)]);
    shaken.set(point, moved);
    return moved;
  };
  return strokes.map((stroke) => curve(stroke.split(' ').map(shake)));
}

/** A Catmull-Rom curve through the points. */
function curve(points: readonly Point[]): Point[] {
  const steps = 12;
  const at = (index: number) => points[Math.max(0, Math.min(points.length - 1, index))] as Point;
  const through = (index: number, t: number, axis: 0 | 1) => {
    const [a, b, c, d] = [-1, 0, 1, 2].map((offset) => at(index + offset)[axis]) as Four;
    const bend = 2 * a - 5 * b + 4 * c - d + (3 * (b - c) + d - a) * t;
    return b + 0.5 * t * (c - a + t * bend);
  };
  return points.slice(1).flatMap((_, index) =>
    Array.from({ length: steps + 1 }, (_, step): Point => {
      const t = step / steps;
      return [through(index, t, 0), through(index, t, 1)];
    }),
  );
}
type Four = [number, number, number, number];

/** A uniformly distributed number between the two. */
export function between(random: Random, least: number, most: number): number {
  return least + (most - least) * random();
}
