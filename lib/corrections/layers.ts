/** Layers of tfjs whose results differ from those of Keras's layers of the same name. */
import * as tf from '@tensorflow/tfjs-node';
import { internals, prototypeOf, unnumbered } from '../tfjsInternals';

interface ConcatenateLayer {
  axis: number;
  mergeFunction(inputs: tf.Tensor[]): tf.Tensor;
}

/** A weight of a layer. */
export interface Weight {
  trainable: boolean;
  read(): tf.Tensor;
  write(value: tf.Tensor): void;
}

/** What stands in for a weight that a layer was made without. */
type Constant = Pick<Weight, 'trainable' | 'read'>;

interface NormalizationLayer {
  gamma?: Weight | Constant | null;
  beta?: Weight | Constant | null;
  call(
    inputs: tf.Tensor | tf.Tensor[],
    options: { training?: boolean; mask?: tf.Tensor | null },
  ): tf.Tensor;
}

export interface BatchNormalizationLayer extends NormalizationLayer {
  axis: number;
  trainable: boolean;
  momentum: number;
  epsilon: number;
  movingMean: Weight;
  movingVariance: Weight;
}

interface LayerNormalizationLayer extends NormalizationLayer {
  axis: number[];
  epsilon: number;
}

type Shape = (number | null)[];

interface ReshapeLayer {
  targetShape: Shape;
  computeOutputShape(inputShape: Shape): Shape;
  fixUnknownDimension(inputShape: Shape, targetShape: Shape): Shape;
}

/** tfjs treats every negative axis as the last one. */
prototypeOf<ConcatenateLayer>(tf.layers.concatenate({ name: unnumbered })).mergeFunction =
  function (inputs) {
    return tf.concat(inputs, this.axis);
  };

const { write } = tf.LayerVariable.prototype;

/** Constraints apply in training only: weights that are set or loaded stay as they are. */
tf.LayerVariable.prototype.write = function (value) {
  const inside = internals(this);
  const { constraint = null } = inside;
  inside.constraint = null;
  try {
    return write.call(this, value);
  } finally {
    inside.constraint = constraint;
  }
};

const batchNormalization = prototypeOf<BatchNormalizationLayer>(
  tf.layers.batchNormalization({ name: unnumbered }),
);
const callOfTfjs = alongAnyAxis(batchNormalization.call);

/**
 * A frozen BatchNormalization normalises by its moving averages and does not update them, even
 * while the rest of the model is trained. It also works without gamma or beta. See
 * https://keras.io/api/layers/normalization_layers/batch_normalization/.
 */
batchNormalization.call = function (inputs, options) {
  if (!options.training || isFrozen(this)) {
    return callOfTfjs.call(this, inputs, { ...options, training: false });
  }
  return withBoth(this, inputs, () => callOfTfjs.call(this, inputs, options));
};

/**
 * In training tfjs needs both gamma and beta. A missing one becomes a constant that changes
 * nothing.
 */
function withBoth(
  layer: BatchNormalizationLayer,
  inputs: tf.Tensor | tf.Tensor[],
  compute: () => tf.Tensor,
): tf.Tensor {
  const { gamma, beta, axis } = layer;
  if (gamma && beta) {
    return compute();
  }
  return tf.tidy(() => {
    const input = [inputs].flat()[0] as tf.Tensor;
    const size = input.shape.at(axis) as number;
    const constant = (value: number) => ({ trainable: false, read: () => tf.fill([size], value) });
    Object.assign(layer, { gamma: gamma ?? constant(1), beta: beta ?? constant(0) });
    try {
      return compute();
    } finally {
      Object.assign(layer, { gamma, beta });
    }
  });
}

/** A layer of a frozen model is still marked trainable; its weights are not. */
export function isFrozen({ trainable, gamma, beta }: BatchNormalizationLayer): boolean {
  const weights = [gamma, beta].filter((weight): weight is Weight => weight != null);
  return !trainable || (weights.length > 0 && weights.every((weight) => !weight.trainable));
}

