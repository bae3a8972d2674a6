import * as tf from '../tensorflow';
import type { Figure } from './figure';
import { imageGrid } from './images';

/** How {@link featureMaps} draws. */
export interface FeatureMapsOptions {
  /** Number of columns; default 8. */
  columns?: number;
  /** Title above the figure; none by default. */
  title?: string;
  /** Length of each map's longer side, in screen pixels; default 84. */
  size?: number;
}

/**
 * Draws the output of a convolution layer for one picture: one map per filter, numbered from 1.
 * Each map goes from black, its own least value, to white, its greatest.
 *
 * @param activations the layer's output, shape `[1, height, width, filters]` or
 * `[height, width, filters]`, any finite values. It stays the caller's.
 * @param options title and sizes.
 * @throws Error for any other shape, and for values that are not finite.
 */
export function featureMaps(activations: tf.Tensor, options: FeatureMapsOptions = {}): Figure {
  const maps = tf.tidy(() => stretched(oneMapPerFilter(activations)));
  const count = maps.shape[0] ?? 0;
  const columns = Math.min(options.columns ?? 8, count);
  try {
    return imageGrid(maps, {
      ...options,
      columns,
      rows: Math.ceil(count / columns),
      captions: Array.from({ length: count }, (_, index) => String(index + 1)),
      minimum: 0,
      maximum: 1,
    });
  } finally {
    maps.dispose();
  }
}

function oneMapPerFilter(activations: tf.Tensor): tf.Tensor3D {
  const [first, ...rest] = activations.shape;
  const shape = activations.rank === 4 && first === 1 ? rest : activations.shape;
  if (shape.length !== 3 || activations.size === 0) {
    throw new Error(
      `featureMaps: expected the maps of one picture, shape [1, height, width, filters], ` +
        `got [${activations.shape}].`,
    );
  }
  return activations.reshape<tf.Tensor3D>(shape).transpose([2, 0, 1]);
}

/** Scales each map to 0..1; a constant map becomes 0. */
function stretched(maps: tf.Tensor3D): tf.Tensor {
  const lowest = maps.min([1, 2], true);
  const range = maps.max([1, 2], true).sub(lowest);
  return maps.sub(lowest).divNoNan(range);
}
