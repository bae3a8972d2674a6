import { slotLists } from '../optimizers/slots';
import type * as tf from '../tensorflow';
import { internals, type ModelInternals } from '../tfjsInternals';
import { innerModel } from './compiledModel';

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
  const slots = optimizer ? slotLists(optimizer).flat() : [];
  if (slots.some((slot) => slot?.variable.isDisposed)) {
    throw new Error(
      `The optimiser ${optimizer?.getClassName()} of the model "${model.name}" was disposed. ` +
        'Call model.compile with a new one.',
    );
  }
}

/** @throws Error if training would change no weight. */
export function requireTrainableWeights(model: ModelInternals): void {
  const { collectedTrainableWeights = [] } = model;
  if (!collectedTrainableWeights.some(({ trainable }) => trainable)) {
    throw new Error(
      `The model "${model.name}" has no weights to train: all of its layers were frozen, or have none, ` +
        'when it was compiled. Set trainable = true for one, and call model.compile again.',
    );
  }
}
