/** Outputs that carry a mask, such as an answer at each step behind an Embedding with `maskZero`. */
import { carriesMask } from '../corrections/masks';
import type * as tf from '../tensorflow';
import { innerModel } from './compiledModel';

const modelsWarnedOf = new WeakSet<tf.LayersModel>();

/**
 * Keras leaves masked steps out of loss and metrics, tfjs counts them: says so, once for a model.
 *
 * @param isWeighted whether the caller says which steps count.
 */
export function warnOfMaskedOutputs(model: tf.LayersModel, isWeighted: boolean): void {
  const output = innerModel(model).outputs.find(carriesMask);
  if (!output || isWeighted || modelsWarnedOf.has(model)) {
    return;
  }
  modelsWarnedOf.add(model);
  console.warn(
    `The output "${output.sourceLayer.name}" of the model "${model.name}" carries a mask. Keras leaves ` +
      'masked steps out of loss and metrics; here they count. Give sampleWeight, [rows, steps], with ' +
      '0 for them.',
  );
}
