/** Pictures of another size. */
import type { Fit } from '../corrections/pictures';
import * as tf from '../tensorflow';
import { unnumbered } from '../tfjsInternals';
import { classOf, type LayerOptions, refuseOption, registerLayer } from './kerasLayer';

/** Options of {@link resizing}. */
export interface ResizingOptions extends LayerOptions {
  /** The new height, at least 1. */
  height: number;
  /** The new width, at least 1. */
  width: number;
  /** How values in between are found: `bilinear` if left out, or `nearest`. */
  interpolation?: 'bilinear' | 'nearest';
  /** Whether the borders go that do not fit the proportions; pictures are distorted otherwise. */
  cropToAspectRatio?: boolean;
  /** Whether borders are added that make the proportions fit. */
  padToAspectRatio?: boolean;
  /** What those borders consist of; 0 if left out. */
  fillValue?: number;
}

const resizingOfTfjs = classOf<tf.layers.Layer & Fit>(
  tf.layers.resizing({ height: 1, width: 1, name: unnumbered }),
);

/** Can put borders around pictures, too. */
class Resizing extends resizingOfTfjs {
  static readonly className = 'Resizing';
  override readonly padToAspectRatio: boolean;
  override readonly fillValue: number;

  constructor(options: ResizingOptions) {
    const { interpolation = 'bilinear', padToAspectRatio = false, fillValue = 0 } = options;
    const isKnown = ['bilinear', 'nearest'].includes(interpolation);
    super({ ...options, interpolation: isKnown ? interpolation : 'bilinear' });
    this.padToAspectRatio = padToAspectRatio;
    this.fillValue = fillValue;
    if (!isKnown) {
      refuseOption(this, 'interpolation', interpolation, 'bilinear or nearest');
    }
    for (const side of ['height', 'width'] as const) {
      if (!Number.isInteger(options[side]) || options[side] < 1) {
        refuseOption(this, side, options[side], 'a whole number from 1');
      }
    }
    if (padToAspectRatio && this.cropToAspectRatio) {
      refuseOption(this, 'padToAspectRatio', true, 'false where cropToAspectRatio is true');
    }
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { padToAspectRatio, fillValue } = this;
    return { ...super.getConfig(), padToAspectRatio, fillValue };
  }
}
registerLayer(Resizing);

/**
 * Gives pictures, `[batch, height, width, channels]`, another size, in training and afterwards.
 *
 * @param options Which, and how.
 * @throws Error if the height or width is no whole number from 1, if the interpolation is another one,
 * or if pictures are to be cropped and padded.
 * @see https://keras.io/api/layers/preprocessing_layers/image_preprocessing/resizing/
 */
export function resizing(options: ResizingOptions): tf.layers.Layer {
  return new Resizing(options);
}
