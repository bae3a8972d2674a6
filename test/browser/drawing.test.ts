import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import type { Page } from 'playwright-core';
import { BrowserPage } from './browser';
import { drawThree, drawThreeWithAFinger, reads } from './digitPad';
import { until } from './until';

const project = path.resolve(__dirname, '../../..');
// The first start trains the networks.
const secondsToTrain = 400;
const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };

async function isEmpty(page: Page): Promise<void> {
  await until('the pad is empty', 10, async () => {
    const text = await page.locator('#announcement').textContent();
    return text === 'The pad is empty.' && (await page.locator('html.has-ink').count()) === 0;
  });
}

describe('npm run draw', () => {
  let program: ChildProcess;
  let url: string;
  let browser: BrowserPage;

  function test(title: string, run: (page: Page) => Promise<void>) {
    it(title, () => browser.keeping(title, () => run(browser.page)));
  }

  async function open(options?: Parameters<typeof BrowserPage.open>[0]): Promise<void> {
    browser = await BrowserPage.open(options);
    await browser.page.goto(url);
    await browser.page.locator('html[data-state="ready"]').waitFor();
  }

  before(async () => {
    program = spawn(process.execPath, [path.join(project, 'build/scripts/programs/draw.js')], {
      cwd: project,
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let printed = '';
    program.stdout?.setEncoding('utf8').on('data', (text: string) => {
      printed += text;
    });
    url = await until('npm run draw opens the pad', secondsToTrain, () => {
      assert.equal(program.exitCode, null, `npm run draw has ended: ${printed}`);
      return /The pad is open at (http:\S+)/.exec(printed)?.[1];
    });
    await open();
  });
  after(async () => {
    await browser?.close();
    program?.kill('SIGKILL');
  });

  test('reads a 3 that is drawn with the mouse', async (page) => {
    await drawThree(page, page.locator('#pad'));
    await reads(page, '3');
    const share = await page
      .getByRole('meter', { name: 'LeNet-5, digit 3' })
      .getAttribute('aria-valuenow');
    assert.ok(Number(share) > 0.5, `LeNet-5 gives the 3 ${share}`);
  });

  test('is cleared and drawn on with keys', async (page) => {
    await page.locator('#clear').focus();
    await page.keyboard.press('Enter');
    await isEmpty(page);

    await page.locator('#pad').focus();
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'ArrowUp', 'Space']) {
      await page.keyboard.press(key);
    }
    for (let step = 0; step < 12; step++) {
      await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Space');
    await reads(page, '1');
    await page.keyboard.press('Delete');
    await isEmpty(page);
  });

  it('asked no other machine for anything', () => {
    assert.deepEqual(browser.outside, []);
  });

  it('reads a 3 that is drawn with a finger on a phone', async () => {
    await browser.close();
    await open(phone);
    const { page } = browser;
    await browser.keeping('the pad on a phone', async () => {
      const tooWide = await page.evaluate(
        () => document.documentElement.scrollWidth - window.innerWidth,
      );
      assert.ok(tooWide <= 0, `the page is ${tooWide} pixels wider than the screen`);
      await drawThreeWithAFinger(page, page.locator('#pad'));
      await reads(page, '3');
    });
  });

  it('ends with Ctrl-C', async () => {
    program.kill('SIGINT');
    await until('npm run draw has ended', 10, () => program.exitCode !== null);
    assert.equal(program.exitCode, 0);
  });
});
