import { notebookHost } from '../display/index';
import type * as tf from '../tensorflow';
import { drawInNotebook } from './drawInNotebook';
import { servePage } from './padServer';
import { pageFiles } from './pageFiles';

/** Options of {@link drawDigits}. */
export interface DrawDigitsOptions {
  /** Lines below the networks' names, for example the test accuracy; by the networks' names. */
  captions?: Readonly<Record<string, string>>;
  /** Outside a notebook: the port of the page's server on 127.0.0.1. Default: 0, any free one. */
  port?: number;
}

/** The pad that `drawDigits` has opened. */
export interface DrawingPad {
  /**
   * Where the page is: `http://127.0.0.1:40123/1b9d…/`. Requests without its token get no answer,
   * for example those of other users of the machine. In a notebook the pad needs no address.
   */
  readonly url?: string;
  /**
   * In a notebook: removes the pad. Otherwise: ends the page's server; a page that is open in a
   * browser continues to read digits.
   */
  close(): Promise<void>;
}

/**
 * Opens a pad to draw digits on: networks read them while you draw.
 *
 * In a notebook the pad appears below the cell, and the networks answer in the kernel; JupyterLab
 * may be on another machine. A saved notebook shows a picture of a pad, and the last answers.
 *
 * In a plain program the pad is a page, whose address is printed, to be opened in a browser on the
 * same machine. The networks are saved for the web (`saving.saveLayersModel`) and predict in the
 * browser; nothing is sent over a network. The program keeps running until it closes the pad.
 *
 * What is drawn is scaled to 20 × 20 pixels and centred in 28 × 28, as MNIST's digits were.
 *
 * @param models one or more networks by their names: the model, or the folder that
 *   `saving.saveLayersModel` saved it in. Each takes 28 · 28 pixels, 0 (black) to 1 (white), in any
 *   shape, and gives ten probabilities. The models stay the caller's.
 * @param options captions, and the server's port.
 * @returns the open pad, with the page's address.
 * @throws Error when there is no model, when one cannot be loaded or has other shapes, when a
 *   caption's name is not a network's, or when the port is taken.
 *
 * @example
 * const pad = await drawing.drawDigits({ MLP: model, CNN: 'networks/cnn' });
 */
export async function drawDigits(
  models: Readonly<Record<string, tf.LayersModel | string>>,
  options: DrawDigitsOptions = {},
): Promise<DrawingPad> {
  const { port = 0, captions = {} } = options;
  const names = Object.keys(models);
  checkNames(names, captions);
  const networks = Object.entries(models).map(([name, model]) => {
    return { name, model, caption: captions[name] ?? '' };
  });
  if (notebookHost()) {
    return drawInNotebook(networks);
  }
  const { url, close } = await servePage(await pageFiles(networks), port);
  console.log(`The pad is open at ${url}`);
  return { url, close };
}

function checkNames(names: readonly string[], captions: Readonly<Record<string, string>>): void {
  if (names.length === 0) {
    throw new Error('drawDigits needs at least one network: drawDigits({ MLP: model }).');
  }
  const unknown = Object.keys(captions).find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new Error(
      `drawDigits has a caption for "${unknown}", but no such network: there are ${names.join(', ')}.`,
    );
  }
}
