import type * as tf from '../tensorflow';
import { compiledModel } from './compiledModel';
import type { TensorOrTensors } from './dataChecks';
import { argumentsOf, type DataSource } from './dataSource';
import { requireTrainable, requireTrainableWeights } from './disposal';
import { checkedSettings, type FitOptions } from './fitOptions';
import { Breaks } from './interruption';
import { trainingData } from './trainingData';
import { type History, trainEpochs } from './trainingLoop';

const modelsInTraining = new WeakSet<tf.LayersModel>();

/**
 * Trains the model. Its weights change in place, and so does its optimiser: a second call goes
 * on where the first ended.
 *
 * Follows https://keras.io/api/models/model_training_apis/#fit-method.
 *
 * @param model a compiled model.
 * @param x the inputs, first dimension the rows; an array or a record by names if the model has
 *   several inputs. Not changed, and still the caller's.
 * @param y the targets, one per row: class numbers 0, 1, 2, … for
 *   `sparseCategoricalCrossentropy`, else of the shape of the model's output.
 * @param options Keras's: epochs, batch size, validation data, callbacks and so on.
 * @returns loss and metrics per epoch, under Keras's names: `history.history.val_acc`.
 * @throws Error if the model is not compiled, was disposed, has no weights to train, is being trained
 *   already, or the data do not suit it, and if the loss becomes NaN; RangeError for an option out of
 *   range, TypeError for an unknown one; Interrupted if the training was interrupted, with the model as the last
 *   finished step left it.
 *
 * @example
 * const history = await training.fit(model, train.images, train.labels, {
 *   epochs: 10, validationData: [test.images, test.labels], verbose: 2, seed: 1,
 * });
 */
export async function fit(
  model: tf.LayersModel,
  x: TensorOrTensors,
  y: TensorOrTensors,
  options?: FitOptions,
): Promise<History>;
/**
 * Trains the model on data that come batch by batch.
 *
 * @param model a compiled model.
 * @param data batches of inputs and targets: a `tf.data.Dataset`, a generator (sync or not), or a
 *   function that returns one. The tensors of a batch are disposed after its step. Let the elements of
 *   a Dataset be tensors or typed arrays: of nested arrays tfjs looks at each number, which takes longer
 *   than the step.
 * @param options Keras's, but for those that need all rows: batch size, order, `validationSplit`,
 *   `sampleWeight` (which may be the third element of a batch).
 * @returns loss and metrics per epoch.
 * @throws Error as for tensors.
 *
 * @example
 * const pairs = tf.data.zip({ xs: tf.data.array(inputs), ys: tf.data.array(targets) });
 * await training.fit(model, pairs.shuffle(1000).batch(32), { epochs: 10 });
 */
export async function fit(
  model: tf.LayersModel,
  data: DataSource,
  options?: FitOptions,
): Promise<History>;
export async function fit(
  model: tf.LayersModel,
  x: TensorOrTensors | DataSource,
  yOrOptions?: TensorOrTensors | FitOptions,
  optionsAfterY?: FitOptions,
): Promise<History> {
  const { y, options } = argumentsOf<FitOptions>(x, yOrOptions, optionsAfterY);
  const settings = checkedSettings(options);
  requireTrainable(model);
  const compiled = compiledModel(model);
  requireTrainableWeights(compiled);
  if (modelsInTraining.has(model)) {
    throw new Error(`The model "${model.name}" is being trained already. Await that fit first.`);
  }
  modelsInTraining.add(model);
  const breaks = new Breaks(options.signal);
  try {
    const data = trainingData(compiled, x, y, options, breaks);
    try {
      return await trainEpochs(model, data, settings, breaks);
    } finally {
      data.dispose();
    }
  } catch (error) {
    // What tfjs says of a disposed weight is "Cannot read properties of undefined".
    requireTrainable(model);
    throw error;
  } finally {
    modelsInTraining.delete(model);
  }
}
