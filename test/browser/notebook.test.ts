import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { BrowserPage } from './browser';
import { hover } from './figure';
import { JupyterLab } from './jupyterLab';
import { Notebook } from './notebook';
import { processesAreKnown, processTree, stillRunning } from './processes';
import { until } from './until';

const name = '01-mnist-mlp.ipynb';
const cells = {
  versions: "console.log('tfjs-node'",
  data: 'datasets.mnist()',
  grid: 'imageGrid(firstTwenty',
  picture: 'plots.image(test.images',
  model: 'tf.sequential(',
  training: 'training.fit(',
  summary: 'models.summary(model)',
  curves: 'plots.accuracyCurves(history)',
};

/** What was shown below the training cell while it ran. */
interface LiveBlock {
  /** The values of the progress bar, in percent. */
  bar: number[];
  /** The number of different drawings of the curves. */
  drawings: number;
}

/** Watches the live block below a cell. Runs in the browser. */
function watchLiveBlock(cell: Element): void {
  const seen: LiveBlock = { bar: [], drawings: 0 };
  let drawing = '';
  const look = () => {
    const bar = cell.querySelector('[role="progressbar"]');
    const percent = Number(bar?.getAttribute('aria-valuenow'));
    if (bar?.checkVisibility() && percent !== seen.bar.at(-1)) {
      seen.bar.push(percent);
    }
    const curves = cell.querySelector('.training-curves svg');
    if (curves?.checkVisibility() && curves.innerHTML !== drawing) {
      drawing = curves.innerHTML;
      seen.drawings++;
    }
  };
  new MutationObserver(look).observe(cell, { childList: true, subtree: true });
  Object.assign(cell, { seen });
}

function seenLiveBlock(cell: Element): LiveBlock {
  return (cell as Element & { seen: LiveBlock }).seen;
}

