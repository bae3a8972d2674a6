/**
 * Initial weights from a normal distribution: `glorotNormal`, `heNormal`, `leCunNormal` and
 * `varianceScaling`. All of them are cut off at two standard deviations, which leaves 0.88 of the
 * deviation. Keras makes up for that, so that the weights have the variance that the names promise.
 *
 * See https://keras.io/api/layers/initializers/#variancescaling-class.
 */
import * as tf from '@tensorflow/tfjs-node';

interface VarianceScaling {
  distribution: 'normal' | 'uniform';
  apply(shape: tf.Shape, dtype?: tf.DataType): tf.Tensor;
}

/** The deviation of the standard normal distribution, cut off at -2 and 2. */
const deviationLeft = 0.8796256610342398;

const options = { scale: 1, mode: 'fanIn', distribution: 'normal' } as const;
const prototype: VarianceScaling = Object.getPrototypeOf(tf.initializers.varianceScaling(options));
const { apply } = prototype;

prototype.apply = function (shape, dtype) {
  return this.distribution === 'normal'
    ? tf.tidy(() => tf.div(apply.call(this, shape, dtype), deviationLeft))
    : apply.call(this, shape, dtype);
};
