/**
 * Batch normalisation by TensorFlow's own kernels, which are given images of a shape that they are fast
 * for. In training one operation normalises and one computes the gradients, where tfjs needs about twenty.
 */

import { type BatchNormalizationLayer, isFrozen, type Weight } from '../corrections/layers';
import * as tf from '../tensorflow';
import { internals, prototypeOf, unnumbered } from '../tfjsInternals';
import { type Attributes, attributesForCall, bool, float, string, type } from './attributes';
import { DT_FLOAT, type NativeBackend, nativeBackend } from './backend';
import { narrowImages } from './narrowImages';

/** What batch normalisation makes of a batch, all to be disposed by the caller. */
export interface NormalizedBatch {
  /** In the shape of the batch. */
  normalized: tf.Tensor;
  /** Of each channel. */
  mean: tf.Tensor;
  /** Of each channel: the mean square of the difference from the mean. */
  variance: tf.Tensor;
}

/**
 * Normalises each channel of a batch to mean 0 and variance 1, then multiplies by gamma and adds
 * beta. Follows https://www.tensorflow.org/api_docs/python/tf/raw_ops/FusedBatchNormV3.
 *
 * @param batch float32 `[…, channels]`, with at least one value per channel.
 * @param gamma float32 `[channels]`.
 * @param beta float32 `[channels]`.
 * @param epsilon is added to the variance, above 0.
 */
export function normalizeBatch(
  batch: tf.Tensor,
  gamma: tf.Tensor,
  beta: tf.Tensor,
  epsilon: number,
): NormalizedBatch {
  return tf.tidy(() => {
    const channels = gamma.size;
    const values = batch.size / channels;
    const images = tf.reshape(batch, narrowImages(batch.shape));
    const attributes: Attributes = {
      T: type(DT_FLOAT),
      U: type(DT_FLOAT),
      epsilon: float(epsilon),
      data_format: string('NHWC'),
      is_training: bool(true),
    };
    const none = tf.tensor1d([]);
    const inputs = [images, gamma, beta, none, none];
    const [value, mean, unbiased, ...reserved] = call('FusedBatchNormV3', attributes, inputs);
    const normalize = tf.customGrad((x, gamma, _beta, save) => {
      (save as tf.GradSaveFunc)([x as tf.Tensor, gamma as tf.Tensor, ...reserved]);
      const gradFunc = (slopes: tf.Tensor, saved: tf.Tensor[]): tf.Tensor[] =>
        // The kernel's gradients cannot be differentiated again, so compute them instead.
        internals(tf.engine()).isTapeOn()
          ? gradientsByParts(slopes, saved, epsilon)
          : call('FusedBatchNormGradV3', attributes, [slopes, ...saved]).slice(0, 3);
      return { value, gradFunc };
    });
    return {
      normalized: tf.reshape(normalize(images, gamma, beta), batch.shape),
      mean,
      variance: tf.mul(unbiased, Math.max(1, values - 1) / values),
    };
  });
}

type Outputs = [tf.Tensor, tf.Tensor, tf.Tensor, ...tf.Tensor[]];

/** FusedBatchNormV3 has six outputs, its gradient five: of both, those of the batch come first. */
function call(op: string, attributes: Attributes, inputs: tf.Tensor[]): Outputs {
  const outputs = op === 'FusedBatchNormV3' ? 6 : 5;
  const list = attributesForCall(attributes);
  return nativeBackend().executeMultipleOutputs(op, list, inputs, outputs) as Outputs;
}

/** @returns the gradients of the batch, gamma and beta. */
function gradientsByParts(slopes: tf.Tensor, saved: tf.Tensor[], epsilon: number): tf.Tensor[] {
  const [x, gamma] = saved as [tf.Tensor, tf.Tensor];
  const axes = [0, 1, 2];
  const { mean, variance } = tf.moments(x, axes);
  const scale = tf.rsqrt(tf.add(variance, epsilon));
  const normalized = tf.mul(tf.sub(x, mean), scale);
  const ofGamma = tf.sum(tf.mul(slopes, normalized), axes);
  const ofBeta = tf.sum(slopes, axes);
  const values = x.size / gamma.size;
  const shared = tf.div(tf.add(ofBeta, tf.mul(normalized, ofGamma)), values);
  return [tf.mul(tf.mul(gamma, scale), tf.sub(slopes, shared)), ofGamma, ofBeta];
}

