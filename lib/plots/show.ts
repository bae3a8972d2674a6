import { writeFile } from 'node:fs/promises';
import { extname } from 'node:path';
import { type MimeBundle, notebookHost, show as showOutput } from '../display/index';
import { replaceFile } from '../files/replaceFile';
import { describeFigure } from './describe';
import type { Figure } from './figure';
import { renderPng, renderSvg } from './render';
import { openWindow } from './window';

/**
 * Shows a figure: in a notebook below the cell, interactive in JupyterLab and as a picture
 * wherever the saved notebook is read; in a plain program in nodeplotlib's browser window.
 *
 * The program stays alive until that window is closed. Without a screen (a server, CI) it says so
 * and goes on; {@link saveFigure} works everywhere.
 *
 * @param figure what a function of this module, or you, made.
 */
export async function show(figure: Figure): Promise<void> {
  if (!notebookHost()) {
    await openWindow(figure);
    return;
  }
  // JupyterLab shows the PNG at its own size until the reader scrolls to the figure: scale 1.
  showOutput(figureBundle(figure, await renderPng(figure, 1)));
}

/** The figure as a notebook's output: interactive where that is possible, else the PNG. */
export function figureBundle(figure: Figure, png: Buffer): MimeBundle {
  const { data, layout } = figure;
  return {
    'application/vnd.plotly.v1+json': { data, layout, config: { displaylogo: false } },
    'image/png': png.toString('base64'),
    'text/plain': describeFigure(figure),
  };
}

/**
 * Saves a figure as a picture: PNG (two pixels per pixel of the layout) or SVG, by the ending of
 * the name. The file is written completely or not at all.
 *
 * @param figure what a function of this module, or you, made.
 * @param path the file to write, ending in `.png` or `.svg`; an existing file is replaced.
 * @throws Error for any other ending, and when the file cannot be written.
 */
export async function saveFigure(figure: Figure, path: string): Promise<void> {
  const ending = extname(path).toLowerCase();
  if (ending !== '.png' && ending !== '.svg') {
    throw new Error(`saveFigure: '${path}' must end in .png or .svg.`);
  }
  const content = ending === '.svg' ? await renderSvg(figure) : await renderPng(figure, 2);
  await replaceFile(path, (temporaryPath) => writeFile(temporaryPath, content)).catch(
    (error: Error) => {
      throw new Error(`The figure could not be saved as ${path}: ${error.message}.`, {
        cause: error,
      });
    },
  );
}
