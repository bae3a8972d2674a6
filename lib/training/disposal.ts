import type * as tf from '../tensorflow';
import { internals } from '../tfjsInternals';
import { innerModel } from './compiledModel';

/** A variable, as layers and optimisers hold it. */
interface Disposable {
  readonly name: string;
  readonly isDisposed: boolean;
}

/** @throws Error that says what was disposed, if the model cannot be used any more. */
export function requireUndisposed(model: tf.LayersModel): void {
  const weights = innerModel(model).weights.map((weight) => internals(weight));
  const disposed = weights.filter(({ val }) => val.isDisposed);
  if (disposed.length > 0 && disposed.length === weights.length) {
    throw new Error(`The model "${model.name}" was disposed. Build or load it again.`);
  }
  if (disposed[0]) {
    throw new Error(
      `The weight "${disposed[0].val.name}" of the model "${model.name}" was disposed (by disposing a ` +
        'layer, or a model that shares it). Build or load the model again.',
    );
  }
}

/** As `requireUndisposed`, for the optimiser too. */
export function requireTrainable(model: tf.LayersModel): void {
  requireUndisposed(model);
  const { optimizer } = innerModel(model);
  if (optimizer && slotsOf(optimizer).some(({ isDisposed }) => isDisposed)) {
    throw new Error(
      `The optimiser ${optimizer.getClassName()} of the model "${model.name}" was disposed. ` +
        'Call model.compile with a new one.',
    );
  }
}

/** What an optimiser remembers of each weight: in tfjs, lists of `{ variable }` by several names. */
function slotsOf(optimizer: tf.Optimizer): Disposable[] {
  return Object.values(optimizer)
    .filter(Array.isArray)
    .flat()
    .map((slot: { variable?: Disposable } | null) => slot?.variable)
    .filter((variable) => variable !== undefined);
}
