import type { Locator, Page } from 'playwright-core';
import { until } from './until';

/** A point on the pad, as fractions of its sides. */
type Point = readonly [x: number, y: number];

/** A handwritten 3 in one line. */
const three: readonly Point[] = [
  [0.3, 0.25],
  [0.4, 0.17],
  [0.55, 0.16],
  [0.66, 0.25],
  [0.64, 0.36],
  [0.52, 0.46],
  [0.42, 0.48],
  [0.55, 0.5],
  [0.68, 0.6],
  [0.68, 0.74],
  [0.55, 0.84],
  [0.4, 0.85],
  [0.28, 0.77],
];

async function placesOnPage(pad: Locator): Promise<{ x: number; y: number }[]> {
  const box = await restingBox(pad);
  return three.map(([x, y]) => ({ x: box.x + x * box.width, y: box.y + y * box.height }));
}

/** Where the pad is when it has stopped moving: cells that come into view get their full height. */
async function restingBox(
  pad: Locator,
): Promise<{ [side in 'x' | 'y' | 'width' | 'height']: number }> {
  const boxes: string[] = [];
  await until('the pad is in view and rests', 30, async () => {
    await pad.scrollIntoViewIfNeeded();
    boxes.push(JSON.stringify(await pad.boundingBox()));
    const last = boxes.slice(-10);
    return last.length === 10 && new Set(last).size === 1 && last[0] !== 'null';
  });
  return JSON.parse(boxes.at(-1) as string);
}

/** Draws a 3 with the mouse. */
export async function drawThree(page: Page, pad: Locator): Promise<void> {
  const [first, ...others] = await placesOnPage(pad);
  await page.mouse.move(first?.x ?? 0, first?.y ?? 0);
  await page.mouse.down();
  for (const { x, y } of others) {
    await page.mouse.move(x, y, { steps: 4 });
  }
  await page.mouse.up();
}

/** Draws a 3 with a finger. */
export async function drawThreeWithAFinger(page: Page, pad: Locator): Promise<void> {
  const places = await placesOnPage(pad);
  const session = await page.context().newCDPSession(page);
  const touch = (type: 'touchStart' | 'touchMove' | 'touchEnd', touchPoints: typeof places) =>
    session.send('Input.dispatchTouchEvent', { type, touchPoints });
  await touch('touchStart', places.slice(0, 1));
  for (const [index, to] of places.entries()) {
    const from = places[Math.max(0, index - 1)] ?? to;
    for (const part of [0.25, 0.5, 0.75, 1]) {
      const x = from.x + part * (to.x - from.x);
      const y = from.y + part * (to.y - from.y);
      await touch('touchMove', [{ x, y }]);
    }
  }
  await touch('touchEnd', []);
  await session.detach();
}

/** Waits until the networks read this digit: two of three at least, since one may be mistaken. */
export async function reads(page: Page | Locator, digit: string): Promise<void> {
  const networks = page.locator('[data-answer]');
  await until(`two of three networks read a ${digit}`, 30, async () => {
    const answers = await networks.evaluateAll((all) =>
      all.map((network) => (network as HTMLElement).dataset.answer),
    );
    return answers.length === 3 && answers.filter((answer) => answer === digit).length >= 2;
  });
}
