/** What layers of tfjs make of masked steps where Keras makes something else of them. */
import * as tf from '@tensorflow/tfjs-node';
import { prototypeOf, unnumbered } from '../tfjsInternals';

type Mask = tf.Tensor | null | undefined;

/**
 * How much each value counts, 1 or 0.
 *
 * @param mask of the first axes, `[batch, steps]`.
 * @param rank of the values: further axes have the length 1.
 */
export function countsOfMask(mask: tf.Tensor, rank: number): tf.Tensor {
  const ones = Array.from({ length: Math.max(rank - mask.rank, 0) }, () => 1);
  return tf.reshape(tf.cast(mask, 'float32'), [...mask.shape, ...ones]);
}

/**
 * The mean of each channel over the steps that count.
 *
 * @param sequences `[batch, steps, channels]`.
 * @param mask `[batch, steps]`; all steps count without one.
 * @param keepdims whether the steps stay as a dimension of 1.
 */
export function meanOfSteps(sequences: tf.Tensor, mask: Mask, keepdims = false): tf.Tensor {
  if (!mask) {
    return tf.mean(sequences, 1, keepdims);
  }
  const weights = countsOfMask(mask, sequences.rank);
  return tf.div(tf.sum(tf.mul(sequences, weights), 1, keepdims), tf.sum(weights, 1, keepdims));
}

interface MaskedLayer {
  call(inputs: tf.Tensor | tf.Tensor[], options: { mask?: Mask }): tf.Tensor;
  computeMask(): null;
}

/**
 * What Keras 3 gives for the steps that do not count, where all inputs have the same mask.
 *
 * @param ofMasked makes it of the first input.
 */
function correctMasked(made: tf.layers.Layer, ofMasked: (first: tf.Tensor) => tf.Tensor): void {
  const layer = prototypeOf<MaskedLayer>(made);
  const { call } = layer;
  layer.call = function (inputs, options) {
    const { mask } = options;
    return tf.tidy(() => {
      const result = call.call(this, inputs, options);
      if (!mask) {
        return result;
      }
      const shape = result.shape.map((size, axis) => (axis < mask.rank ? size : 1));
      return tf.where(tf.reshape(mask, shape), result, ofMasked([inputs].flat()[0] as tf.Tensor));
    });
  };
}

correctMasked(tf.layers.multiply({ name: unnumbered }), (first) => tf.zerosLike(first));
correctMasked(tf.layers.maximum({ name: unnumbered }), (first) => first);
correctMasked(tf.layers.minimum({ name: unnumbered }), (first) => first);

const averaging = prototypeOf<MaskedLayer>(tf.layers.globalAveragePooling1d({ name: unnumbered }));
averaging.call = (inputs, { mask }) =>
  tf.tidy(() => meanOfSteps([inputs].flat()[0] as tf.Tensor, mask));
averaging.computeMask = () => null;

/** In Keras these heed masks, or pass them on. tfjs's constructors set the property to false. */
for (const prototype of [
  averaging,
  prototypeOf(tf.layers.elu({ name: unnumbered })),
  prototypeOf(tf.layers.leakyReLU({ name: unnumbered })),
  prototypeOf(tf.layers.rescaling({ name: unnumbered, scale: 1 })),
]) {
  Object.defineProperty(prototype, 'supportsMasking', { get: () => true, set: () => undefined });
}