/** tfjs-node normalises along the last axis only, and of four at most. */
function alongAnyAxis(call: BatchNormalizationLayer['call']): BatchNormalizationLayer['call'] {
  return function (this: BatchNormalizationLayer, inputs, options) {
    const input = [inputs].flat()[0] as tf.Tensor;
    const { axis } = this;
    if ([-1, input.rank - 1].includes(axis) && input.rank <= 4) {
      return call.call(this, inputs, options);
    }
    const byRows = (values: tf.Tensor) => {
      const rows = tf.reshape(values, [-1, values.shape.at(-1) as number]);
      return tf.reshape(call.call(this, rows, options), values.shape);
    };
    return tf.tidy(() => {
      this.axis = 1;
      try {
        return alongLastAxis(input, axis, byRows);
      } finally {
        this.axis = axis;
      }
    });
  };
}

/** Computes along one axis with a function that knows the last axis only. */
export function alongLastAxis(
  input: tf.Tensor,
  axis: number,
  compute: (input: tf.Tensor) => tf.Tensor,
): tf.Tensor {
  const last = input.rank - 1;
  const index = axis < 0 ? input.rank + axis : axis;
  if (index === last) {
    return compute(input);
  }
  // Swapping two axes is undone by swapping them again.
  const order = input.shape.map((_, i) => (i === index ? last : i === last ? index : i));
  return tf.transpose(compute(tf.transpose(input, order)), order);
}

const layerNormalization = prototypeOf<LayerNormalizationLayer>(
  tf.layers.layerNormalization({ name: unnumbered }),
);

/**
 * tfjs copies averages, factors and summands to the size of the input, which takes most of the time
 * (https://github.com/tensorflow/tfjs/issues/2120), and needs both factors and summands.
 */
layerNormalization.call = function (inputs) {
  return tf.tidy(() => {
    const input = [inputs].flat()[0] as tf.Tensor;
    const { axis: axes, epsilon, gamma, beta } = this;
    const shape = input.shape.map((size, axis) => (axes.includes(axis) ? size : 1));
    const { mean, variance } = tf.moments(input, axes, true);
    const normal = tf.mul(tf.sub(input, mean), tf.rsqrt(tf.add(variance, epsilon)));
    const scaled = gamma ? tf.mul(normal, tf.reshape(gamma.read(), shape)) : normal;
    return beta ? tf.add(scaled, tf.reshape(beta.read(), shape)) : scaled;
  });
};

const reshape = prototypeOf<ReshapeLayer>(
  tf.layers.reshape({ name: unnumbered, targetShape: [1] }),
);
const { computeOutputShape } = reshape;

/** tfjs infers a size of -1 only if the number of samples is known too. */
reshape.computeOutputShape = function (inputShape) {
  const [samples = null, ...sizes] = inputShape;
  return sizes.includes(null)
    ? computeOutputShape.call(this, inputShape)
    : [samples, ...this.fixUnknownDimension(sizes, this.targetShape)];
};

interface UpSamplingLayer {
  interpolation: string;
  dataFormat: string;
  computeOutputShape(inputShape: Shape): Shape;
  call(inputs: tf.Tensor | tf.Tensor[], options: object): tf.Tensor;
}

const upSampling = prototypeOf<UpSamplingLayer>(tf.layers.upSampling2d({ name: unnumbered }));
const { call: upSample } = upSampling;

/** tfjs takes the corners of pixels for their centres where it interpolates. */
upSampling.call = function (inputs, options) {
  if (this.interpolation !== 'bilinear') {
    return upSample.call(this, inputs, options);
  }
  return tf.tidy(() => {
    const images = [inputs].flat()[0] as tf.Tensor4D;
    const size = this.computeOutputShape(images.shape) as number[];
    const resized = (last: tf.Tensor, sizes: number[]) =>
      tf.image.resizeBilinear(last as tf.Tensor4D, sizes as [number, number], false, true);
    return this.dataFormat === 'channelsFirst'
      ? resized(images.transpose([0, 2, 3, 1]), size.slice(2)).transpose([0, 3, 1, 2])
      : resized(images, size.slice(1, 3));
  });
};
