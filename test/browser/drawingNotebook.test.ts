import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { after, before, describe, it } from 'node:test';
import { BrowserPage } from './browser';
import { drawThree, reads } from './digitPad';
import { JupyterLab } from './jupyterLab';
import { Notebook } from './notebook';

// The first run trains the networks.
const secondsToTrain = 400;

describe('notebook 07', () => {
  let lab: JupyterLab;
  let browser: BrowserPage;

  before(async () => {
    lab = await JupyterLab.start();
    browser = await BrowserPage.open();
    await browser.page.goto(lab.address);
  });
  after(async () => {
    await browser?.close();
    await lab?.stop();
  });

  it('has a pad that reads a 3', () =>
    browser.keeping('the pad in notebook 07', async () => {
      const name = readdirSync(lab.notebooks).find((file) => file.startsWith('07-'));
      assert.ok(name, 'there is a notebook 07');
      const notebook = new Notebook(browser.page, lab.notebooks, name);
      await notebook.open();
      await notebook.menu('Run', 'Run All Cells');
      await notebook.isThrough(secondsToTrain);
      assert.deepEqual(await notebook.errors(), []);

      const cell = notebook.cell('const pad = await drawing.drawDigits(');
      await drawThree(browser.page, cell.locator('.digit-pad canvas'));
      await reads(cell, '3');
      assert.deepEqual(browser.outside, []);
    }));
});
