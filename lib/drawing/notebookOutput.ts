import { randomUUID } from 'node:crypto';
import type { MimeBundle } from '../display/index';

/** The pad as a notebook shows it. */
export interface NotebookPad {
  /** Its server answers at `alive`; another one on the same port later has another token. */
  readonly url: string;
  /** A PNG of the pad. */
  readonly picture: Buffer;
  /** In pixels. */
  readonly height: number;
}

const sentence = 'Run this cell to draw.';

/**
 * The output of a cell with a pad.
 *
 * What is stored is a picture with a sentence. A short script puts the pad in its place, if the
 * server of this very pad answers: so neither a notebook that is opened again later, nor one that
 * is not trusted (its scripts do not run), nor an exported one shows a frame with an error in it.
 */
export function notebookOutput({ url, picture, height }: NotebookPad): MimeBundle {
  const image = picture.toString('base64');
  const id = `pad-${randomUUID()}`;
  return {
    'text/html': [
      `<div id="${id}">`,
      `<p><b>${sentence}</b> This is a picture of such a pad; the pad itself needs the kernel.</p>`,
      `<img alt="The pad: a drawn digit and the answers of three networks" width="760" src="data:image/png;base64,${image}">`,
      '</div>',
      `<script>${script(id, url, height)}</script>`,
    ].join('\n'),
    'image/png': image,
    'text/plain': `A pad to draw digits on. ${sentence}`,
  };
}

function script(id: string, url: string, height: number): string {
  const [idText, urlText] = [id, url].map((text) => JSON.stringify(text));
  return `(async () => {
  const answer = await fetch(${urlText} + 'alive').catch(() => undefined);
  if (!answer || !answer.ok) return;
  for (const place of document.querySelectorAll('#' + ${idText})) {
    const pad = document.createElement('iframe');
    // The pad cannot see JupyterLab's theme: it is told. Other pages have none.
    const light = document.body.dataset.jpThemeLight;
    const theme = { true: '#light', false: '#dark' }[light] ?? '';
    Object.assign(pad, { src: ${urlText} + theme, title: 'Draw a digit' });
    pad.style.cssText = 'width: 100%; height: ${height}px; border: 0';
    place.replaceChildren(pad);
  }
})();`;
}