const layer = prototypeOf<BatchNormalizationLayer>(
  tf.layers.batchNormalization({ name: unnumbered }),
);
const ofTfjs = layer.call;

/** tfjs's layer takes the kernels too where they can do its work: along the last axis, of all steps. */
layer.call = function (inputs, options) {
  const batch = [inputs].flat()[0] as tf.Tensor;
  const { training, mask } = options;
  const isTraining = training && !isFrozen(this);
  const isOther = ![-1, batch.rank - 1].includes(this.axis);
  if (isTraining && mask?.rank === batch.rank - 1) {
    return tf.tidy(() => train(this, batch, countedNormalizer(mask, this.axis)));
  }
  return !isTraining || isOther || batch.dtype !== 'float32' || tf.getBackend() !== 'tensorflow'
    ? ofTfjs.call(this, inputs, options)
    : tf.tidy(() => train(this, batch, normalizeBatch));
};

function train(
  layer: BatchNormalizationLayer,
  batch: tf.Tensor,
  normalize: typeof normalizeBatch,
): tf.Tensor {
  const channels = [batch.shape.at(layer.axis) as number];
  const gamma = layer.gamma?.read() ?? tf.ones(channels);
  const beta = layer.beta?.read() ?? tf.zeros(channels);
  const { normalized, mean, variance } = normalize(batch, gamma, beta, layer.epsilon);
  moveTowards(layer.movingMean, mean, layer.momentum);
  moveTowards(layer.movingVariance, variance, layer.momentum);
  return normalized;
}

/** Keras's own: it is added to the number of steps, of which there may be none. */
const LEAST_COUNT = 1e-7;

/**
 * Normalises as Keras 3 does where a mask says which steps count: all of them, by the mean and the
 * variance of those that do.
 */
function countedNormalizer(mask: tf.Tensor, axis: number): typeof normalizeBatch {
  return (batch, gamma, beta, epsilon) => {
    const index = (axis + batch.rank) % batch.rank;
    const ofChannels = batch.shape.map((size, place) => (place === index ? size : 1));
    const others = [...batch.shape.keys()].filter((place) => place !== index);
    const isCounted = tf.expandDims(mask, -1);
    const sumOf = (values: tf.Tensor) =>
      tf.sum(tf.where(isCounted, values, tf.zerosLike(values)), others);
    const count = tf.add(sumOf(tf.onesLike(batch)), LEAST_COUNT);
    const mean = tf.div(sumOf(batch), count);
    const difference = tf.sub(batch, tf.reshape(mean, ofChannels));
    const variance = tf.div(sumOf(tf.square(difference)), count);
    const scale = tf.mul(gamma, tf.rsqrt(tf.add(variance, epsilon)));
    const scaled = tf.mul(difference, tf.reshape(scale, ofChannels));
    return { normalized: tf.add(scaled, tf.reshape(beta, ofChannels)), mean, variance };
  };
}

function moveTowards(average: Weight, value: tf.Tensor, momentum: number): void {
  const old = average.read();
  average.write(tf.sub(old, tf.mul(tf.sub(old, value), 1 - momentum)));
}

const backend = tf.findBackend('tensorflow') as unknown as NativeBackend;
const { executeMultipleOutputs } = backend;

/** The kernel for predictions, which tfjs gives the images as they are. */
backend.executeMultipleOutputs = function (op, attributes, inputs, outputCount) {
  const execute = (given: tf.TensorInfo[]) =>
    executeMultipleOutputs.call(this, op, attributes, given, outputCount);
  if (op !== 'FusedBatchNorm') {
    return execute(inputs);
  }
  const [images, ...others] = inputs as [tf.Tensor, ...tf.Tensor[]];
  const narrow = tf.reshape(images, narrowImages(images.shape));
  const [normalized, ...moments] = execute([narrow, ...others]) as [tf.Tensor, ...tf.Tensor[]];
  const output = tf.reshape(normalized, images.shape);
  tf.dispose([narrow, normalized]);
  return [output, ...moments];
};
