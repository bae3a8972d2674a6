/** Layers that one version of Keras computes otherwise for the steps of a sequence that are masked. */
import { carriesMask } from '../corrections/masks';
import type * as tf from '../tensorflow';
import type { KerasVersion } from './hardSigmoid';
import { recurrent } from './kerasConnections';

const inKeras2: Record<string, string> = {
  BatchNormalization: 'counts masked steps in training',
  Maximum: 'compares masked steps',
  Minimum: 'compares masked steps',
  Multiply: 'multiplies masked steps',
  Normalization: 'hands no mask on',
  Rescaling: 'hands no mask on',
};

/** Says of a model that comes from a file where it is computed otherwise than in that version of Keras. */
export function warnOfMaskedSteps(model: tf.LayersModel, version: KerasVersion): void {
  for (const layer of model.layers) {
    const difference = differenceOf(layer, version);
    if (difference) {
      console.warn(
        `The layer "${layer.name}" (${layer.getClassName()}) has a masked input: ${difference}.`,
      );
    }
  }
}

function differenceOf(layer: tf.layers.Layer, version: KerasVersion): string | undefined {
  const inputs = layer.inboundNodes.map(({ inputTensors }) => inputTensors);
  const name = layer.getClassName();
  if (version === 2) {
    const other = inKeras2[name];
    return other && inputs.flat().some(carriesMask)
      ? `it is computed as in Keras 3, while Keras 2 ${other}`
      : undefined;
  }
  const isStarted = inputs.some(
    ([sequence, ...states]) => states.length > 0 && sequence && carriesMask(sequence),
  );
  if (recurrent.includes(name) && isStarted) {
    return 'masked steps are passed over, while Keras 3 does not heed the mask where states are given';
  }
  return name === 'MultiHeadAttention' && inputs.flat().some((input) => isMerged(input))
    ? 'masked steps are left out, while Keras 3 does not heed the mask of a sum with what other attention took'
    : undefined;
}

/** Whether a mask has come through a layer that merges values. */
function isMerged(value: tf.SymbolicTensor, seen = new Set<tf.SymbolicTensor>()): boolean {
  if (seen.has(value) || !carriesMask(value)) {
    return false;
  }
  seen.add(value);
  const { sourceLayer, inputs } = value;
  return (
    merging.includes(sourceLayer.getClassName()) || inputs.some((input) => isMerged(input, seen))
  );
}

const merging = ['Add', 'Average', 'Concatenate', 'Maximum', 'Minimum', 'Multiply', 'Subtract'];
