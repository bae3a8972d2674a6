/** Which slots of an optimiser belong to which weight. */
import * as tf from '@tensorflow/tfjs-node';
import type { Slot } from '../tfjsInternals';

/** A list of slots; a weight that no step has come to has none. */
type SlotList = (Slot | undefined)[];

/**
 * An optimiser's slots, kind by kind, as it keeps them: the i-th of a kind is the i-th weight's. None before
 * its first step.
 */
export function slotLists(optimizer: tf.Optimizer): SlotList[] {
  // tfjs's optimisers have a field for each kind; `SlotOptimizer` has one for all.
  const fields = Object.values(optimizer).filter((value) => Array.isArray(value));
  return fields.flatMap((list) => (list.every(Array.isArray) ? list : [list])).filter(isList);
}

function isList(list: unknown[]): list is SlotList {
  return list.some((one) => (one as Slot | undefined)?.variable instanceof tf.Variable);
}

/** The weight's name comes before that of the kind. */
function weightOf({ originalName }: Slot): string {
  return originalName.slice(0, originalName.lastIndexOf('/'));
}

/** A list in the order of these weights. */
function inOrder(list: SlotList, weights: readonly string[]): SlotList {
  const slots = list.filter((slot) => slot !== undefined);
  const ofWeight = new Map(slots.map((slot) => [weightOf(slot), slot]));
  // `setWeights` may be given those of another model: they are in the order of its weights.
  const areKnown = weights.some((weight) => ofWeight.has(weight));
  return weights.map((weight, i) => (areKnown ? ofWeight.get(weight) : list[i]));
}

/**
 * An optimiser's slots, kind by kind, in the order of these weights.
 *
 * @param weights their names.
 */
export function slotsOfWeights(optimizer: tf.Optimizer, weights: readonly string[]): SlotList[] {
  return slotLists(optimizer).map((list) => inOrder(list, weights));
}

/**
 * Puts an optimiser's slots into the order of the weights that the next step trains. tfjs goes by the
 * number of a weight, so that after another part of a model was frozen, and `model.compile` got the same
 * optimiser, one weight would go on with the momentum of another. The step makes what is missing; slots
 * of other weights stay, at the end.
 *
 * @param weights their names.
 */
export function alignSlots(optimizer: tf.Optimizer, weights: readonly string[]): void {
  for (const list of slotLists(optimizer)) {
    const slots = inOrder(list, weights);
    if (slots.some((slot, i) => slot !== list[i])) {
      const others = list.filter((slot) => !slots.includes(slot));
      list.splice(0, list.length, ...slots, ...others);
    }
  }
}
