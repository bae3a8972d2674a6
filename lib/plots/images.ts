import { baseLayout, type Figure, textColor } from './figure';
import { type Pictures, type PixelRange, type Pixels, readPictures } from './pixels';

/** How {@link image} draws. */
export interface ImageOptions extends PixelRange {
  /** Title above the figure; none by default. */
  title?: string;
  /** Text below the picture; `\n` starts a new line. */
  caption?: string;
  /** Length of the picture's longer side, in screen pixels; default 280. */
  size?: number;
}

/** How {@link imageGrid} draws. */
export interface ImageGridOptions extends PixelRange {
  /** Number of rows: a whole number from 1. */
  rows: number;
  /** Number of columns: a whole number from 1. */
  columns: number;
  /** Title above the figure; none by default. */
  title?: string;
  /** One text below each picture; `\n` starts a new line. */
  captions?: readonly string[];
  /** One CSS colour for each caption; the caption must also make sense without it. */
  captionColors?: readonly string[];
  /** Length of each picture's longer side, in screen pixels; default 84. */
  size?: number;
}

/**
 * Draws one picture, its pixels with sharp edges.
 *
 * @param pixels shape `[height, width]` or `[height, width, channels]`, also with a leading 1,
 * with 1 or 3 channels; values 0 to 1 or 0 to 255 (see {@link PixelRange}). A tensor stays the
 * caller's.
 * @param options texts, size, and the range of the values.
 * @throws Error for any other shape, for values that are not finite, and for values outside
 * 0 to 255 when `minimum` and `maximum` are not given.
 */
export function image(pixels: Pixels, options: ImageOptions = {}): Figure {
  const { caption, size = 280 } = options;
  const pictures = readPictures(pixels, {
    ...options,
    single: true,
    limit: 1,
    longestSide: 2 * size,
  });
  return drawGrid(pictures, {
    ...options,
    rows: 1,
    columns: 1,
    size,
    captions: caption === undefined ? undefined : [caption],
    hovertemplate: `row %{y}, column %{x}: %{z${pictures.channels === 1 ? '[0]' : ''}}<extra></extra>`,
  });
}

/**
 * Draws the first `rows × columns` pictures of a batch, row by row, their pixels with sharp
 * edges. With fewer pictures the last places stay empty.
 *
 * @param pixels shape `[count, height, width]` or `[count, height, width, channels]` with 1 or 3
 * channels; values 0 to 1 or 0 to 255 (see {@link PixelRange}). A tensor stays the caller's.
 * @param options how many pictures, their texts, sizes, and the range of the values.
 * @throws Error for any other shape, for values that are not finite, for values outside 0 to 255
 * when `minimum` and `maximum` are not given, and when there is not one caption (and colour) for
 * each picture shown.
 */
export function imageGrid(pixels: Pixels, options: ImageGridOptions): Figure {
  const { rows, columns, size = 84 } = options;
  for (const [name, value] of Object.entries({ rows, columns, size })) {
    if (!Number.isInteger(value) || value < 1) {
      throw new Error(`imageGrid: ${name} must be a whole number from 1 up, not ${value}.`);
    }
  }
  const limit = rows * columns;
  const pictures = readPictures(pixels, {
    ...options,
    single: false,
    limit,
    longestSide: 2 * size,
  });
  checkCount('captions', pictures.count, options.captions);
  checkCount('captionColors', pictures.count, options.captionColors);
  return drawGrid(pictures, { ...options, size });
}

function checkCount(name: string, pictures: number, given?: readonly string[]): void {
  if (given && given.length !== pictures) {
    throw new Error(
      `imageGrid: ${pictures} pictures are shown, but ${name} has ${given.length} entries.`,
    );
  }
}

interface GridDrawing extends ImageGridOptions {
  size: number;
  hovertemplate?: string;
}

/** Positions, in pixels of the PNG that holds all pictures. */
interface Places {
  width: number;
  height: number;
  /** The upper left corner of a picture. */
  corner(index: number): { left: number; top: number };
}

const captionFont = { size: 12, color: textColor };
const captionLineHeight = 17;

