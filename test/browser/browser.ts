import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Browser, type BrowserContextOptions, chromium, type Page } from 'playwright-core';
import { workplace } from './jupyterLab';

const screenshots = path.join(workplace, 'screenshots');

/** Turns off the browser's own background traffic, and what it cannot do in a container. */
const switches = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];
const desk = { width: 1280, height: 900 };
const secondsToAct = 30;

/** One page of Chromium. Records its requests to other machines and its console messages. */
export class BrowserPage {
  /** Addresses on other machines that the page asked for. */
  readonly outside: string[] = [];
  private readonly console: string[] = [];

  private constructor(
    private readonly browser: Browser,
    readonly page: Page,
  ) {
    page.setDefaultTimeout(secondsToAct * 1000);
    page.on('console', (message) => this.console.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => this.console.push(`uncaught: ${error.stack ?? error}`));
    page.on('request', (request) => this.note(request.url()));
    page.on('websocket', (socket) => this.note(socket.url()));
  }

  static async open(options: BrowserContextOptions = {}): Promise<BrowserPage> {
    const executablePath = process.env.CHROMIUM;
    if (!executablePath) {
      throw new Error('The variable CHROMIUM must name the browser: run npm run test:browser.');
    }
    const browser = await chromium.launch({ executablePath, args: switches });
    return new BrowserPage(browser, await browser.newPage({ viewport: desk, ...options }));
  }

  /** Keeps a picture of the page in build/browser/screenshots. */
  async screenshot(name: string): Promise<void> {
    mkdirSync(screenshots, { recursive: true });
    await this.page.screenshot({ path: path.join(screenshots, `${name}.png`) });
  }

  /** Runs a test and keeps a picture of its end, and of a failed one the browser's console too. */
  async keeping(name: string, test: () => Promise<void>): Promise<void> {
    try {
      await test();
    } catch (error) {
      await this.screenshot(`${name} (failed)`);
      writeFileSync(path.join(screenshots, `${name} (failed).log`), `${this.console.join('\n')}\n`);
      throw error;
    }
    await this.screenshot(name);
  }

  async close(): Promise<void> {
    await this.browser.close();
  }

  private note(address: string): void {
    const { protocol, hostname } = new URL(address);
    if (!['data:', 'blob:', 'file:'].includes(protocol) && hostname !== '127.0.0.1') {
      this.outside.push(address);
    }
  }
}
