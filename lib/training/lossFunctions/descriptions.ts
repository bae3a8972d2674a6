/** What is known of a loss that is a function: which one of Keras's it is, and what targets it takes. */

/** A loss of Keras, as its files write it. */
export interface LossDescription {
  /** Keras's class, `CategoricalCrossentropy`. */
  className: string;
  /** Its options with Keras's names, without those that are as by default. */
  config: Readonly<Record<string, number | boolean>>;
}

const descriptions = new WeakMap<object, LossDescription>();

/** Notes which loss of Keras a function is. */
export function describeLoss<Loss extends object>(loss: Loss, description: LossDescription): Loss {
  descriptions.set(loss, description);
  return loss;
}

/** Which loss of Keras this is; undefined for one of the user's own, and for a name. */
export function lossDescription(loss: unknown): LossDescription | undefined {
  return typeof loss === 'function' ? descriptions.get(loss) : undefined;
}

/** Whether a loss takes class numbers, where others take targets of the outputs' shape. */
export function takesClassNumbers(loss: unknown): boolean {
  return (
    loss === 'sparseCategoricalCrossentropy' ||
    lossDescription(loss)?.className === 'SparseCategoricalCrossentropy'
  );
}
