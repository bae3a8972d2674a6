import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { BrowserPage } from './browser';
import { drawThree } from './digitPad';
import { JupyterLab } from './jupyterLab';
import { Notebook } from './notebook';
import { until } from './until';

const name = 'widgets.ipynb';
const sources = {
  imports: "import { plots, widgets } from '../lib';",
  slider: `await widgets.interact(
  { height: widgets.slider(1, 9, { step: 1 }), kind: widgets.dropdown(['low', 'high']),
    grid: widgets.checkbox(), more: widgets.button('One more') },
  ({ height, kind, grid, more }) => ({
    data: [{ type: 'bar' as const, x: ['a'], y: [height] }],
    layout: { width: 400, height: 300, title: { text: \`\${height} \${kind} \${grid} \${more}\` } },
  }));`,
  pad: `await widgets.interact({ drawing: widgets.pad() }, ({ drawing }) =>
  drawing ? \`ink \${drawing.reduce((sum, one) => sum + one).toFixed(0)}\` : 'empty');`,
  error: `await widgets.interact({ size: widgets.slider(0, 9, { step: 1 }) }, async ({ size }) => {
  if (size === 1) { throw new RangeError('no 1'); }
  while (size === 2) {}
  return \`size \${size}\`;
});`,
};

function writeNotebook(folder: string): void {
  const cells = Object.entries(sources).map(([id, source]) => ({
    cell_type: 'code',
    id,
    metadata: {},
    execution_count: null,
    outputs: [],
    source,
  }));
  const kernelspec = { display_name: 'TypeScript', language: 'typescript', name: 'tslab' };
  const notebook = { cells, metadata: { kernelspec }, nbformat: 4, nbformat_minor: 5 };
  writeFileSync(path.join(folder, name), JSON.stringify(notebook));
}

describe('widgets in JupyterLab', () => {
  let lab: JupyterLab;
  let browser: BrowserPage;
  let notebook: Notebook;
  const { slider, pad, error } = {
    slider: 'widgets.slider(1, 9',
    pad: 'widgets.pad()',
    error: 'RangeError',
  };
  const output = (source: string) => notebook.outputText(source);
  const handle = (source: string) => notebook.cell(source).locator('.noUi-handle');
  const shows = (source: string, text: string) =>
    until(`the cell shows "${text}"`, 30, async () => (await output(source)).includes(text));

  function test(title: string, run: () => Promise<void>) {
    it(title, () => browser.keeping(title, run));
  }

  before(async () => {
    lab = await JupyterLab.start();
    writeNotebook(lab.notebooks);
    browser = await BrowserPage.open();
    await browser.page.goto(lab.address);
    notebook = new Notebook(browser.page, lab.notebooks, name);
    await notebook.open();
    await notebook.run(sources.imports, 60);
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  test('a slider that is moved changes the figure', async () => {
    await notebook.run(slider);
    await shows(slider, 'height: 1, kind: low, grid: no');
    await handle(slider).focus();
    await browser.page.keyboard.press('ArrowRight');
    await shows(slider, '2 low false 0');

    const box = await notebook.cell(slider).locator('.noUi-target').boundingBox();
    const from = await handle(slider).boundingBox();
    assert.ok(box && from);
    await browser.page.mouse.move(from.x + from.width / 2, from.y + from.height / 2);
    await browser.page.mouse.down();
    await browser.page.mouse.move(box.x + box.width + 50, from.y, { steps: 20 });
    await browser.page.mouse.up();
    await shows(slider, '9 low false 0');
    await shows(slider, 'height: 9, kind: low, grid: no');
  });

  test('the other controls change it, too', async () => {
    const cell = notebook.cell(slider);
    await cell.locator('select').selectOption('high');
    await shows(slider, '9 high false 0');
    await cell.locator('input[type="checkbox"]').check();
    await shows(slider, '9 high true 0');
    await cell.getByRole('button', { name: 'One more' }).click();
    await shows(slider, '9 high true 1');
  });

  test('what is drawn on the pad arrives', async () => {
    await notebook.run(pad);
    await shows(pad, 'empty');
    await drawThree(browser.page, notebook.cell(pad).locator('.digit-pad canvas'));
    await until('there is ink', 30, async () => {
      const ink = Number(/ink (\d+)/.exec(await output(pad))?.[1] ?? 0);
      return ink > 50 && ink < 250;
    });
    await notebook.cell(pad).getByRole('button', { name: 'Clear' }).click();
    await shows(pad, 'empty');
  });

  test('errors are shown, an interrupt ends a loop, and it goes on', async () => {
    const { page } = browser;
    await notebook.run(error);
    await shows(error, 'size 0');
    await handle(error).focus();
    await page.keyboard.press('ArrowRight');
    await shows(error, 'RangeError: no 1');
    await page.keyboard.press('ArrowRight');
    await page.waitForTimeout(500);
    await page.keyboard.press('ArrowRight');
    await notebook.panel.locator('[data-command="notebook:interrupt-kernel"]').click();
    await shows(error, 'size 3');
    assert.doesNotMatch(await output(error), /no 1/);
  });

  test('a page that is opened anew says how to have the controls back', async () => {
    await notebook.save();
    await browser.page.reload();
    await notebook.panel.waitFor();
    await notebook.kernelIs('Idle', 60);
    await shows(error, 'Controls: size. Run this cell to use them.');
    await shows(error, 'size 3');
    await notebook.run(error);
    await handle(error).focus();
    await browser.page.keyboard.press('End');
    await shows(error, 'size 9');
  });

  test('without its kernel the notebook keeps the last figure and its values', async () => {
    await notebook.save();
    const stored = notebook.storedCells().find(({ source }) => String(source).includes(slider));
    const bundles = stored?.outputs?.map(({ data }) => data ?? {}) ?? [];
    const figure = bundles.find((data) => 'image/png' in data);
    assert.ok(figure, 'the figure has a picture');
    assert.match(JSON.stringify(figure), /9 high true 1/);
    assert.match(JSON.stringify(bundles), /height: 9, kind: high, grid: yes/);
    assert.match(JSON.stringify(bundles[0]), /Run this cell to use them/);

    await notebook.menu('Kernel', 'Shut Down Kernel');
    await browser.page.reload();
    await notebook.panel.waitFor();
    await until('the controls are a sentence', 30, async () =>
      (await output(slider)).includes('Run this cell to use them'),
    );
    assert.doesNotMatch(await output(slider), /Error displaying widget/);
  });

  it('asked no other machine for anything', () => {
    assert.deepEqual(browser.outside, []);
  });
});
