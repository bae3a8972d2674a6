/** What the scenes in `scenes.ts` are painted with: papers, tables, edges and light. */
import type { SKRSContext2D } from '@napi-rs/canvas';
import { between, type Point, type Random } from '../../scripts/samples/handwriting';
import { grey, type Page, type Writing } from './page';

export const penColour = ({ random }: Page) => grey(between(random, 20, 70));

export function paper(
  { context, width, height, random }: Page,
  colour = grey(between(random, 215, 250)),
) {
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

export function graphPaper(page: Page, colour: string): void {
  const { random, width } = page;
  const [spacing, lineWidth] = [width / between(random, 9, 20), between(random, 1, 3)];
  const turn = between(random, -0.05, 0.05);
  rule(page, colour, spacing, lineWidth, turn);
  rule(page, colour, spacing, lineWidth, turn + Math.PI / 2 + between(random, -0.01, 0.01));
}

export function linedPaper(page: Page, colour: string): void {
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
export function darkEdge(
  { context, width, height, random }: Page,
  side: number,
  colour: string,
): void {
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

/** A dark edge that fades into the paper: the fold of a book on a scanner. */
export function softEdge({ context, width, random }: Page): void {
  const reach = width * between(random, 0.06, 0.2);
  const isLeft = random() < 0.5;
  const [from, to] = isLeft ? [0, reach] : [width, width - reach];
  const gradient = context.createLinearGradient(from, 0, to, 0);
  gradient.addColorStop(0, 'rgba(0, 0, 0, 0.9)');
  gradient.addColorStop(1, 'rgba(0, 0, 0, 0)');
  context.fillStyle = gradient;
  context.fillRect(Math.min(from, to), 0, reach, context.canvas.height);
}

/** A table's grain, and a sheet of paper on it, not quite straight. */
export function sheetOnTable(page: Page, print?: () => void): void {
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
  context.beginPath();
  context.rect(-right, -down, 2 * right, 2 * down);
  context.fillStyle = grey(between(random, 200, 245));
  context.fill();
  context.clip();
  context.resetTransform();
  print?.();
  context.restore();
}

/** Somewhere in the sheet of {@link sheetOnTable}. */
export const onSheet = ({ random }: Page): Writing => ({
  height: [0.28, 0.42],
  middle: () => [between(random, 0.42, 0.58), between(random, 0.42, 0.58)],
});

/** Light on one side of a straight edge through the middle part, shadow on the other. */
export function hardShadow({ width, height, random }: Page): (x: number, y: number) => number {
  const [direction, dark] = [between(random, 0, 2 * Math.PI), between(random, 0.35, 0.65)];
  const [edge, softness] = [between(random, -0.25, 0.25), between(random, 0.5, 3)];
  const [cos, sin] = [Math.cos(direction), Math.sin(direction)];
  return (x, y) => {
    const along = (x - width / 2) * cos + (y - height / 2) * sin - edge * Math.min(width, height);
    return dark + (1 - dark) / (1 + Math.exp(-along / softness));
  };
}

/** Bright at one side, dim at the other. */
export function slantedLight({ width, height, random }: Page): (x: number, y: number) => number {
  const direction = between(random, 0, 2 * Math.PI);
  const [right, down] = [Math.cos(direction) / width, Math.sin(direction) / height];
  const dim = between(random, 0.3, 0.5);
  return (x, y) => 1 - dim + dim * ((x - width / 2) * right + (y - height / 2) * down) * 1.4;
}

export const colour = (random: Random, saturation: number, lightness: number) =>
  `hsl(${Math.floor(360 * random())}, ${saturation}%, ${lightness}%)`;
