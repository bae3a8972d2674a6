import { inspect } from 'node:util';
import { type MimeBundle, type NotebookHost, UpdatingOutput } from '../display/index';
import type { Figure } from '../plots/figure';
import { renderPng } from '../plots/render';
import { figureBundle } from '../plots/show';

/** A figure's stored picture is drawn when nothing has changed for this many milliseconds. */
const pictureAfterMs = 500;

/** Whether a value is a Plotly figure, of `lib/plots` or made otherwise. */
export function isFigure(value: unknown): value is Figure {
  const { data, layout } = Object(value) as Partial<Figure>;
  return (
    Array.isArray(data) && typeof layout?.width === 'number' && typeof layout.height === 'number'
  );
}

/** The output below the controls, which each result replaces. */
export class Result {
  private readonly output = new UpdatingOutput();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly host: NotebookHost) {}

  /** Shows a value for the first time. */
  async showFirst(value: unknown): Promise<void> {
    this.output.set(isFigure(value) ? await storedFigure(value) : await this.render(value));
  }

  /** Shows a value in place of the one before. */
  async show(value: unknown): Promise<void> {
    clearTimeout(this.timer);
    if (!isFigure(value)) {
      this.output.set(await this.render(value));
      return;
    }
    const { 'image/png': _, ...bundle } = figureBundle(value, Buffer.alloc(0));
    this.output.set(bundle);
    // Drawing the picture takes longer than the browser takes for the figure.
    this.timer = setTimeout(async () => {
      const { timer } = this;
      const stored = await storedFigure(value);
      if (timer === this.timer) {
        this.output.set(stored);
      }
    }, pictureAfterMs);
    this.timer.unref();
  }

  /** Shows an error in place of the value before. */
  showError(error: unknown): void {
    clearTimeout(this.timer);
    const text = inspect(error);
    this.output.set({ 'application/vnd.jupyter.stderr': text, 'text/plain': text });
  }

  private async render(value: unknown): Promise<MimeBundle> {
    const bundle = await this.host.render(value);
    // JupyterLab would show an output without contents as an error.
    return Object.keys(bundle).length > 0 ? bundle : { 'text/plain': '' };
  }
}

async function storedFigure(figure: Figure): Promise<MimeBundle> {
  return figureBundle(figure, await renderPng(figure, 1));
}
