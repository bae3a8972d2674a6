/** Dropout of whole channels. */
import * as tf from '../tensorflow';
import { unnumbered } from '../tfjsInternals';
import { classOf, type LayerOptions, registerLayer } from './kerasLayer';

/** Options of {@link spatialDropout2d} and {@link spatialDropout3d}. */
export interface SpatialDropoutOptions extends LayerOptions {
  /** The fraction of channels that is dropped, from 0 to 1. */
  rate: number;
  /** A seed of the random choice. */
  seed?: number;
}

/** What tfjs's Dropout has, and keeps private. */
interface DropoutOfTfjs extends tf.layers.Layer {
  rate: number;
  getNoiseShape(input: tf.Tensor): number[];
}
const dropoutOfTfjs = classOf<DropoutOfTfjs>(tf.layers.dropout({ name: unnumbered, rate: 0.5 }));

abstract class SpatialDropout extends dropoutOfTfjs {
  override getNoiseShape({ shape }: tf.Tensor): number[] {
    return shape.map((size, i) => (i === 0 || i === shape.length - 1 ? size : 1));
  }
}

class SpatialDropout2D extends SpatialDropout {
  static readonly className = 'SpatialDropout2D';
}
class SpatialDropout3D extends SpatialDropout {
  static readonly className = 'SpatialDropout3D';
}
registerLayer(SpatialDropout2D);
registerLayer(SpatialDropout3D);

/**
 * Drops whole channels of pictures, `[batch, height, width, channels]`, in training.
 *
 * @param options How many.
 * @see https://keras.io/api/layers/regularization_layers/spatial_dropout2d/
 */
export function spatialDropout2d(options: SpatialDropoutOptions): tf.layers.Layer {
  return new SpatialDropout2D(options);
}

/**
 * Drops whole channels of volumes, `[batch, depth, height, width, channels]`, in training.
 *
 * @param options How many.
 * @see https://keras.io/api/layers/regularization_layers/spatial_dropout3d/
 */
export function spatialDropout3d(options: SpatialDropoutOptions): tf.layers.Layer {
  return new SpatialDropout3D(options);
}
