import * as tf from '../tensorflow';
import { listCheckpoint, loadEntries, saveEntries } from './checkpoint';
import type { CheckpointEntry } from './checkpointIndex';
import type { NamedTensor } from './checkpointOps';
import { writtenSlotName } from './kerasOptimizerWeights';
import {
  learningRateOf,
  readOptimizerState,
  setLearningRate,
  slotsOf,
  writeOptimizerState,
} from './optimizerState';

/** Options of `saveWeights`. */
export interface SaveWeightsOptions {
  /** Save the optimiser's state too, so that training can be taken up again. Default: true. */
  includeOptimizer?: boolean;
}

type LayerVariable = tf.LayersModel['weights'][number];

const value = '.ATTRIBUTES/VARIABLE_VALUE';
const stepsKey = `optimizer/iter/${value}`;
const learningRateKey = `optimizer/learning_rate/${value}`;

/**
 * Saves a model's weights (and the optimiser's state) as a TensorFlow checkpoint, under the names
 * that TensorFlow 2's `model.save_weights('x.ckpt')` uses. See `saveCheckpoint` for the files.
 *
 * @param model any model; compiled, if its optimiser's state is to be saved.
 * @param prefix Path without the suffixes, for example `ckpt/cp-0005.ckpt`.
 * @param options what to save.
 * @see https://www.tensorflow.org/tutorials/keras/save_and_load
 */
export async function saveWeights(
  model: tf.LayersModel,
  prefix: string,
  { includeOptimizer = true }: SaveWeightsOptions = {},
): Promise<void> {
  const keys = keysOfWeights(model);
  const entries: NamedTensor[] = [];
  for (const [weight, key] of keys) {
    entries.push({ name: `${key}/${value}`, tensor: weight.read() });
  }
  const made = includeOptimizer && model.optimizer ? await optimizerEntries(model, keys) : [];
  try {
    await saveEntries(prefix, [...entries, ...made]);
  } finally {
    tf.dispose(made.map(({ tensor }) => tensor));
  }
}

/**
 * Gives a model the weights of a TensorFlow checkpoint: one that `saveWeights` wrote, or TensorFlow
 * 2's `model.save_weights('x.ckpt')` of a Sequential or functional model with the same layers. If
 * the model is compiled and the checkpoint has the optimiser's state, that is taken over too
 * (TensorFlow 2.11 and later number the parts of that state, which is not understood: the optimiser
 * then stays as it is).
 *
 * @param model a model with the same layers; compiled, if the optimiser's state is wanted.
 * @param prefix the path of the checkpoint without its suffixes.
 * @throws An error that names the weight that is missing or has another shape; the model is then
 *   unchanged.
 */
export async function loadWeights(model: tf.LayersModel, prefix: string): Promise<void> {
  const stored = await listCheckpoint(prefix);
  const keys = keysOfWeights(model);
  const wanted = [...keys].map(([weight, key]) =>
    checkedEntry(prefix, stored, `${key}/${value}`, weight.shape as number[]),
  );
  const withOptimizer = Boolean(model.optimizer) && stored.has(stepsKey);
  const slotEntries = withOptimizer ? checkedSlots(model, keys, prefix, stored) : [];
  const tensors = loadEntries(prefix, [...wanted, ...slotEntries]);
  try {
    for (const [weight, key] of keys) {
      weight.write(tensors[`${key}/${value}`] as tf.Tensor);
    }
    if (withOptimizer) {
      await restoreOptimizer(model, keys, tensors);
    }
  } finally {
    tf.dispose(tensors);
  }
}

/** Where each weight stands in the object graph: `layer_with_weights-0/kernel`. */
function keysOfWeights(model: tf.LayersModel): Map<LayerVariable, string> {
  const keys = new Map<LayerVariable, string>();
  const layers = model.layers.filter(({ weights }) => weights.length > 0);
  for (const [i, layer] of layers.entries()) {
    for (const weight of layer.weights) {
      const name = weight.originalName.split('/').at(-1);
      keys.set(weight, `layer_with_weights-${i}/${name}`);
    }
  }
  return keys;
}

function keyOfSlot(model: tf.LayersModel, weightKey: string, slot: string): string {
  const name = writtenSlotName(model.optimizer, slot);
  return `${weightKey}/.OPTIMIZER_SLOT/optimizer/${name}/${value}`;
}

async function optimizerEntries(
  model: tf.LayersModel,
  keys: Map<LayerVariable, string>,
): Promise<NamedTensor[]> {
  const { optimizer, trainableWeights } = model;
  const weights = trainableWeights.map((weight) => weight.read());
  const { iterations, slots } = await readOptimizerState(optimizer, weights);
  const entries: NamedTensor[] = [
    { name: stepsKey, tensor: tf.scalar(iterations, 'int32'), asInt64: true },
    { name: learningRateKey, tensor: tf.scalar(learningRateOf(optimizer)) },
  ];
  for (const [slot, tensors] of Object.entries(slots)) {
    for (const [i, tensor] of tensors.entries()) {
      const weightKey = keys.get(trainableWeights[i] as LayerVariable) as string;
      entries.push({ name: keyOfSlot(model, weightKey, slot), tensor });
    }
  }
  return entries;
}

/** The optimiser's entries, if there are slots for every trainable weight. */
function checkedSlots(
  model: tf.LayersModel,
  keys: Map<LayerVariable, string>,
  prefix: string,
  stored: Map<string, CheckpointEntry>,
): [string, CheckpointEntry][] {
  const slots = slotsOf(model.optimizer).filter(({ inKeras }) => inKeras);
  const slotEntries = slots.flatMap(({ name }) =>
    model.trainableWeights.map((weight) => {
      const key = keyOfSlot(model, keys.get(weight) as string, name);
      return checkedEntry(prefix, stored, key, weight.shape as number[]);
    }),
  );
  const scalars = [stepsKey, learningRateKey].map((key) => checkedEntry(prefix, stored, key, []));
  return [...scalars, ...slotEntries];
}

async function restoreOptimizer(
  model: tf.LayersModel,
  keys: Map<LayerVariable, string>,
  tensors: Record<string, tf.Tensor>,
): Promise<void> {
  const { optimizer, trainableWeights } = model;
  const [steps, learningRate] = [stepsKey, learningRateKey].map(
    (key) => tensors[key]?.dataSync()[0],
  );
  const slots: Record<string, tf.Tensor[]> = {};
  for (const { name, inKeras } of slotsOf(optimizer)) {
    if (!inKeras) {
      continue;
    }
    slots[name] = trainableWeights.map(
      (weight) => tensors[keyOfSlot(model, keys.get(weight) as string, name)] as tf.Tensor,
    );
  }
  // First: the slot of momentum is stored in steps, which depend on the learning rate.
  setLearningRate(optimizer, learningRate as number);
  const weights = trainableWeights.map((weight) => weight.read());
  await writeOptimizerState(optimizer, weights, { iterations: steps as number, slots });
}

function checkedEntry(
  prefix: string,
  stored: Map<string, CheckpointEntry>,
  key: string,
  shape: number[],
): [string, CheckpointEntry] {
  const entry = stored.get(key);
  if (!entry) {
    throw new Error(
      `The checkpoint ${prefix} does not fit the model: it has no "${key}". ` +
        `It has: ${[...stored.keys()].join(', ')}.`,
    );
  }
  if (!tf.util.arraysEqual(entry.shape, shape)) {
    throw new Error(
      `The checkpoint ${prefix} does not fit the model: "${key}" has shape [${entry.shape}], ` +
        `the model needs [${shape}].`,
    );
  }
  return [key, entry];
}
