import * as tf from '../tensorflow';
import type { StoredArray } from './hdf5Tree';
import {
  type OptimizerState,
  readOptimizerState,
  slotKinds,
  writeOptimizerState,
} from './optimizerState';

/** Names of the slots in Keras before TensorFlow 2.11, which are written; then all later ones. */
const slotNames: Record<string, Record<string, [string, ...string[]]>> = {
  Momentum: { momentum: ['momentum', 'm'] },
  ScheduledSGD: { momentum: ['momentum', 'm'] },
  AmsgradAdam: {
    momentum: ['m', 'momentum'],
    velocity: ['v', 'velocity'],
    velocity_hat: ['vhat', 'velocity_hat'],
  },
  Nadam: { momentum: ['m', 'momentum'], velocity: ['v', 'velocity'] },
  Adam: { momentum: ['m', 'momentum'], velocity: ['v', 'velocity'] },
  Adamax: { momentum: ['m', 'momentum'], norm: ['v', 'u', 'norm'] },
  RMSProp: {
    velocity: ['rms', 'velocity'],
    momentum: ['momentum'],
    average_gradient: ['mg', 'average_gradient'],
  },
  Adagrad: { accumulator: ['accumulator'] },
  EpsilonAdagrad: { accumulator: ['accumulator'] },
  Adadelta: {
    accumulated_grad: ['accum_grad', 'accumulated_grad'],
    accumulated_delta_var: ['accum_var', 'accumulated_delta_var'],
  },
};

/** The name of an optimiser's slot in Keras before TensorFlow 2.11. */
export function writtenSlotName(optimizer: tf.Optimizer, slot: string): string {
  return slotNames[optimizer.getClassName()]?.[slot]?.[0] ?? slot;
}

/** The count of steps, as Keras 3, 2, and 2 before TensorFlow 2.11 name it. */
const counters = ['iteration', 'iterations', 'iter'];
const scalars = [...counters, 'learning_rate'];

/**
 * The optimiser's state as Keras 2 lists it for optimisers without a prefix in their name: the count
 * of steps, then slot by slot. Keras goes by this order, not by the names. (Keras 3 restores no
 * optimiser from an HDF5 file, not even from its own.)
 */
export async function optimizerWeightsToKeras(model: tf.LayersModel): Promise<StoredArray[]> {
  const { optimizer, trainableWeights } = model;
  const prefix = optimizer.getClassName();
  const { iterations, slots } = readOptimizerState(model);
  const arrays: StoredArray[] = [
    { name: `${prefix}/iter`, shape: [], values: BigInt64Array.of(BigInt(iterations)) },
  ];
  for (const [slot, tensors] of Object.entries(slots)) {
    for (const [i, tensor] of tensors.entries()) {
      const weight = trainableWeights[i]?.originalName;
      const name = `${prefix}/${weight}/${writtenSlotName(optimizer, slot)}`;
      arrays.push({ name, shape: tensor.shape, values: await tensor.data<'float32'>() });
    }
  }
  tf.dispose(slots);
  return arrays;
}

/** The learning rate stored beside the slots (Keras 3 does that), newer than the configuration's. */
export function storedLearningRate(stored: StoredArray[]): number | undefined {
  const rate = stored.find(({ name }) => lastPart(name) === 'learning_rate')?.values[0];
  return rate === undefined ? undefined : Number(rate);
}

/**
 * Gives the model's optimiser the state that Keras 2 or 3 stored.
 * Throws if the state does not fit the model's trainable weights.
 */
export async function optimizerWeightsFromKeras(
  model: tf.LayersModel,
  stored: StoredArray[],
): Promise<void> {
  const { optimizer } = model;
  const weights = model.trainableWeights.map((weight) => weight.read());
  const iteration = stored.find(({ name }) => counters.includes(lastPart(name)));
  if (!iteration) {
    throw new Error('The optimizer weights hold no count of steps ("iteration").');
  }
  // An optimiser that was not used yet has no slots in Keras 3.
  const hasSlots = stored.some(({ name }) => !scalars.includes(lastPart(name)));
  const steps = Number(iteration.values[0]);
  if (steps === 0 && !hasSlots) {
    return;
  }
  const state: OptimizerState = { iterations: steps, slots: {} };
  try {
    for (const { name, inKeras } of slotKinds(optimizer)) {
      if (inKeras) {
        state.slots[name] = slotTensors(optimizer, name, stored, weights);
      }
    }
    await writeOptimizerState(model, state);
  } finally {
    tf.dispose(state.slots);
  }
}

/** What to do about a state that does not fit, as Keras stores it if layers were frozen after `compile`. */
export const withoutState =
  'With { compile: false } the model loads without its optimizer; compile it then.';

function slotTensors(
  optimizer: tf.Optimizer,
  slot: string,
  stored: StoredArray[],
  weights: tf.Tensor[],
): tf.Tensor[] {
  const names = slotNames[optimizer.getClassName()] ?? {};
  const arrays = stored.filter(({ name }) => slotOf(name, names) === slot);
  const fits =
    arrays.length === weights.length &&
    arrays.every(({ shape }, i) => tf.util.arraysEqual(shape, weights[i]?.shape ?? []));
  if (!fits) {
    const shapes = (all: { shape: number[] }[]) => all.map(({ shape }) => `[${shape}]`).join(', ');
    throw new Error(
      `The optimizer weights do not fit the model: ${slot} has the shapes ${shapes(arrays)}, ` +
        `the trainable weights have ${shapes(weights)}. ${withoutState}`,
    );
  }
  return arrays.map(({ values, shape }) => tf.tensor(values as Float32Array, shape));
}

/**
 * The slot an array belongs to. The name is `adam/conv2d_kernel_momentum` in Keras 3,
 * `Adam/m/conv2d/kernel:0` in Keras 2, and `Adam/conv2d/kernel/m:0` before TensorFlow 2.11.
 */
function slotOf(name: string, names: Record<string, string[]>): string | undefined {
  const last = lastPart(name);
  const second = name.split('/')[1];
  const matching = (matches: (slotName: string) => boolean) =>
    Object.keys(names).find((slot) => names[slot]?.some(matches));
  return (
    matching((slotName) => last === slotName) ??
    matching((slotName) => second === slotName) ??
    matching((slotName) => last.endsWith(`_${slotName}`))
  );
}

function lastPart(name: string): string {
  return name.replace(/:0$/, '').split('/').at(-1) ?? name;
}
