import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { notebookHost, show } from '../display/index';
import type * as tf from '../tensorflow';
import { notebookOutput } from './notebookOutput';
import { type PageServer, servePage } from './padServer';
import { pageFiles } from './pageFiles';

/** Options of {@link drawDigits}. */
export interface DrawDigitsOptions {
  /** The port of the page's server on 127.0.0.1. Default: 0, any free one. */
  port?: number;
  /** A line below a network's name, for example its test accuracy; by the network's name. */
  captions?: Readonly<Record<string, string>>;
  /** In a notebook: the height of the pad below the cell, in pixels. Default: 600. */
  height?: number;
}

/** The pad that `drawDigits` has opened. */
export interface DrawingPad {
  /**
   * Where the page is: `http://127.0.0.1:40123/1b9d…/`. Without the token in it nobody is answered,
   * other users of the machine for example.
   */
  readonly url: string;
  /** Ends the page's server. A page that is open in a browser goes on reading digits. */
  close(): Promise<void>;
}

const previewFile = join(__dirname, 'page/preview.png');

/** The pad of this notebook, if it has one. */
let notebookPad: PageServer | undefined;

/**
 * Opens a pad to draw digits on: networks read them while you draw. They are saved for the web
 * (`saving.saveLayersModel`) and predict in the browser; nothing goes over the network, and nothing
 * is needed from it.
 *
 * In a notebook the pad appears below the cell. The kernel serves it; a further call closes the
 * server of the one before. A saved notebook shows a picture of the pad there until the cell is run
 * again. In a plain program the address is printed, to be opened in a browser on the same machine;
 * the program goes on until it closes the pad.
 *
 * What is drawn is scaled to 20 × 20 pixels and centred in 28 × 28, as MNIST's digits were.
 *
 * @param models one or more networks by the name they are to have on the page: the model, or the
 *   folder that `saving.saveLayersModel` saved it in. Each takes 28 · 28 pixels, 0 (black) to 1
 *   (white), in any shape, and gives ten probabilities. The models stay the caller's.
 * @param options the server's port, captions, and the pad's height.
 * @returns the pad's address, and how to close it.
 * @throws Error when there is no model, one cannot be loaded or has other shapes, a caption belongs
 *   to none, or the port is taken.
 *
 * @example
 * const pad = await drawing.drawDigits({ MLP: model, CNN: 'networks/cnn' });
 */
export async function drawDigits(
  models: Readonly<Record<string, tf.LayersModel | string>>,
  options: DrawDigitsOptions = {},
): Promise<DrawingPad> {
  const { port = 0, captions = {}, height = 600 } = options;
  const names = Object.keys(models);
  checkNames(names, captions);
  const networks = Object.entries(models).map(([name, model]) => {
    return { name, model, caption: captions[name] ?? '' };
  });
  const files = await pageFiles(networks);
  if (!notebookHost()) {
    const server = await servePage(files, port);
    console.log(`The pad is open at ${server.url}`);
    return { url: server.url, close: server.close };
  }
  await notebookPad?.close();
  notebookPad = undefined;
  const alive = { type: 'text/plain', content: Buffer.from('yes'), forOtherPages: true };
  const server = await servePage(new Map([...files, ['alive', alive]]), port);
  // The kernel ends when JupyterLab says so, pad or no pad.
  server.unref();
  notebookPad = server;
  const picture = await readFile(previewFile);
  show(notebookOutput({ url: server.url, picture, height }));
  return { url: server.url, close: server.close };
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
