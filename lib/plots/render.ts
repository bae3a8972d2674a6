import { readFileSync } from 'node:fs';
import type { Figure } from './figure';
import { addCanvas, addTextBoxes, type CanvasLibrary } from './plotlyWindow';

interface Renderer {
  toSvg(figure: Figure): Promise<string>;
}

/** The one function of plotly.js that is used: https://plotly.com/javascript/static-image-export/ */
interface PlotlyToImage {
  toImage(
    figure: Figure,
    options: { format: 'svg'; width: number; height: number; imageDataOnly: true },
  ): Promise<string>;
}

const fontName = 'Open Sans';
const fontFiles = ['400Regular/OpenSans_400Regular', '700Bold/OpenSans_700Bold'].map((name) =>
  require.resolve(`@expo-google-fonts/open-sans/${name}.ttf`),
);
/** A character that is not Latin, Greek, Cyrillic or punctuation. */
const beyondTheFont = /[^\s\u0020-\u052f\u2000-\u206f\u20ac]/;

let renderer: Promise<Renderer> | undefined;

/** Draws the figure as an SVG text, with plotly.js itself. The first call takes a second. */
export async function renderSvg(figure: Figure): Promise<string> {
  renderer ??= createRenderer();
  return (await renderer).toSvg(figure);
}

/** Draws the figure as a PNG with `scale` pixels per pixel of the layout, in each direction. */
export async function renderPng(figure: Figure, scale: number): Promise<Buffer> {
  return svgToPng(await renderSvg(figure), scale);
}

/** Turns an SVG text into a PNG with `scale` pixels per pixel of the SVG, in each direction. */
export async function svgToPng(svg: string, scale: number): Promise<Buffer> {
  const { renderAsync } = await import('@resvg/resvg-js');
  const picture = await renderAsync(withSharpPixels(svg), {
    fitTo: { mode: 'zoom', value: scale },
    font: {
      fontFiles,
      defaultFontFamily: fontName,
      // Only for letters that the font lacks: reading all fonts of a machine takes time.
      loadSystemFonts: beyondTheFont.test(svg),
    },
  });
  return picture.asPng();
}

/** Plotly names sharp pixels as every browser does; resvg knows only this name. */
function withSharpPixels(svg: string): string {
  return svg.replaceAll(/(image-rendering: [^;"]+; ?)+/g, 'image-rendering: optimizeSpeed;');
}

/** The canvas library with the font of our figures; it needs no font of the machine. */
async function loadCanvas(): Promise<CanvasLibrary> {
  const canvas = await import('@napi-rs/canvas');
  for (const file of fontFiles) {
    if (!canvas.GlobalFonts.registerFromPath(file, fontName)) {
      throw new Error(`The font ${file} cannot be read; run npm ci to install it again.`);
    }
  }
  return canvas;
}

/**
 * Starts plotly.js in a window without a browser. One window serves all figures of the process;
 * `Plotly.toImage` removes what it drew from it.
 */
async function createRenderer(): Promise<Renderer> {
  const { JSDOM } = await import('jsdom');
  const { window } = new JSDOM('', { runScripts: 'outside-only' });
  const canvas = await loadCanvas();
  addCanvas(window, canvas);
  addTextBoxes(window, canvas);
  window.eval(readFileSync(require.resolve('plotly.js-cartesian-dist-min'), 'utf8'));
  const plotly: PlotlyToImage = window.Plotly;
  return {
    toSvg: ({ data, layout }) =>
      // Plotly modifies the figure that it gets, so it gets a copy.
      plotly.toImage(structuredClone({ data, layout }), {
        format: 'svg',
        width: layout.width,
        height: layout.height,
        imageDataOnly: true,
      }),
  };
}