describe('notebook 01 in JupyterLab', () => {
  let lab: JupyterLab;
  let browser: BrowserPage;
  let notebook: Notebook;

  const storedPictures = () =>
    notebook.storedCells().flatMap((cell) => cell.outputs?.map(({ data }) => data?.['image/png']));
  let broken = false;

  /**
   * One step of the session. After a failed step the others would only fail for the same reason.
   */
  function test(title: string, run: () => Promise<void>) {
    it(title, async (context) => {
      if (broken) {
        context.skip('an earlier step failed');
        return;
      }
      broken = true;
      await browser.keeping(title, run);
      broken = false;
    });
  }

  before(async () => {
    lab = await JupyterLab.start();
    browser = await BrowserPage.open();
    notebook = new Notebook(browser.page, lab.notebooks, name);
    await browser.page.goto(lab.address);
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  test('stored figures are interactive on first opening', async () => {
    await notebook.open();
    assert.match(await hover(browser.page, notebook.output(cells.curves)), /training : 0\.\d{4}/);
    assert.match(
      await hover(browser.page, notebook.output(cells.picture)),
      /row \d+, column \d+: \d+/,
    );
    const pictures = storedPictures();
    await notebook.save();
    assert.deepEqual(storedPictures(), pictures, 'looking at figures changes the stored pictures');
  });

  test('runs from top to bottom by the menu', async () => {
    const trainingCell = notebook.cell(cells.training);
    await trainingCell.evaluate(watchLiveBlock);
    await notebook.menu('Run', 'Run All Cells');
    await trainingCell.scrollIntoViewIfNeeded();
    await until('the third epoch begins', 120, async () =>
      (await notebook.outputText(cells.training)).includes('Epoch 3/10'),
    );
    await browser.screenshot('while it trains');
    await notebook.isThrough(180);
    assert.deepEqual(await notebook.errors(), []);

    const { bar, drawings } = await trainingCell.evaluate(seenLiveBlock);
    assert.ok(bar.length >= 3, `the bar stood at ${bar}`);
    assert.deepEqual(
      bar,
      [...bar].sort((one, other) => one - other),
      'the bar goes back',
    );
    assert.ok(drawings >= 3, `the curves were drawn ${drawings} times`);
    assert.equal(await trainingCell.locator('[role="progressbar"]').count(), 0);
    assert.match(await notebook.outputText(cells.training), /val_acc: 0\.9[78]\d\d/);

    await notebook.save();
    for (const { source, execution_count, outputs } of notebook.storedCells()) {
      assert.equal(typeof execution_count, 'number', `this cell did not run: ${source}`);
      const failed = outputs?.filter(({ output_type }) => output_type === 'error');
      assert.deepEqual(failed, [], `this cell failed: ${source}`);
    }
  });

  test('figures are visible and show values under the pointer', async () => {
    assert.match(await hover(browser.page, notebook.output(cells.curves)), /training : 0\.\d{4}/);
    assert.match(
      await hover(browser.page, notebook.output(cells.picture)),
      /row \d+, column \d+: \d+/,
    );
    const training = notebook.cell(cells.training).locator('.jp-RenderedPlotly');
    assert.match(await hover(browser.page, training), /training|validation/);
    for (const source of [cells.grid, cells.picture, cells.curves]) {
      const box = await notebook.output(source).locator('img, .main-svg').first().boundingBox();
      assert.ok(box && box.width > 200 && box.height > 200, `${source}: ${JSON.stringify(box)}`);
    }
  });

  test('figures survive saving, closing and opening', async () => {
    await notebook.close();
    await notebook.open();
    assert.match(await hover(browser.page, notebook.output(cells.curves)), /training : 0\.\d{4}/);
  });

  test('the menu exports a page with pictures that needs no network', async () => {
    const downloaded = browser.page.waitForEvent('download');
    await notebook.menu('File', 'Save and Export Notebook As', 'HTML');
    await browser.page.locator('.jp-Dialog .jp-mod-accept').click();
    const download = await downloaded;
    assert.equal(download.suggestedFilename(), '01-mnist-mlp.html');
    const html = readFileSync(await download.path(), 'utf8');
    const figures = storedPictures().filter((picture) => picture !== undefined);
    assert.equal(html.match(/<img[^>]* src="data:image\/png/g)?.length, figures.length);
    assert.doesNotMatch(html, /<script/);
  });

  test('Shift-Tab shows the documentation of a function', async () => {
    await notebook.edit(cells.data);
    const word = notebook.cell(cells.data).locator('.cm-line span', { hasText: /^mnist$/ });
    await word.click();
    await browser.page.keyboard.press('Shift+Tab');
    const documentation = browser.page.locator('.jp-Tooltip');
    await documentation.waitFor();
    assert.match(await documentation.innerText(), /MNIST/);
    await browser.page.keyboard.press('Escape');
    await documentation.waitFor({ state: 'detached' });
  });

  test('completion on tf. answers in under a second', async () => {
    const { page } = browser;
    await notebook.edit(cells.versions);
    await page.keyboard.press('Control+End');
    await page.keyboard.type('\ntf.');
    const list = page.locator('.jp-Completer:not(.lm-mod-hidden)');
    const complete = async () => {
      const start = performance.now();
      await page.keyboard.press('Tab');
      await list.locator('.jp-Completer-item').first().waitFor();
      return performance.now() - start;
    };
    await complete(); // the first one lets the compiler read the declarations
    await page.keyboard.press('Escape');
    await list.waitFor({ state: 'hidden' });
    const milliseconds = await complete();
    assert.ok((await list.innerText()).includes('abs'), await list.innerText());
    await page.keyboard.press('Escape');
    assert.ok(milliseconds < 1000, `${milliseconds.toFixed(0)} ms`);
    for (let letter = 0; letter < '\ntf.'.length; letter++) {
      await page.keyboard.press('Backspace');
    }
  });

  test('an interrupt stops a training, and the next cell runs', async () => {
    const output = () => notebook.outputText(cells.training);
    await notebook.start(cells.training);
    await until('the second epoch has begun', 60, async () =>
      (await output()).includes('Epoch 2/10'),
    );
    const start = performance.now();
    await notebook.panel.locator('[data-command="notebook:interrupt-kernel"]').click();
    await notebook.isThrough(15);
    const seconds = (performance.now() - start) / 1000;
    assert.ok(seconds < 3, `it took ${seconds.toFixed(1)} s to stop`);
    assert.match(await output(), /Interrupted: Training was interrupted after epoch/);
    assert.doesNotMatch(await output(), /Epoch 10\/10/);

    await notebook.run(cells.summary);
    assert.match(await notebook.outputText(cells.summary), /795,?010/);
  });

  test('a cell that was edited runs as it now stands', async () => {
    const { page } = browser;
    await notebook.edit(cells.training);
    await notebook.cell(cells.training).locator('.cm-line', { hasText: 'epochs: 10' }).click();
    await page.keyboard.press('End');
    await page.keyboard.press('Shift+Home');
    await page.keyboard.type('epochs: 1,');
    await notebook.run(cells.training, 60);
    const text = await notebook.outputText(cells.training);
    assert.match(text, /Epoch 1\/1\n/);
    assert.match(text, /val_acc: 0\.9/);
  });

  test('a restart begins anew', async () => {
    await notebook.menu('Kernel', 'Restart Kernel…');
    await browser.page.locator('.jp-Dialog .jp-mod-accept').click();
    await notebook.kernelIs('Idle', 30);
    await notebook.run(cells.summary);
    assert.match((await notebook.errors()).join('\n'), /Cannot find name 'model'/);
    assert.match(await hover(browser.page, notebook.output(cells.curves)), /training : 0\.\d{4}/);
    await notebook.menu('Kernel', 'Restart Kernel and Clear Outputs of All Cells…');
    await browser.page.locator('.jp-Dialog .jp-mod-accept').click();
    await notebook.kernelIs('Idle', 30);
    await notebook.run("import * as tf from '@tensorflow/tfjs-node'");
    await notebook.run(cells.versions);
    assert.match(await notebook.outputText(cells.versions), /tfjs-node 4\.22\.0/);
    assert.deepEqual(await notebook.errors(), []);
  });

  it('asked no other machine for anything', () => {
    assert.deepEqual(browser.outside, []);
  });

  it('leaves no process behind', { skip: !processesAreKnown && 'only Linux tells' }, async () => {
    const processes = processTree(lab.processId);
    assert.ok(
      processes.some(({ command }) => command.includes('tslab')),
      'a kernel is running',
    );
    await browser.close();
    await lab.stop();
    await until('all processes have ended', 10, () => stillRunning(processes).length === 0);
  });
});
