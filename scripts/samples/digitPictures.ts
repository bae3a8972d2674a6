/**
 * Draws the sample pictures in data/digits: strokes along hand-set points, slightly randomised,
 * with a pen of varying width. Uses no font and no other data. The same seed gives the same files.
 *
 *     npx tsc && node build/scripts/samples/digitPictures.js
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { type Canvas, createCanvas } from '@napi-rs/canvas';
import seedrandom from 'seedrandom';
import { between, handwriting, type Point, type Random } from './handwriting';

const allDigits = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];

interface Look {
  folder: string;
  /** The picture's size in pixels. */
  size: Point;
  /** The digit's height and the pen's width, in pixels. */
  height: number;
  pen: number;
  ink: string;
  /** Default: transparent. */
  paper?: string;
  /** The centre of the digit as a fraction of the picture's size; default: the middle. */
  place?: (random: Random) => Point;
  /** The digits to draw; default: all ten. */
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
    for (const digit of look.only ?? allDigits) {
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
  const where = () => {
    const [x, y] = look.place?.(random) ?? [0.5, 0.5];
    return { middle: [x * width, y * height] as const, height: look.height };
  };
  for (const stroke of handwriting(digit, random, where)) {
    // Short lines of varying width, like those of a pen under varying pressure.
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

main();
