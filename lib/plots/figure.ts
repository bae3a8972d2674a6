import type { Data, Layout } from 'plotly.js';

/** A picture made of pixels, as Plotly draws it; `source` is a PNG as a `data:` URL. */
export interface ImageTrace {
  /** Plotly's name of this kind of trace. */
  type: 'image';
  /** The PNG, as a `data:` URL. */
  source: string;
  /** `false`: enlarged pixels keep their edges. */
  zsmooth: false;
  /** `skip`: nothing appears under the cursor. */
  hoverinfo?: 'skip';
  /** The text that appears under the cursor, in Plotly's template language. */
  hovertemplate?: string;
}

/**
 * A Plotly figure (https://plotly.com/javascript/reference/index/): what is drawn, and how it is
 * laid out. It is plain data: change it freely before it is shown.
 */
export interface Figure {
  /** What is drawn, one trace for each line, set of bars or picture. */
  data: (Data | ImageTrace)[];
  /** Title, axes, margins, and the size, which is always given. */
  layout: Partial<Layout> & {
    /** In screen pixels. */
    width: number;
    /** In screen pixels. */
    height: number;
  };
}

/**
 * Colours that people with any common form of colour blindness can tell apart:
 * M. Okabe and K. Ito, "Color Universal Design", https://jfly.uni-koeln.de/color/.
 */
export const palette = [
  '#0072B2',
  '#D55E00',
  '#009E73',
  '#CC79A7',
  '#E69F00',
  '#56B4E9',
  // Instead of their black, which would vanish on a dark page.
  '#808080',
] as const;

/** Text and lines that can be read on light and dark pages. */
export const textColor = '#757b85';
export const gridColor = 'rgba(128, 136, 150, 0.28)';
/** Text on the light labels that appear under the pointer. */
const darkText = '#2a3f5f';

const transparent = 'rgba(0, 0, 0, 0)';

/** The font of all figures; static pictures embed it, a browser takes what it has. */
export const fontFamily = 'Open Sans, arial, sans-serif';

/**
 * What every figure has in common: no background, so that it suits light pages and dark ones; one
 * font; room for a title if there is one.
 */
export function baseLayout(size: {
  width: number;
  height: number;
  title?: string;
}): Figure['layout'] {
  return {
    width: size.width,
    height: size.height,
    ...(size.title === undefined ? {} : { title: titleAtTheTopLeft(size.title, size.height) }),
    font: { family: fontFamily, size: 13, color: textColor },
    paper_bgcolor: transparent,
    plot_bgcolor: transparent,
    margin: { l: 64, r: 24, t: size.title === undefined ? 24 : 56, b: 56 },
    colorway: [...palette],
    hoverlabel: {
      bgcolor: 'white',
      bordercolor: '#c8d0dc',
      font: { family: fontFamily, color: darkText },
    },
    modebar: { bgcolor: transparent, color: textColor, activecolor: palette[0] },
  };
}

function titleAtTheTopLeft(text: string, height: number): Layout['title'] {
  const distance = 14;
  return {
    text,
    font: { size: 17 },
    x: 0,
    xanchor: 'left',
    pad: { l: 16 },
    y: 1 - distance / height,
    yanchor: 'top',
  };
}

/** An axis with a title, a light grid, and labels that never leave the figure. */
export function axis(title: string): Partial<Layout['xaxis']> {
  return {
    title: { text: title, standoff: 10 },
    gridcolor: gridColor,
    linecolor: gridColor,
    zeroline: false,
    automargin: true,
  };
}
