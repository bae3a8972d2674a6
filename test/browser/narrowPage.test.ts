import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { curves } from '../../lib/plots/index';
import { renderPng } from '../../lib/plots/render';
import { figureBundle } from '../../lib/plots/show';
import { BrowserPage } from './browser';
import { JupyterLab } from './jupyterLab';
import { until } from './until';

const line =
  '1688/1688 [==============================] - 7s 4ms/step - loss: 0.0312 - acc: 0.9903 - ' +
  'val_loss: 0.0405 - val_acc: 0.9885';

const longCode = `console.log(${Array.from({ length: 30 }, (_, number) => number).join(', ')});`;

/** Prints a line of Keras's and shows a figure of 640 pixels; a long line of code, open and folded. */
async function notebookWithFigure(): Promise<string> {
  const figure = curves([{ name: 'loss', y: [1, 0.5, 0.3] }]);
  const data = figureBundle(figure, await renderPng(figure, 1));
  const cell = {
    ...{ id: 'figure', cell_type: 'code', metadata: {}, execution_count: 1 },
    source: 'plots.show(figure)',
    outputs: [
      { output_type: 'stream', name: 'stdout', text: line },
      { output_type: 'display_data', metadata: {}, data },
    ],
  };
  const code = { cell_type: 'code', execution_count: null, outputs: [], source: longCode };
  const open = { ...code, id: 'open', metadata: {} };
  const folded = { ...code, id: 'folded', metadata: { jupyter: { source_hidden: true } } };
  const kernelspec = { name: 'tslab', display_name: 'TypeScript', language: 'typescript' };
  return JSON.stringify({
    ...{ nbformat: 4, nbformat_minor: 5, metadata: { kernelspec } },
    cells: [cell, open, folded],
  });
}

describe('a window of 800 pixels', () => {
  let lab: JupyterLab;
  let browser: BrowserPage;

  before(async () => {
    lab = await JupyterLab.start();
    writeFileSync(path.join(lab.notebooks, 'narrow.ipynb'), await notebookWithFigure());
    browser = await BrowserPage.open({ viewport: { width: 800, height: 700 } });
    await browser.page.goto(lab.address.replace('/lab?', '/lab/tree/narrow.ipynb?'));
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  it('shows figures whole, as pictures and interactive ones', () =>
    browser.keeping('a narrow window', async () => {
      const { page } = browser;
      const figure = page.locator('.jp-RenderedPlotly');
      const widths = () =>
        figure.evaluate((element) => [
          element.clientWidth,
          element.querySelector('img')?.clientWidth ?? 0,
          Number(element.querySelector('.main-svg')?.getAttribute('width') ?? 0),
        ]) as Promise<[room: number, picture: number, plot: number]>;
      await until('the picture is there', 120, async () => {
        return (await figure.count()) > 0 && (await widths())[1] > 0;
      });
      const [room, picture] = await widths();
      assert.ok(room < 640, `${room} pixels: too wide for this test`);
      assert.ok(picture <= room, `a picture of ${picture} pixels in ${room}`);
      await until('the figure is interactive', 60, async () => {
        const box = await figure.boundingBox();
        if (box) {
          await page.mouse.move(box.x + 50, box.y + 60);
          await page.mouse.move(box.x + 60, box.y + 70);
        }
        return (await widths())[2] > 0;
      });
      const [place, , plot] = await widths();
      assert.ok(plot <= place, `a plot of ${plot} pixels in ${place}`);
    }));

  it('wraps code, and keeps a folded cell and the dots that open it on the page', async () => {
    const { page } = browser;
    const right = (selector: string) =>
      page
        .locator(selector)
        .last()
        .evaluate((element) => element.getBoundingClientRect().right);
    const edge = await right('.jp-NotebookPanel-notebook');
    assert.ok((await right('.jp-Placeholder-content')) <= edge, 'the folded cell');
    assert.ok((await right('.jp-Placeholder-content svg')) <= edge, 'its dots');
    const code = page.locator('.jp-CodeCell .cm-scroller', { hasText: 'console.log(0' }).first();
    const [content, room] = await code.evaluate((element) => [
      element.scrollWidth,
      element.clientWidth,
    ]);
    assert.ok(content && room && content <= room, `code of ${content} pixels in ${room}`);
  });

  it('breaks lines between words, and leaves room between text and figure', async () => {
    const { page } = browser;
    const text = page.locator('.jp-OutputArea-output pre');
    const brokenWords = await text.evaluate((element) => {
      const content = element.firstChild as Text;
      const range = document.createRange();
      return Array.from(content.data.matchAll(/[\w.:]+/g)).filter(({ 0: word, index }) => {
        range.setStart(content, index);
        range.setEnd(content, index + word.length);
        return range.getClientRects().length > 1;
      }).length;
    });
    assert.equal(brokenWords, 0);
    const above = await text.boundingBox();
    const below = await page.locator('.jp-RenderedPlotly').boundingBox();
    assert.ok(above && below && above.height > 20, 'the line takes one line');
    const room = below.y - above.y - above.height;
    assert.ok(room >= 8, `${room} pixels between text and figure`);
  });
});
