/**
 * Pictures of digits as people take them, drawn by program: on graph paper, on a dark table, in a
 * shadow … Every picture comes from a seed of its own, so each run has the same pictures.
 */
import { createCanvas, ImageData, type SKRSContext2D } from '@napi-rs/canvas';
import seedrandom from 'seedrandom';
import type { Picture } from '../../lib/images';
import { between, handwriting, type Point, type Random } from '../../scripts/samples/handwriting';

/** A picture of MNIST: 28×28 values, 0 paper to 255 ink. */
export type Sample = ArrayLike<number>;

/** What a scene is painted on and with. */
export interface Page {
  readonly context: SKRSContext2D;
  readonly width: number;
  readonly height: number;
  readonly random: Random;
  /** Writes the digit; lengths are parts of the shorter side, `pen` a part of the digit's height. */
  write(options?: Writing): void;
}

interface Writing {
  colour?: string;
  /** The least and the greatest height. Default: 0.4 to 0.65. */
  height?: readonly [number, number];
  /** The pen's least and greatest width. Default: 0.07 to 0.12. */
  pen?: readonly [number, number];
  /** The digit's middle as a part of the picture's width and height. Default: anywhere inside. */
  middle?: (height: number) => Point;
}

/** One kind of picture. */
export interface Scene {
  /** Paints everything. */
  paint(page: Page): void;
  /** How much of the light reaches a place, 0 to 1. Default: all of it. */
  light?(page: Page): (x: number, y: number) => number;
  /** The standard deviation of the noise, of 255. Default: 2. */
  noise?: number;
}

const grey = (value: number) => `rgb(${[value, value, value].map(Math.round).join()})`;
const penColour = ({ random }: Page) => grey(between(random, 20, 70));

function paper({ context, width, height, random }: Page, colour = grey(between(random, 215, 250))) {
  context.fillStyle = colour;
  context.fillRect(0, 0, width, height);
}

/** Parallel lines over the whole page. `turn` in radians; 0 is level. */
function rule(page: Page, colour: string, spacing: number, lineWidth: number, turn: number): void {
  const { context, width, height } = page;
  const reach = width + height;
  context.save();
  context.translate(width / 2, height / 2);
  context.rotate(turn);
  Object.assign(context, { strokeStyle: colour, lineWidth });
  context.beginPath();
  for (let at = -reach + spacing * page.random(); at < reach; at += spacing) {
    context.moveTo(-reach, at);
    context.lineTo(reach, at);
  }
  context.stroke();
  context.restore();
}

function graphPaper(page: Page, colour: string): void {
  const { random, width } = page;
  const [spacing, lineWidth] = [width / between(random, 9, 20), between(random, 1, 3)];
  const turn = between(random, -0.05, 0.05);
  rule(page, colour, spacing, lineWidth, turn);
  rule(page, colour, spacing, lineWidth, turn + Math.PI / 2 + between(random, -0.01, 0.01));
}

function linedPaper(page: Page, colour: string): void {
  const { random, height } = page;
  rule(
    page,
    colour,
    height / between(random, 6, 14),
    between(random, 1, 3),
    between(random, -0.05, 0.05),
  );
}

/** A dark band along a side of the picture (0 top, 1 right, 2 bottom, 3 left), a little askew. */
function darkEdge({ context, width, height, random }: Page, side: number, colour: string): void {
  const shorter = Math.min(width, height);
  const [from, to] = [between(random, 0.02, 0.12) * shorter, between(random, 0.02, 0.12) * shorter];
  const bands: Point[][] = [
    [
      [0, 0],
      [width, 0],
      [width, to],
      [0, from],
    ],
    [
      [width, 0],
      [width, height],
      [width - to, height],
      [width - from, 0],
    ],
    [
      [0, height],
      [width, height],
      [width, height - to],
      [0, height - from],
    ],
    [
      [0, 0],
      [0, height],
      [to, height],
      [from, 0],
    ],
  ];
  fill(context, bands[side % 4] as Point[], colour);
}

