import { notebookHost, show as showOutput } from '../display/index';
import { svgToPng } from './render';

/**
 * Shows an SVG drawing, such as that of `graph.draw`, below the cell of a notebook. It comes with the
 * same as a PNG: front ends show the SVG only in a notebook that was run there.
 *
 * @param svg an SVG document.
 * @param description what it shows, in words, for readers who do not see it.
 * @throws Error outside a notebook: write the text to a file there.
 *
 * @example
 * await plots.showSvg(await graph.draw(step, images, labels), 'the graph of a training step');
 */
export async function showSvg(svg: string, description: string): Promise<void> {
  if (!notebookHost()) {
    throw new Error('plots.showSvg shows a drawing in a notebook only; write the SVG to a file.');
  }
  const png = await svgToPng(svg, 1);
  showOutput({
    'image/svg+xml': svg,
    'image/png': png.toString('base64'),
    'text/plain': description,
  });
}
