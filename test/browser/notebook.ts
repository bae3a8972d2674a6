import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { until } from './until';

interface StoredOutput {
  output_type: string;
  data?: Record<string, unknown>;
}

interface StoredCell {
  cell_type: string;
  source: string | string[];
  execution_count?: number | null;
  outputs?: StoredOutput[];
}

/** Notices when the cell beside this prompt has begun and ended. Runs in the browser. */
function rememberEnd(prompt: Element): void {
  let begun = false;
  const observer = new MutationObserver(() => {
    begun ||= prompt.textContent === '[*]:';
    if (begun && /\d/.test(prompt.textContent ?? '')) {
      prompt.setAttribute('data-ended', '');
      observer.disconnect();
    }
  });
  prompt.removeAttribute('data-ended');
  observer.observe(prompt, { childList: true, subtree: true, characterData: true });
}

function hasEnded(prompt: Element): boolean {
  return prompt.hasAttribute('data-ended');
}

/** A notebook in JupyterLab, used as people use it: by its menus, buttons and keys. */
export class Notebook {
  readonly panel: Locator;

  constructor(
    private readonly page: Page,
    private readonly folder: string,
    readonly name: string,
  ) {
    this.panel = page.locator('.jp-NotebookPanel:not(.lm-mod-hidden)');
  }

  /** Opens it from the list of files, and waits until its kernel is ready. */
  async open(): Promise<void> {
    await this.page.locator('.jp-DirListing-item', { hasText: this.name }).dblclick();
    await this.panel.locator('.jp-Cell').first().waitFor();
    await this.kernelIs('Idle', 60);
  }

  /** Saves and closes it. */
  async close(): Promise<void> {
    await this.save();
    await this.menu('File', 'Close Tab');
    await this.panel.waitFor({ state: 'detached' });
  }

  async save(): Promise<void> {
    const written = this.page.waitForResponse(
      (response) =>
        response.request().method() === 'PUT' &&
        response.url().includes(`/api/contents/${this.name}`),
    );
    await this.menu('File', 'Save Notebook');
    await (await written).finished();
  }

  /** Chooses an item of a menu with clicks; a submenu's item by both names. */
  async menu(...names: string[]): Promise<void> {
    const [bar, ...items] = names;
    await this.page.locator('.lm-MenuBar-itemLabel', { hasText: new RegExp(`^${bar}$`) }).click();
    for (const item of items) {
      const label = new RegExp(`^${item}$`);
      await this.page
        .locator('.lm-Menu-item:not(.lm-mod-hidden)', {
          has: this.page.locator('.lm-Menu-itemLabel', { hasText: label }),
        })
        .click();
    }
  }

  /** The code cell that contains this text. */
  cell(source: string): Locator {
    return this.panel.locator('.jp-CodeCell', {
      has: this.page.locator('.cm-content', { hasText: source }),
    });
  }

  /** Makes the cell active, with the cursor in its text. */
  async edit(source: string): Promise<Locator> {
    const editor = this.cell(source).locator('.cm-content');
    await editor.scrollIntoViewIfNeeded();
    await editor.click();
    return editor;
  }

  /** Runs a cell with Shift-Enter, without waiting for its end. */
  async start(source: string): Promise<void> {
    await this.edit(source);
    await this.page.keyboard.press('Shift+Enter');
  }

  /** Runs a cell and waits for its end. */
  async run(source: string, seconds = 30): Promise<void> {
    const prompt = this.cell(source).locator('.jp-InputPrompt');
    await prompt.evaluate(rememberEnd);
    await this.start(source);
    await until(`the cell "${source}" has run`, seconds, () => prompt.evaluate(hasEnded));
  }

  /** `[3]:` beside a cell that has run, `[*]:` beside one that is running, `[ ]:` beside others. */
  async prompt(source: string): Promise<string> {
    return (await this.cell(source).locator('.jp-InputPrompt').textContent()) ?? '';
  }

  output(source: string): Locator {
    return this.cell(source).locator('.jp-OutputArea-output');
  }

  /** All text below a cell, even if it is scrolled out of view. */
  async outputText(source: string): Promise<string> {
    return (await this.cell(source).locator('.jp-OutputArea').allTextContents()).join('\n');
  }

  /** Texts of everything that failed or was written to standard error. */
  async errors(): Promise<string[]> {
    return this.panel
      .locator('[data-mime-type$=".error"], [data-mime-type$=".stderr"]')
      .allTextContents();
  }

  /** Waits until the kernel says so in the status bar: "Idle", "Busy" … */
  async kernelIs(state: string, seconds: number): Promise<void> {
    const status = this.page.locator('#jp-main-statusbar', { hasText: `TypeScript | ${state}` });
    await until(`the kernel is ${state}`, seconds, () => status.isVisible());
  }

  /** Waits until no cell is running or waiting for its turn. */
  async isThrough(seconds: number): Promise<void> {
    const waiting = this.panel.locator('.jp-InputPrompt', { hasText: '[*]' });
    await until('all cells have run', seconds, async () => (await waiting.count()) === 0);
    await this.kernelIs('Idle', 10);
  }

  /** The code cells as they are in the file. */
  storedCells(): StoredCell[] {
    const { cells } = JSON.parse(readFileSync(path.join(this.folder, this.name), 'utf8')) as {
      cells: StoredCell[];
    };
    return cells.filter(({ cell_type }) => cell_type === 'code');
  }
}