function fill(context: SKRSContext2D, corners: readonly Point[], colour: string): void {
  context.fillStyle = colour;
  context.beginPath();
  for (const [x, y] of corners) {
    context.lineTo(x, y);
  }
  context.fill();
}

/** A table's grain, and a sheet of paper on it, not quite straight. */
function sheetOnTable(page: Page): void {
  const { context, width, height, random } = page;
  const table = between(random, 20, 90);
  paper(page, grey(table));
  rule(
    page,
    grey(table * between(random, 0.7, 1.2)),
    between(random, 6, 20),
    3,
    between(random, 0, 3),
  );
  context.save();
  context.translate(width * between(random, 0.47, 0.53), height * between(random, 0.47, 0.53));
  context.rotate(between(random, -0.2, 0.2));
  const [right, down] = [width * between(random, 0.3, 0.38), height * between(random, 0.3, 0.38)];
  context.fillStyle = grey(between(random, 200, 245));
  context.fillRect(-right, -down, 2 * right, 2 * down);
  context.restore();
}

/** Somewhere in the sheet of {@link sheetOnTable}. */
const onSheet = ({ random }: Page): Writing => ({
  height: [0.28, 0.42],
  middle: () => [between(random, 0.42, 0.58), between(random, 0.42, 0.58)],
});

/** Light on one side of a straight edge through the middle part, shadow on the other. */
function hardShadow({ width, height, random }: Page): (x: number, y: number) => number {
  const [direction, dark] = [between(random, 0, 2 * Math.PI), between(random, 0.35, 0.65)];
  const [edge, softness] = [between(random, -0.25, 0.25), between(random, 0.5, 3)];
  const [cos, sin] = [Math.cos(direction), Math.sin(direction)];
  return (x, y) => {
    const along = (x - width / 2) * cos + (y - height / 2) * sin - edge * Math.min(width, height);
    return dark + (1 - dark) / (1 + Math.exp(-along / softness));
  };
}

/** Bright at one side, dim at the other. */
function slantedLight({ width, height, random }: Page): (x: number, y: number) => number {
  const direction = between(random, 0, 2 * Math.PI);
  const [right, down] = [Math.cos(direction) / width, Math.sin(direction) / height];
  const dim = between(random, 0.3, 0.5);
  return (x, y) => 1 - dim + dim * ((x - width / 2) * right + (y - height / 2) * down) * 1.4;
}

const colour = (random: Random, saturation: number, lightness: number) =>
  `hsl(${Math.floor(360 * random())}, ${saturation}%, ${lightness}%)`;

