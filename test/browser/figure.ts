import type { Locator, Page } from 'playwright-core';
import { until } from './until';

/**
 * Moves the pointer slowly across a figure, as a reader does, and returns the label that appears.
 *
 * JupyterLab shows the stored picture until the pointer comes; labels appear only near a point.
 */
export async function hover(page: Page, figure: Locator): Promise<string> {
  const drawn = figure.locator('.nsewdrag, img:visible').first();
  const labels = figure.locator('.hoverlayer');
  let step = 0;
  return until('a label appears at the pointer', 20, async () => {
    await figure.scrollIntoViewIfNeeded();
    const box = await drawn.boundingBox();
    if (box) {
      const part = (0.2 + 0.01 * step++) % 1;
      await page.mouse.move(box.x + box.width * part, box.y + box.height / 2);
    }
    return (await labels.allTextContents()).join(' ').trim() || undefined;
  });
}
