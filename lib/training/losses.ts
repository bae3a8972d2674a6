/**
 * Cross-entropy as Keras computes it.
 *
 * Where the output layer ends in softmax or sigmoid, Keras takes the sums that went into that
 * activation (the logits) and applies softmax itself: exact where the outputs are too close to 0 or
 * 1 for their logarithm to be. So a sigmoid on the output layer plays no part in the loss. tfjs
 * takes the outputs, limits them to 1e-7 … 1 - 1e-7 and divides by their sum: another loss, and no
 * gradient at all from a sample whose true class has a share below 1e-7.
 */

import { softmaxCrossentropy, sparseSoftmaxCrossentropy } from '../native/softmaxCrossentropy';
import * as tf from '../tensorflow';
import { internals, type LayerInternals, type ModelInternals } from '../tfjsInternals';
import { lossOfOutput } from './compiledModel';
import { declareKnownCode } from './runners/modelCode';

type Loss = (targets: tf.Tensor, outputs: tf.Tensor) => tf.Tensor;

/** Keras's `keras.config.epsilon()`. */
const epsilon = 1e-7;

/** What went into the activation of an output layer, by what came out. */
const logitsOf = new WeakMap<tf.Tensor, tf.Tensor>();

const layersWithLogits = new WeakSet<LayerInternals>();

/**
 * Follows https://keras.io/api/losses/probabilistic_losses/#sparse_categorical_crossentropy-function.
 *
 * @param classNumbers whole numbers from 0, `[rows]` or `[rows, 1]`.
 * @param outputs of a model, float32 `[rows, classes]`, 0 to 1.
 * @returns float32 `[rows]`, to be disposed by the caller.
 */
export function sparseCategoricalCrossentropy(
  classNumbers: tf.Tensor,
  outputs: tf.Tensor,
): tf.Tensor {
  return tf.tidy(() => {
    const logits = logitsOf.get(outputs) ?? outputs.clipByValue(epsilon, 1 - epsilon).log();
    const numbers = classNumbers.reshape(outputs.shape.slice(0, -1)).toInt();
    return hasKernels()
      ? sparseSoftmaxCrossentropy(numbers, logits)
      : crossentropy(tf.oneHot(numbers, outputs.shape.at(-1) ?? 0), logits);
  });
}

/** As tfjs's loss of this name, but from the logits where they are known. */
function categoricalCrossentropy(ofOutputs: Loss): Loss {
  return (targets, outputs) => {
    const logits = logitsOf.get(outputs);
    return logits
      ? tf.tidy(() => (hasKernels() ? softmaxCrossentropy : crossentropy)(targets, logits))
      : ofOutputs(targets, outputs);
  };
}

/** As tfjs's loss of this name, but from the logits where they are known. */
function binaryCrossentropy(ofOutputs: Loss): Loss {
  return (targets, outputs) => {
    const logits = logitsOf.get(outputs);
    return logits
      ? tf.tidy(() => sigmoidCrossentropy(targets.toFloat(), logits).mean(-1))
      : ofOutputs(targets, outputs);
  };
}

/** Follows https://www.tensorflow.org/api_docs/python/tf/nn/sigmoid_cross_entropy_with_logits. */
function sigmoidCrossentropy(targets: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  const small = tf.log1p(tf.exp(tf.neg(tf.abs(logits))));
  return tf.relu(logits).sub(logits.mul(targets)).add(small);
}

/** Only TensorFlow itself has the loss as one kernel. */
function hasKernels(): boolean {
  return tf.getBackend() === 'tensorflow';
}

function crossentropy(targets: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.logSoftmax(logits).mul(targets).sum(-1).neg();
}

/** The lists of losses that have been gone through; `model.compile` makes a new one. */
const listsWithKerasLosses = new WeakSet<Loss[]>();

/** Puts the losses above in the place of tfjs's, where `model.compile` was given their names. */
export function useKerasLosses(model: ModelInternals): void {
  const losses = model.lossFunctions;
  if (!losses || listsWithKerasLosses.has(losses)) {
    return;
  }
  listsWithKerasLosses.add(losses);
  for (const [index, loss] of losses.entries()) {
    const ofKeras = kerasLoss(lossOfOutput(model, index), loss);
    if (ofKeras) {
      losses[index] = ofKeras;
      const reported = model.outputs.length > 1 && model.metricsTensors[index];
      if (reported) {
        reported[0] = ofKeras;
      }
      recordLogits(model.outputs[index] as tf.SymbolicTensor);
    }
  }
}

function kerasLoss(name: unknown, ofTfjs: Loss): Loss | null {
  switch (name) {
    case 'sparseCategoricalCrossentropy':
      return sparseCategoricalCrossentropy;
    case 'categoricalCrossentropy':
      return categoricalCrossentropy(ofTfjs);
    case 'binaryCrossentropy':
      return binaryCrossentropy(ofTfjs);
    default:
      return null;
  }
}

const noActivation = internals(tf.layers.activation({ activation: 'linear' }));

/** Makes a layer record its logits whenever a loss may ask for them. */
function recordLogits({ sourceLayer, rank }: tf.SymbolicTensor): void {
  const layer = internals(sourceLayer);
  const split = splitCall(layer, rank);
  if (!split || layersWithLogits.has(layer)) {
    return;
  }
  layersWithLogits.add(layer);
  const call = layer.call.bind(layer);
  layer.call = (inputs, options) => {
    // Losses are computed within a tidy. Outside of one nobody would dispose the logits.
    if (!tf.engine().state.activeScope) {
      return call(inputs, options);
    }
    // Of an Activation layer the logits are the input itself, which tfjs disposes before the loss.
    const logits = tf.clone(split.logits(inputs, options));
    const outputs = split.activate(logits, options);
    logitsOf.set(outputs, logits);
    return outputs;
  };
  declareKnownCode(layer.call);
}

/** A layer's call in two parts: up to the activation, and the activation. Null for another one. */
interface SplitCall {
  logits(inputs: tf.Tensor | tf.Tensor[], options: object): tf.Tensor;
  activate(logits: tf.Tensor, options: object): tf.Tensor;
}

function splitCall(layer: LayerInternals, rank: number): SplitCall | null {
  const { activation } = layer;
  const call = layer.call.bind(layer);
  if (layer.getClassName() === 'Softmax' && [-1, rank - 1].includes(Number(layer.axis))) {
    return {
      logits: (inputs) => [inputs].flat()[0] as tf.Tensor,
      activate: (logits, options) => call(logits, options) as tf.Tensor,
    };
  }
  if (!activation || !['sigmoid', 'softmax'].includes(activation.getClassName())) {
    return null;
  }
  return {
    logits: (inputs, options) => {
      layer.activation = noActivation.activation;
      try {
        return call(inputs, options) as tf.Tensor;
      } finally {
        layer.activation = activation;
      }
    },
    activate: (logits) => activation.apply(logits),
  };
}
