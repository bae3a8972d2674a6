import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { pathToFileURL } from 'node:url';
import { BrowserPage } from './browser';

const project = path.resolve(__dirname, '../../..');
const name = '01-mnist-mlp';
const exported = path.join(project, 'exports', name);

interface Cell {
  outputs?: { data?: Record<string, unknown> }[];
}

function storedFigures(): number {
  const { cells } = JSON.parse(
    readFileSync(path.join(project, 'notebooks', `${name}.ipynb`), 'utf8'),
  ) as { cells: Cell[] };
  return cells
    .flatMap((cell) => cell.outputs ?? [])
    .filter(({ data }) => data && 'application/vnd.plotly.v1+json' in data).length;
}

describe('npm run export', () => {
  let browser: BrowserPage;

  before(async () => {
    for (const ending of ['html', 'pdf']) {
      rmSync(`${exported}.${ending}`, { force: true });
    }
    execFileSync(process.execPath, [path.join(project, 'scripts/notebooks/export.mjs'), name], {
      stdio: ['ignore', 'ignore', 'inherit'],
      timeout: 120_000,
    });
    browser = await BrowserPage.open();
  });
  after(() => browser?.close());

  it('writes a page that shows every figure and loads nothing', () =>
    browser.keeping('an exported page', async () => {
      assert.ok(storedFigures() > 0, 'the notebook has figures');
      await browser.page.goto(pathToFileURL(`${exported}.html`).href);
      const widths = await browser.page
        .locator('.jp-RenderedImage img')
        .evaluateAll((images) => images.map((image) => (image as HTMLImageElement).naturalWidth));
      assert.equal(widths.length, storedFigures());
      assert.ok(Math.min(...widths) > 200, `widths of the figures: ${widths}`);
      assert.deepEqual(browser.outside, []);
    }));

  it('writes a PDF with every figure', () => {
    const pdf = readFileSync(`${exported}.pdf`, 'latin1');
    assert.match(pdf, /^%PDF-/);
    const count = (pattern: RegExp) => pdf.match(pattern)?.length ?? 0;
    // A figure has a transparent background: its opacity is a separate picture.
    const masks = count(/\/SMask\s+\d+\s+\d+\s+R/g);
    assert.equal(count(/\/Subtype\s*\/Image\b/g) - masks, storedFigures());
  });
});
