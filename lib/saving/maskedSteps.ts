/** Layers that Keras 2 and Keras 3 compute otherwise for the steps of a sequence that are masked. */
import { carriesMask } from '../corrections/masks';
import type * as tf from '../tensorflow';

const inKeras2: Record<string, string> = {
  BatchNormalization: 'counts masked steps in training',
  Maximum: 'compares masked steps',
  Minimum: 'compares masked steps',
  Multiply: 'multiplies masked steps',
};

/** Says of a model in the form of Keras 2 where it is computed as in Keras 3. */
export function warnOfMaskedSteps(model: tf.LayersModel): void {
  for (const layer of model.layers) {
    const inputs = layer.inboundNodes.flatMap(({ inputTensors }) => inputTensors);
    const difference = inKeras2[layer.getClassName()];
    if (difference && inputs.some(carriesMask)) {
      console.warn(
        `The layer "${layer.name}" (${layer.getClassName()}) leaves masked steps out, as in Keras 3; ` +
          `Keras 2 ${difference}.`,
      );
    }
  }
}
