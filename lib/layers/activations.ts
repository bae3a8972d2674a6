/** Activations with options that tfjs's layers lack, and activation functions that tfjs lacks. */

import { alongLastAxis } from '../corrections/layers';
import * as tf from '../tensorflow';
import { declareKnownCode } from '../training/runners/modelCode';
import { KerasLayer, type LayerOptions, ownClasses, registerLayer } from './kerasLayer';

/** Options of {@link relu}. */
export interface ReluOptions extends LayerOptions {
  /** What is greater becomes this; no limit if left out. */
  maxValue?: number | null;
  /** The slope below the threshold; 0 if left out. */
  negativeSlope?: number;
  /** What is smaller counts as negative; 0 if left out. */
  threshold?: number;
}

/** Options of {@link elu}. */
export interface EluOptions extends LayerOptions {
  /** How far below 0 the output goes; 1 if left out. */
  alpha?: number;
}

/** Options of {@link softmax}. */
export interface SoftmaxOptions extends LayerOptions {
  /** The axis whose values add up to 1; the last one if left out. */
  axis?: number;
}

class ReLU extends KerasLayer<{
  maxValue: number | null;
  negativeSlope: number;
  threshold: number;
}> {
  static readonly className = 'ReLU';

  constructor(options: ReluOptions = {}) {
    const { maxValue = null, negativeSlope, threshold } = options;
    super(options, { maxValue, negativeSlope: negativeSlope ?? 0, threshold: threshold ?? 0 });
    this.supportsMasking = true;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    const { maxValue, negativeSlope, threshold } = this.options;
    const positive =
      threshold === 0
        ? tf.relu(input)
        : tf.where(tf.greater(input, threshold), input, tf.zerosLike(input));
    const limited = maxValue === null ? positive : tf.clipByValue(positive, 0, maxValue);
    if (negativeSlope === 0) {
      return limited;
    }
    const negative = tf.relu(tf.sub(threshold, input));
    return tf.sub(limited, tf.mul(negative, negativeSlope));
  }
}

class ELU extends KerasLayer<{ alpha: number }> {
  static readonly className = 'ELU';

  constructor(options: EluOptions = {}) {
    super(options, { alpha: options.alpha ?? 1 });
    this.supportsMasking = true;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    const { alpha } = this.options;
    if (alpha === 1) {
      return tf.elu(input);
    }
    return tf.add(tf.relu(input), tf.mul(tf.elu(tf.minimum(input, 0)), alpha));
  }
}

class Softmax extends KerasLayer<{ axis: number }> {
  static readonly className = 'Softmax';

  constructor(options: SoftmaxOptions = {}) {
    super(options, { axis: options.axis ?? -1 });
    this.supportsMasking = true;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    return alongLastAxis(input, this.options.axis, (x) => tf.softmax(x));
  }
}

for (const layerClass of [ReLU, ELU, Softmax]) {
  registerLayer(layerClass);
}

/** An activation function, known to files by the name it has in Keras. */
function activation(className: string, apply: (x: tf.Tensor) => tf.Tensor): void {
  ownClasses.add(className);
  const activationClass = class extends tf.serialization.Serializable {
    static readonly className = className;

    apply(x: tf.Tensor): tf.Tensor {
      return tf.tidy(() => apply(x));
    }

    getConfig(): tf.serialization.ConfigDict {
      return {};
    }
  };
  tf.serialization.registerClass(activationClass);
  declareKnownCode(activationClass);
}

activation('exponential', tf.exp);
activation('leakyRelu', (x) => tf.leakyRelu(x, 0.2));
// The same name in Keras, but not the same function. tfjs's own `hardSigmoid` is that of Keras 2.
activation('hardSigmoidOfKeras2', (x) => tf.clipByValue(tf.add(tf.mul(x, 0.2), 0.5), 0, 1));
activation('hardSigmoidOfKeras3', hardSigmoid);
activation('hardSilu', (x) => tf.mul(x, hardSigmoid(x)));

function hardSigmoid(x: tf.Tensor): tf.Tensor {
  return tf.div(tf.relu6(tf.add(x, 3)), 6);
}

/**
 * The rectifier, with Keras's options; `tf.layers.reLU` has `maxValue` only.
 *
 * @param options Limit, threshold and slope.
 * @see https://keras.io/api/layers/activation_layers/relu/
 */
export function relu(options?: ReluOptions): tf.layers.Layer {
  return new ReLU(options);
}

/**
 * The exponential linear unit; `tf.layers.elu` has `alpha: 1` only.
 *
 * @param options How far below 0 it goes.
 * @see https://keras.io/api/layers/activation_layers/elu/
 */
export function elu(options?: EluOptions): tf.layers.Layer {
  return new ELU(options);
}

/**
 * Softmax along any axis; `tf.layers.softmax` knows the last one only.
 *
 * @param options The axis.
 * @see https://keras.io/api/layers/activation_layers/softmax/
 */
export function softmax(options?: SoftmaxOptions): tf.layers.Layer {
  return new Softmax(options);
}
