/** What is done with one batch of a model, op by op: also what is recorded for a graph. */

import { withActivityPenalties } from '../../corrections/activityRegularizers';
import type { TensorFunction } from '../../graph/capture/capture';
import * as tf from '../../tensorflow';
import { internals, type ModelInternals } from '../../tfjsInternals';
import { hasMaskedOutputs, meanLoss } from '../maskedOutputs';
import { withSums } from './metricSums';

/** What a model can do with a batch. */
export type Kind = 'train' | 'test' | 'predict';

const lossWeights = new WeakMap<object, readonly number[]>();

/**
 * Declares what the losses of a model's outputs are multiplied by before they are summed up.
 *
 * @param losses the model's `lossFunctions`, which `model.compile` makes anew.
 */
export function declareLossWeights(losses: object, weights: readonly number[]): void {
  lossWeights.set(losses, weights);
}

/** What the losses are multiplied by; undefined where nothing was declared. */
export function lossWeightsOf(losses: object): readonly number[] | undefined {
  return lossWeights.get(losses);
}

/**
 * The steps of a model. Training and testing take inputs, then targets, then (if rows have weights) a
 * tensor of weights for each target, and return the loss, then the metrics (or their sums); predicting
 * takes inputs and returns outputs.
 */
export function modelSteps(model: ModelInternals): Record<Kind, TensorFunction> {
  return {
    train: (data) => {
      requireTrainableTypes(model);
      const results = withWeights(model, data, (batch) => trained(model, batch));
      applyConstraints(model);
      return results;
    },
    test: (data) =>
      tf.tidy(() =>
        withActivityPenalties(() => withWeights(model, data, (batch) => test(model, batch))),
      ),
    predict: (inputs) => {
      const [only] = inputs;
      return tf.tidy(() =>
        [model.predictOnBatch(model.inputs.length === 1 && only ? only : inputs)].flat(),
      );
    },
  };
}

/** tfjs keeps what a step that fails has saved for its gradients. */
function trained(model: ModelInternals, batch: tf.Tensor[]): tf.Tensor[] {
  try {
    return model.makeTrainFunction()(batch);
  } catch (error) {
    const { state } = tf.engine();
    if (state.gradientDepth === 0) {
      tf.dispose(state.activeTape?.map(({ saved }) => saved ?? []) ?? []);
      Object.assign(state, { activeTape: null });
    }
    throw error;
  }
}

/** tfjs leaves the regularisers' penalties out of the loss, and puts subtotals before it. */
function test(model: ModelInternals, data: tf.Tensor[]): tf.Tensor[] {
  model.makeTestFunction();
  const results = model.testFunction(data);
  const count = model.outputs.length;
  const losses = [...results.slice(count - 1, count), ...model.calculateLosses()];
  return [losses.reduce((sum, one) => tf.add(sum, one)), ...results.slice(count)];
}

/**
 * Has tfjs weigh rows and outputs. Each loss becomes one number before tfjs adds them up, as in Keras:
 * those of several outputs need not have the same shape. A loss is reported without its own weight.
 */
function withWeights(
  model: ModelInternals,
  data: tf.Tensor[],
  run: (batch: tf.Tensor[]) => tf.Tensor[],
): tf.Tensor[] {
  const { lossFunctions = [] } = model;
  const ofOutputs = lossWeights.get(lossFunctions);
  const count = model.inputs.length + model.outputs.length;
  const ofRows = data.slice(count);
  const runWithSums = () => withSums(model, ofRows, () => run(data.slice(0, count)));
  const isPlain = ofRows.length === 0 && !hasMaskedOutputs(model);
  if (!ofOutputs && isPlain && model.outputs.length === 1) {
    return runWithSums();
  }
  const reported: tf.Scalar[] = [];
  model.lossFunctions = lossFunctions.map((loss, index) => (targets, outputs) => {
    const losses = loss(targets, outputs);
    const mean = meanLoss(weighted(losses, ofRows[index]), outputs);
    reported[index] ??= tf.keep(mean);
    return tf.mul(mean, ofOutputs?.[index] ?? 1);
  });
  try {
    const results = runWithSums();
    const replaced =
      reported.length > 1 ? results.splice(1, reported.length, ...reported) : reported;
    tf.dispose(replaced);
    return results;
  } catch (error) {
    tf.dispose(reported);
    throw error;
  } finally {
    model.lossFunctions = lossFunctions;
  }
}

function weighted(losses: tf.Tensor, weights: tf.Tensor | undefined): tf.Tensor {
  return weights ? tf.mul(losses, weights) : losses;
}

/** tfjs applies constraints only where a weight is set. Keras does after each step. */
function applyConstraints({ collectedTrainableWeights = [] }: ModelInternals): void {
  tf.tidy(() => {
    for (const weight of collectedTrainableWeights) {
      const { constraint, val } = internals(weight);
      if (constraint && weight.trainable) {
        val.assign(constraint.apply(val));
      }
    }
  });
}

/** TensorFlow's kernels end the process if they get another type. */
function requireTrainableTypes({ collectedTrainableWeights = [] }: ModelInternals): void {
  for (const weight of collectedTrainableWeights) {
    const { dtype } = weight.read();
    if (weight.trainable && dtype !== 'float32') {
      throw new TypeError(
        `The weight "${weight.name}" has the type ${dtype}; only float32 can be trained. ` +
          'A layer’s option dtype is that of its weights: leave it out, and convert the inputs.',
      );
    }
  }
}
