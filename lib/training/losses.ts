/** Puts Keras's losses in the place of tfjs's, and has output layers note their logits. */

import * as tf from '../tensorflow';
import { internals, type LayerInternals, type ModelInternals } from '../tfjsInternals';
import { lossOfOutput } from './compiledModel';
import {
  binaryCrossentropyLoss,
  categoricalCrossentropyLoss,
  noteLogits,
  sparseCategoricalCrossentropy,
} from './lossFunctions/crossentropy';
import { lossDescription } from './lossFunctions/descriptions';
import { lossesOfTfjs } from './lossFunctions/rowFunctions';
import { declareKnownCode } from './runners/modelCode';

type Loss = (targets: tf.Tensor, outputs: tf.Tensor) => tf.Tensor;

const layersWithLogits = new WeakSet<LayerInternals>();

/** The lists of losses that have been gone through; `model.compile` makes a new one. */
const listsWithKerasLosses = new WeakSet<Loss[]>();

/** Puts Keras's losses in the place of tfjs's, where `model.compile` was given their names. */
export function useKerasLosses(model: ModelInternals): void {
  const losses = model.lossFunctions;
  if (!losses || listsWithKerasLosses.has(losses)) {
    return;
  }
  listsWithKerasLosses.add(losses);
  for (const index of losses.keys()) {
    const given = lossOfOutput(model, index);
    const ofKeras = kerasLoss(given);
    if (ofKeras) {
      losses[index] = ofKeras;
      const reported = model.outputs.length > 1 && model.metricsTensors[index];
      if (reported) {
        reported[0] = ofKeras;
      }
    }
    if (isCrossentropy(given)) {
      recordLogits(model.outputs[index] as tf.SymbolicTensor);
    }
  }
}

/** Keras's cross-entropies, as losses and as metrics, by tfjs's names. */
export const crossentropies = {
  sparseCategoricalCrossentropy,
  categoricalCrossentropy: categoricalCrossentropyLoss(),
  binaryCrossentropy: binaryCrossentropyLoss(),
};
for (const one of Object.values(crossentropies)) {
  declareKnownCode(one);
}
const kerasLosses: Record<string, Loss> = { ...crossentropies, ...lossesOfTfjs };

/** The loss to be used instead of one by name; undefined if there is none. */
function kerasLoss(given: unknown): Loss | undefined {
  return typeof given === 'string' ? kerasLosses[given] : undefined;
}

function isCrossentropy(given: unknown): boolean {
  return typeof given === 'string'
    ? given in crossentropies
    : (lossDescription(given)?.className.endsWith('Crossentropy') ?? false);
}

const noActivation = internals(tf.layers.activation({ activation: 'linear' }));

/** Makes a layer record its logits whenever a loss or a metric may ask for them. */
export function recordLogits({ sourceLayer, rank }: tf.SymbolicTensor): void {
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
    noteLogits(outputs, logits);
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
