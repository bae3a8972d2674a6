import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pictureOf } from '../drawing/page/networks';
import { inkOf, inkSide, type Pen, paint, type Stroke } from '../drawing/page/strokes';
import { padPage } from '../files/places';
import type { Control } from './control';

/**
 * A picture of a drawing in MNIST's form: 28 · 28 values row by row, 0 (paper) to 1 (ink);
 * `undefined` as long as nothing is drawn.
 */
export type PadPicture = Float32Array | undefined;

/**
 * A pad to draw one digit on, with mouse, finger, pen or keys. Its value changes while the reader
 * draws.
 *
 * What is drawn is scaled to 20 × 20 pixels and centred in 28 × 28, as MNIST's digits were.
 *
 * @example
 * await widgets.interact({ drawing: widgets.pad() }, ({ drawing }) =>
 *   drawing && plots.image(tf.tensor(drawing, [28, 28])));
 */
export function pad(): Control<PadPicture> {
  return {
    initial: undefined,
    modelState: () => ({
      _model_module: 'anywidget',
      // All versions of anywidget have what is used here.
      _model_module_version: '*',
      _model_name: 'AnyModel',
      _view_module: 'anywidget',
      _view_module_version: '*',
      _view_name: 'AnyView',
      _view_count: null,
      _anywidget_id: 'lib.widgets.pad',
      _esm: readFileSync(join(padPage, 'padWidget.js'), 'utf8'),
      _css: readFileSync(join(padPage, 'pad.css'), 'utf8'),
      strokes: [],
    }),
    next: ({ state }, before) =>
      Array.isArray(state?.strokes) ? paintedPicture(state.strokes) : before,
  };
}

/** Paints what was drawn as the page of `drawDigits` does in the browser. */
function paintedPicture(strokes: readonly Stroke[]): PadPicture {
  // Loaded when somebody draws: it takes longer than the rest of this room.
  const { createCanvas }: typeof import('@napi-rs/canvas') = require('@napi-rs/canvas');
  const context = createCanvas(inkSide, inkSide).getContext('2d');
  paint(context as Pen, strokes, inkSide, '#ffffff');
  const { data } = context.getImageData(0, 0, inkSide, inkSide);
  return pictureOf(inkOf(data, inkSide));
}
