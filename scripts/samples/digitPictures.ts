/**
 * Draws the sample pictures in data/digits: strokes along hand-set points, shaken a little, with
 * a pen whose width varies. No font and no other people's data. The same seed gives the same files.
 *
 *     npx tsc && node build/scripts/samples/digitPictures.js
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Canvas, createCanvas } from '@napi-rs/canvas';
import seedrandom from 'seedrandom';

type Point = readonly [x: number, y: number];
type Random = () => number;

/** The ways to write each digit: strokes, as an SVG polyline's points, in a box from 0 to 1. */
const digits: readonly (readonly (readonly string[])[])[] = [
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

interface Look {
  folder: string;
  /** The picture's size in pixels. */
  size: Point;
  /** The digit's height and the pen's width, in pixels. */
  height: number;
  pen: number;
  ink: string;
  /** Transparent where not given. */
  paper?: string;
  /** The middle of the digit as a part of the picture's size; the middle where not given. */
  place?: (random: Random) => Point;
  /** The digits to draw; all ten where not given. */
  only?: readonly number[];
  /** A photo: uneven light and noise, as JPEG. */
  photo?: boolean;
}

const looks: readonly Look[] = [
  {
    folder: '.',
    only: [3],
    size: [140, 140],
    height: 96,
    pen: 14,
    ink: '#ffffff',
    paper: '#000000',
  },
  {
    folder: 'photo',
    size: [400, 480],
    height: 230,
    pen: 13,
    ink: '#39415c',
    paper: '#d4d2cc',
    place: (random) => [0.42 + 0.16 * random(), 0.42 + 0.16 * random()],
    photo: true,
  },
  {
    folder: 'thin-pen',
    size: [220, 260],
    height: 190,
    pen: 2.5,
    ink: '#1b2f8a',
    paper: '#fdfdf8',
  },
  {
    folder: 'thick-marker',
    size: [200, 200],
    height: 140,
    pen: 24,
    ink: '#101010',
    paper: '#ffffff',
  },
  {
    folder: 'white-on-black',
    size: [140, 140],
    height: 98,
    pen: 11,
    ink: '#ffffff',
    paper: '#000000',
  },
  { folder: 'transparent', size: [160, 200], height: 150, pen: 12, ink: '#b3261e' },
  {
    folder: 'large-off-centre',
    size: [1600, 1200],
    height: 330,
    pen: 26,
    ink: '#222222',
    paper: '#f4f1e8',
    place: (random) => [random() < 0.5 ? 0.15 : 0.85, random() < 0.5 ? 0.2 : 0.8],
  },
  {
    folder: 'dark-on-light-28x28',
    size: [28, 28],
    height: 19,
    pen: 2.6,
    ink: '#000000',
    paper: '#ffffff',
  },
];

const folder = resolve(__dirname, '../../../data/digits');

function main(): void {
  for (const look of looks) {
    mkdirSync(join(folder, look.folder), { recursive: true });
    for (const digit of look.only ?? digits.keys()) {
      const random = seedrandom(`${look.folder} ${digit}`);
      const picture = draw(digit, look, random);
      if (look.photo) {
        photograph(picture, random);
        writeFileSync(
          join(folder, look.folder, `${digit}.jpg`),
          picture.toBuffer('image/jpeg', 55),
        );
      } else {
        writeFileSync(join(folder, look.folder, `${digit}.png`), picture.toBuffer('image/png'));
      }
    }
  }
}

function draw(digit: number, look: Look, random: Random): Canvas {
  const [width, height] = look.size;
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  if (look.paper) {
    context.fillStyle = look.paper;
    context.fillRect(0, 0, width, height);
  }
  context.strokeStyle = look.ink;
  context.lineCap = 'round';
  for (const stroke of handwriting(digit, look, random)) {
    // Short lines whose width wanders, as a pen's does with pressure.
    let pressure = 1;
    for (const [index, [x, y]] of stroke.entries()) {
      pressure = Math.max(0.8, Math.min(1.2, pressure + between(random, -0.06, 0.06)));
      context.lineWidth = look.pen * pressure;
      context.beginPath();
      context.moveTo(...(stroke[Math.max(0, index - 1)] as Point));
      context.lineTo(x, y);
      context.stroke();
    }
  }
  return canvas;
}

/** The strokes as points close together, in pixels: shaken, slanted, turned and put in place. */
function handwriting(digit: number, look: Look, random: Random): Point[][] {
  const slant = between(random, -0.05, 0.25);
  const turn = between(random, -0.12, 0.12);
  const breadth = between(random, 0.62, 0.8);
  const [middleX, middleY] = look.place?.(random) ?? [0.5, 0.5];
  const place = ([x, y]: Point): Point => {
    const right = (x - 0.5) * breadth + slant * (0.5 - y);
    const down = y - 0.5;
    return [
      middleX * look.size[0] + look.height * (right * Math.cos(turn) - down * Math.sin(turn)),
      middleY * look.size[1] + look.height * (right * Math.sin(turn) + down * Math.cos(turn)),
    ];
  };
  const ways = digits[digit] ?? [];
  const strokes = ways[Math.floor(random() * ways.length)] ?? [];
  // A point where two strokes meet is shaken once, so that they still meet.
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

/** Light from one side, darker corners, a soft shadow and noise. */
function photograph(canvas: Canvas, random: Random): void {
  const { width, height } = canvas;
  const context = canvas.getContext('2d');
  const image = context.getImageData(0, 0, width, height);
  const direction = between(random, 0, 2 * Math.PI);
  const shadowEdge = between(random, 0.2, 0.45);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [right, down] = [x / width - 0.5, y / height - 0.5];
      const along = right * Math.cos(direction) + down * Math.sin(direction);
      const corners = right * right + down * down;
      const shadow = 0.18 / (1 + Math.exp((shadowEdge - along) * 25));
      const light = 0.85 + 0.35 * -along - 0.25 * corners - shadow;
      const grain = between(random, -9, 9) + between(random, -9, 9);
      for (let channel = 0; channel < 3; channel++) {
        const at = 4 * (y * width + x) + channel;
        image.data[at] = (image.data[at] as number) * light + grain;
      }
    }
  }
  context.putImageData(image, 0, 0);
}

function between(random: Random, least: number, most: number): number {
  return least + (most - least) * random();
}

main();
