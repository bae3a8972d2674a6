import * as tf from '../tensorflow';
import { classOf, requireOnePicture } from './picture';

/** What {@link gradCam} looks at. */
export interface GradCamOptions {
  /** The name of a layer whose output is feature maps, `[batch, height, width, channels]`. */
  layer: string;
  /** The class to explain; by default the predicted one. */
  target?: number;
}

/**
 * Where do a layer's feature maps support a class? Adds the maps, each with the mean gradient of
 * the class's log-probability as its weight, and keeps the positive part: R. Selvaraju and others,
 * “Grad-CAM: Visual Explanations from Deep Networks via Gradient-based Localization”, 2017.
 *
 * @param model a chain of layers with one input and an output of probabilities.
 * @param picture shape `[1, height, width, channels]`; stays the caller's.
 * @param options the layer, and the class.
 * @returns the size of the feature maps, `[height, width]`; values 0 to 1, 1 at the strongest place
 * (all 0 if nothing supports the class). The caller disposes it.
 * @throws Error for a wrong shape, an unknown layer or class, or a layer without feature maps.
 */
export function gradCam(
  model: tf.LayersModel,
  picture: tf.Tensor4D,
  options: GradCamOptions,
): tf.Tensor2D {
  requireOnePicture('gradCam', model, picture);
  const target = classOf('gradCam', model, picture, options.target);
  const position = model.layers.findIndex(({ name }) => name === options.layer);
  const layer = model.layers[position];
  if (layer === undefined || (layer.output as tf.SymbolicTensor).rank !== 4) {
    const known = model.layers
      .filter(({ output }) => (output as tf.SymbolicTensor).rank === 4)
      .map(({ name }) => name);
    throw new Error(
      `gradCam: "${options.layer}" is not a layer with feature maps; there are ${known.join(', ')}.`,
    );
  }
  const through = (from: number, to: number, x: tf.Tensor) =>
    model.layers.slice(from, to).reduce((value, next) => next.apply(value) as tf.Tensor, x);
  return tf.tidy(() => {
    const maps = through(0, position + 1, picture) as tf.Tensor4D;
    const logProbability = (x: tf.Tensor) =>
      through(position + 1, model.layers.length, x)
        .slice([0, target], [1, 1])
        .log()
        .sum();
    const weights = tf.grad(logProbability)(maps).mean([1, 2], true);
    const map = maps.mul(weights).sum(-1).relu().squeeze<tf.Tensor2D>([0]);
    return map.div(map.max().maximum(Number.MIN_VALUE)).where(map.greater(0), tf.zerosLike(map));
  });
}
