/** Paper, pen and camera of the scenes in `scenes.ts`. */
import { createCanvas, ImageData, type SKRSContext2D } from '@napi-rs/canvas';
import seedrandom from 'seedrandom';
import type { Picture } from '../../lib/images';
import { between, handwriting, type Point, type Random } from '../../scripts/samples/handwriting';

/** A picture of MNIST: 28×28 values, 0 paper to 255 ink. */
export type Sample = ArrayLike<number>;

/** The canvas of a scene, and the functions that draw on it. */
export interface Page {
  readonly context: SKRSContext2D;
  readonly width: number;
  readonly height: number;
  readonly random: Random;
  /**
   * Writes the digit; lengths are fractions of the shorter side, `pen` a fraction of the digit's
   * height.
   */
  write(options?: Writing): void;
}

/** A grey of 0 (black) to 255 (white), as a canvas takes it. */
export const grey = (value: number) => `rgb(${[value, value, value].map(Math.round).join()})`;

/** How a digit is written. */
export interface Writing {
  colour?: string;
  /** The least and the greatest height. Default: 0.4 to 0.65. */
  height?: readonly [number, number];
  /** The pen's least and greatest width. Default: 0.07 to 0.12. */
  pen?: readonly [number, number];
  /**
   * The digit's centre as fractions of the picture's width and height. Default: anywhere inside.
   */
  middle?: (height: number) => Point;
}

/** One kind of picture. */
export interface Scene {
  /** Paints everything. */
  paint(page: Page): void;
  /** The brightness of the light at a place, 0 to 1. Default: 1. */
  light?(page: Page): (x: number, y: number) => number;
  /** The standard deviation of the noise, of 255. Default: 2. */
  noise?: number;
}

/**
 * Draws one picture of a scene.
 *
 * @param name the scene's; with `index` it is the seed.
 * @param digit the digit to write.
 * @param sample that digit from MNIST; drawn by the program by default.
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
    context.strokeStyle = context.fillStyle = options.colour ?? grey(between(random, 20, 70));
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

/** MNIST's digit, enlarged, with sharp edges, in the current colour. */
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

/** The picture of a camera: grey values under the scene's light, with its noise. */
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
