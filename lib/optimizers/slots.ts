/** Which slots of an optimiser belong to which weight. */
import * as tf from '@tensorflow/tfjs-node';
import type { Slot } from '../tfjsInternals';

/**
 * An optimiser's slots, kind by kind, as it keeps them: the i-th of a kind is the i-th weight's. None before
 * its first step.
 */
export function slotLists(optimizer: tf.Optimizer): Slot[][] {
  // tfjs's optimisers have a field for each kind; `SlotOptimizer` has one for all.
  const fields = Object.values(optimizer).filter((value) => Array.isArray(value));
  return fields.flatMap((list) => (list.every(Array.isArray) ? list : [list])).filter(isList);
}

function isList(list: unknown[]): list is Slot[] {
  return list.length > 0 && list.every((one) => (one as Slot).variable instanceof tf.Variable);
}

/** The weight's name comes before that of the kind. */
function weightOf({ originalName }: Slot): string {
  return originalName.slice(0, originalName.lastIndexOf('/'));
}

/**
 * Puts an optimiser's slots into the order of the weights that are trained now. tfjs goes by the number
 * of a weight, so that after another part of a model was frozen, and `model.compile` got the same
 * optimiser, one weight would go on with the momentum of another. Those of other weights stay, at the
 * end.
 *
 * @param weights their names.
 */
export function alignSlots(optimizer: tf.Optimizer, weights: readonly string[]): void {
  for (const list of slotLists(optimizer)) {
    const isInOrder = weights.every((weight, i) => !list[i] || weightOf(list[i]) === weight);
    // `setWeights` may be given those of another model: they are in the order of its weights.
    const areKnown = list.some((slot) => weights.includes(weightOf(slot)));
    if (!isInOrder && areKnown) {
      const ofWeight = new Map(list.map((slot) => [weightOf(slot), slot]));
      const ordered = weights.map((weight) => ofWeight.get(weight));
      const others = list.filter((slot) => !weights.includes(weightOf(slot)));
      list.splice(0, list.length, ...(ordered as Slot[]), ...others);
    }
  }
}