/** All scenes in which the digit has to be read. */
export const scenes: Readonly<Record<string, Scene>> = {
  'clean paper': {
    paint(page) {
      paper(page);
      page.write();
    },
  },
  'strong graph paper': {
    paint(page) {
      paper(page);
      graphPaper(page, grey(between(page.random, 90, 180)));
      page.write();
    },
  },
  'graph paper as dark as the pen': {
    paint(page) {
      const ink = penColour(page);
      paper(page);
      graphPaper(page, ink);
      page.write({ colour: ink });
    },
  },
  'lined paper': {
    paint(page) {
      paper(page);
      linedPaper(page, grey(between(page.random, 60, 180)));
      page.write();
    },
  },
  'dark scan edges on two sides': {
    paint(page) {
      paper(page);
      page.write();
      const side = Math.floor(4 * page.random());
      darkEdge(page, side, grey(between(page.random, 0, 80)));
      darkEdge(page, side + (page.random() < 0.5 ? 1 : 2), grey(between(page.random, 0, 80)));
    },
  },
  'a border all round': {
    paint(page) {
      const { context, random, width, height } = page;
      paper(page);
      page.write();
      const inset = random() < 0.5 ? 0 : between(random, 0.01, 0.06) * width;
      context.lineWidth = between(random, 0.01, 0.05) * width;
      context.strokeStyle = grey(between(random, 0, 120));
      context.strokeRect(inset, inset, width - 2 * inset, height - 2 * inset);
    },
  },
  'a sheet on a dark table': {
    paint(page) {
      sheetOnTable(page);
      page.write(onSheet(page));
    },
  },
  'a digit that touches the edge': {
    paint(page) {
      const { random } = page;
      paper(page);
      const side = Math.floor(4 * random());
      const anywhere = between(random, 0.4, 0.6);
      page.write({
        middle: (height) => {
          const [down, right] = [height / 2 / page.height, (0.33 * height) / page.width];
          const places: Point[] = [
            [anywhere, down],
            [1 - right, anywhere],
            [anywhere, 1 - down],
            [right, anywhere],
          ];
          return places[side] as Point;
        },
      });
    },
  },
  'a hard shadow': {
    paint(page) {
      paper(page);
      page.write();
    },
    light: hardShadow,
  },
  'light from one side': {
    paint(page) {
      paper(page);
      page.write();
    },
    light: slantedLight,
    noise: 4,
  },
  'coloured paper and pen': {
    paint(page) {
      paper(page, colour(page.random, 60, between(page.random, 78, 88)));
      page.write({ colour: colour(page.random, 70, between(page.random, 22, 35)) });
    },
  },
  'chalk on a blackboard': {
    paint(page) {
      paper(page, grey(between(page.random, 20, 60)));
      page.write({ colour: grey(between(page.random, 180, 250)) });
    },
    light: slantedLight,
    noise: 5,
  },
  'a thin pen': {
    paint(page) {
      paper(page);
      page.write({ pen: [0.012, 0.03] });
    },
  },
  'a thick pen': {
    paint(page) {
      paper(page);
      page.write({ pen: [0.14, 0.18] });
    },
  },
  'much noise': {
    paint(page) {
      paper(page);
      page.write();
    },
    noise: 22,
  },
  'a small digit': {
    paint(page) {
      paper(page);
      page.write({ height: [0.1, 0.2] });
    },
  },
  'a digit that fills the picture': {
    paint(page) {
      paper(page);
      page.write({ height: [0.88, 0.96], middle: () => [0.5, 0.5] });
    },
  },
  'graph paper on a dark table, in a shadow': {
    paint(page) {
      const { context } = page;
      sheetOnTable(page);
      context.globalCompositeOperation = 'multiply';
      graphPaper(page, grey(between(page.random, 120, 190)));
      context.globalCompositeOperation = 'source-over';
      page.write(onSheet(page));
    },
    light: hardShadow,
  },
};

/** Scenes without a digit: they have to be refused. */
export const emptyScenes: Readonly<Record<string, Scene>> = {
  'empty graph paper': {
    paint(page) {
      paper(page);
      graphPaper(page, grey(between(page.random, 60, 180)));
    },
  },
  'empty paper in a hard shadow': { paint: paper, light: hardShadow },
  'an empty sheet on a table': { paint: sheetOnTable },
};

/**
 * Draws one picture of a scene.
 *
 * @param name the scene's; with `index` it is the seed.
 * @param digit what is written.
 * @param sample that digit in someone's handwriting; drawn by program where not given.
 */
export function drawScene(
  name: string,
  scene: Scene,
  index: number,
  digit: number,
  sample?: Sample,
): Picture {
  const { page } = newPage(name, index, digit, sample);
  scene.paint(page);
  const pixels = photographed(page, scene);
  return { name: `${name} ${index}`, width: page.width, height: page.height, pixels };
}

/** White strokes on nothing, as a drawing program saves them: the content of a PNG file. */
export function whiteOnTransparent(index: number, digit: number, sample?: Sample): Buffer {
  const { canvas, page } = newPage('white on transparent', index, digit, sample);
  page.write({ colour: '#ffffff' });
  return canvas.toBuffer('image/png');
}