function drawGrid(pictures: Pictures, drawing: GridDrawing): Figure {
  const scale = screenScale(pictures, drawing.size);
  const places = arrange(pictures, drawing, scale);
  const top = drawing.title === undefined ? 8 : 48;
  const figure = baseLayout({
    width: Math.round(places.width * scale) + 16,
    height: Math.round(places.height * scale) + top + 8,
    title: drawing.title,
  });
  const hover = drawing.hovertemplate;
  return {
    data: [
      {
        type: 'image',
        source: encodePng(pictures, places),
        zsmooth: false,
        ...(hover === undefined ? { hoverinfo: 'skip' } : { hovertemplate: hover }),
      },
    ],
    layout: {
      ...figure,
      margin: { l: 8, r: 8, t: top, b: 8 },
      xaxis: { visible: false, range: [-0.5, places.width - 0.5] },
      yaxis: { visible: false, range: [places.height - 0.5, -0.5], scaleanchor: 'x' },
      annotations: drawing.captions?.map((text, index) => {
        const { left, top } = places.corner(index);
        return {
          text: text.replaceAll('\n', '<br>'),
          x: left + (pictures.width - 1) / 2,
          y: top + pictures.height - 0.5,
          yanchor: 'top',
          showarrow: false,
          font: { ...captionFont, color: drawing.captionColors?.[index] ?? captionFont.color },
        };
      }),
    },
  };
}

/** Screen pixels per picture pixel: a whole number where pictures are enlarged, for even edges. */
function screenScale({ width, height }: Pictures, size: number): number {
  const scale = size / Math.max(width, height);
  return scale > 1 ? Math.round(scale) : scale;
}

function arrange(pictures: Pictures, drawing: GridDrawing, scale: number): Places {
  const captionLines = (drawing.captions ?? []).map((text) => text.split('\n'));
  const lineCount = Math.max(0, ...captionLines.map((lines) => lines.length));
  const longest = Math.max(0, ...captionLines.flat().map((line) => line.length));
  // A letter is a little more than half as wide as the font is high, on average.
  const captionWidth = longest * captionFont.size * 0.58;
  const captionHeight = lineCount === 0 ? 0 : lineCount * captionLineHeight + 4;
  const gap = Math.ceil(6 / scale);
  const columnWidth = Math.max(pictures.width, Math.ceil(captionWidth / scale)) + gap;
  const rowHeight = pictures.height + Math.ceil(captionHeight / scale) + gap;
  return {
    width: drawing.columns * columnWidth,
    height: drawing.rows * rowHeight,
    corner: (index) => ({
      left: (index % drawing.columns) * columnWidth + ((columnWidth - pictures.width) >> 1),
      top: Math.floor(index / drawing.columns) * rowHeight + (gap >> 1),
    }),
  };
}

/** All pictures in one, transparent between them, as a `data:` URL. */
function encodePng(pictures: Pictures, places: Places): string {
  const paper = Buffer.alloc(places.width * places.height * 4, 0);
  const { width, height, channels, values } = pictures;
  for (let index = 0; index < pictures.count; index++) {
    const { left, top } = places.corner(index);
    for (let pixel = 0; pixel < width * height; pixel++) {
      const [x, y] = [left + (pixel % width), top + Math.floor(pixel / width)];
      const from = (index * width * height + pixel) * channels;
      const to = (y * places.width + x) * 4;
      for (let color = 0; color < 3; color++) {
        paper[to + color] = values[from + (channels === 1 ? 0 : color)] as number;
      }
      paper[to + 3] = 255;
    }
  }
  // Loaded when needed, to keep the import of the library fast.
  const { default: encoder, PNGColorType }: typeof import('@jimp/js-png') = require('@jimp/js-png');
  const bitmap = { width: places.width, height: places.height, data: paper };
  const colorType = channels === 1 ? PNGColorType.GRAYSCALE_ALPHA : PNGColorType.COLOR_ALPHA;
  const png = encoder().encode(bitmap, { colorType });
  return `data:image/png;base64,${png.toString('base64')}`;
}
