/** Layers of tfjs that compute otherwise than Keras's of the same name. */
import * as tf from '@tensorflow/tfjs-node';
import { internals } from '../tfjsInternals';

interface ConcatenateLayer {
  axis: number;
  mergeFunction(inputs: tf.Tensor[]): tf.Tensor;
}

interface Weight {
  trainable: boolean;
  read(): tf.Tensor;
}

interface BatchNormalizationLayer {
  axis: number;
  trainable: boolean;
  gamma?: Weight;
  beta?: Weight;
  call(inputs: tf.Tensor | tf.Tensor[], options: { training?: boolean }): tf.Tensor;
}

function prototypeOf<T>(layer: tf.layers.Layer): T {
  return Object.getPrototypeOf(layer) as T;
}

/** tfjs takes every negative axis for the last one. */
prototypeOf<ConcatenateLayer>(tf.layers.concatenate()).mergeFunction = function (inputs) {
  return tf.concat(inputs, this.axis);
};

const { write } = tf.LayerVariable.prototype;

/** Constraints are for training: weights that are set or loaded stay what they are. */
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

const batchNormalization = prototypeOf<BatchNormalizationLayer>(tf.layers.batchNormalization());
const callOfTfjs = batchNormalization.call;

/**
 * A frozen BatchNormalization normalises by its moving averages and leaves them as they are, also
 * while the rest of the model is trained; and it can do without gamma or beta. See
 * https://keras.io/api/layers/normalization_layers/batch_normalization/.
 */
batchNormalization.call = function (inputs, options) {
  if (!options.training || isFrozen(this)) {
    return callOfTfjs.call(this, inputs, { ...options, training: false });
  }
  const { gamma, beta } = this;
  if (gamma && beta) {
    return callOfTfjs.call(this, inputs, options);
  }
  return tf.tidy(() => {
    const input = [inputs].flat()[0] as tf.Tensor;
    const size = input.shape.at(this.axis) as number;
    const constant = (value: number) => ({ trainable: false, read: () => tf.fill([size], value) });
    Object.assign(this, { gamma: gamma ?? constant(1), beta: beta ?? constant(0) });
    try {
      return callOfTfjs.call(this, inputs, options);
    } finally {
      Object.assign(this, { gamma, beta });
    }
  });
};

/** A layer within a frozen model says that it is trainable; its weights are not. */
function isFrozen({ trainable, gamma, beta }: BatchNormalizationLayer): boolean {
  const weights = [gamma, beta].filter((weight) => weight !== undefined);
  return !trainable || (weights.length > 0 && weights.every((weight) => !weight.trainable));
}