function newPage(name: string, index: number, digit: number, sample?: Sample) {
  const random = seedrandom(`${name} ${index}`);
  const [width, height] = [240, 240].map((side) => Math.round(side * between(random, 1, 1.6))) as [
    number,
    number,
  ];
  const canvas = createCanvas(width, height);
  const context = canvas.getContext('2d');
  const write = (options: Writing = {}) => {
    const size = between(random, ...(options.height ?? [0.4, 0.65])) * Math.min(width, height);
    const anywhere = () => {
      const [right, down] = [(0.42 * size) / width, (0.57 * size) / height];
      return [between(random, right, 1 - right), between(random, down, 1 - down)] as const;
    };
    const [x, y] = (options.middle ?? anywhere)(size);
    const place = { middle: [x * width, y * height] as const, height: size };
    const pen = between(random, ...(options.pen ?? [0.07, 0.12]));
    context.strokeStyle = context.fillStyle = options.colour ?? penColour(page);
    if (sample) {
      stamp(context, sample, place, pen);
    } else {
      draw(
        context,
        handwriting(digit, random, () => place),
        pen * size,
      );
    }
  };
  const page: Page = { context, width, height, random, write };
  return { canvas, page };
}

function draw(context: SKRSContext2D, strokes: Point[][], penWidth: number): void {
  Object.assign(context, { lineWidth: penWidth, lineCap: 'round', lineJoin: 'round' });
  for (const stroke of strokes) {
    context.beginPath();
    for (const [x, y] of stroke) {
      context.lineTo(x, y);
    }
    context.stroke();
  }
}

/** MNIST's digit, made large, with sharp edges, in the colour that is set. */
function stamp(
  context: SKRSContext2D,
  sample: Sample,
  place: { middle: Point; height: number },
  pen: number,
): void {
  const small = createCanvas(28, 28);
  const rgba = new Uint8ClampedArray(4 * 784);
  for (let pixel = 0; pixel < 784; pixel++) {
    rgba[4 * pixel + 3] = sample[pixel] as number;
  }
  small.getContext('2d').putImageData(new ImageData(rgba, 28, 28), 0, 0);
  // The digit is 20 of the 28 pixels high.
  const side = Math.round((place.height * 28) / 20);
  const large = createCanvas(side, side);
  const largeContext = large.getContext('2d');
  largeContext.imageSmoothingQuality = 'high';
  largeContext.drawImage(small, 0, 0, side, side);
  const image = largeContext.getImageData(0, 0, side, side);
  // A lower level leaves broader strokes.
  const level = pen > 0.13 ? 60 : pen < 0.05 ? 190 : 120;
  for (let at = 3; at < image.data.length; at += 4) {
    const sharp = 128 + ((image.data[at] as number) - level) * (side / 28);
    image.data[at] = Math.max(0, Math.min(255, sharp));
  }
  largeContext.putImageData(image, 0, 0);
  largeContext.globalCompositeOperation = 'source-in';
  largeContext.fillStyle = context.fillStyle;
  largeContext.fillRect(0, 0, side, side);
  context.drawImage(large, place.middle[0] - side / 2, place.middle[1] - side / 2);
}

/** As a camera sees it: grey values under the scene's light, with its noise. */
function photographed(page: Page, scene: Scene): Uint8Array {
  const { context, width, height, random } = page;
  const { data } = context.getImageData(0, 0, width, height);
  const light = scene.light?.(page) ?? (() => 1);
  const noise = scene.noise ?? 2;
  return new Uint8Array(width * height).map((_, pixel) => {
    const [red, green, blue] = [0, 1, 2].map((channel) => data[4 * pixel + channel]) as Rgb;
    const brightness = 0.299 * red + 0.587 * green + 0.114 * blue;
    // Three evenly spread numbers add up to nearly a normal distribution.
    const grain = 2 * noise * (random() + random() + random() - 1.5);
    const value = brightness * light(pixel % width, Math.floor(pixel / width)) + grain;
    return Math.max(0, Math.min(255, Math.round(value)));
  });
}
type Rgb = [number, number, number];
