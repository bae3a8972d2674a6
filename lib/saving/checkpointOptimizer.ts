/** An optimiser's state in TensorFlow's checkpoints. */
import { isNadam } from '../optimizers/algorithms';
import * as tf from '../tensorflow';
import type { NamedTensor } from './checkpointOps';
import { writtenSlotName } from './kerasOptimizerWeights';
import type { LayerVariable } from './layerStructure';
import { objectAt, objectMadeAt, type TrackedObject } from './objectGraph';
import {
  hasSchedule,
  learningRateOf,
  readOptimizerState,
  requireRestorable,
  setLearningRate,
  slotKinds,
  writeOptimizerState,
} from './optimizerState';

/** What follows the path of a variable in its key. */
export const variableValue = '.ATTRIBUTES/VARIABLE_VALUE';

/** Where each weight of a model stands in the object graph. */
export type WeightObjects = Map<LayerVariable, TrackedObject>;

/** The names under which the optimisers of TensorFlow 2.11 and later keep lists of slots. */
const slotLists: Record<string, Record<string, string>> = {
  Momentum: { momentum: 'momentums' },
  ScheduledSGD: { momentum: 'momentums' },
  AmsgradAdam: {
    momentum: '_momentums',
    velocity: '_velocities',
    velocity_hat: '_velocity_hats',
  },
  Nadam: { momentum: '_momentums', velocity: '_velocities' },
  Adam: { momentum: '_momentums', velocity: '_velocities' },
  Adamax: { momentum: '_m', norm: '_u' },
  RMSProp: {
    velocity: '_velocities',
    momentum: '_momentums',
    average_gradient: '_average_gradients',
  },
  Adagrad: { accumulator: '_accumulators' },
  EpsilonAdagrad: { accumulator: '_accumulators' },
  Adadelta: {
    accumulated_grad: '_accumulated_grads',
    accumulated_delta_var: '_accumulated_delta_vars',
  },
};

/** The keys of an optimiser's parts in a checkpoint. */
export interface OptimizerKeys {
  iterations: string;
  learningRate?: string;
  /** One for each trainable weight; no slots, if the optimiser was not used yet. */
  slots: Record<string, string[]>;
}

/**
 * Adds an optimiser to an object graph, as TensorFlow 2.11 and later do (which refuse the way of
 * earlier versions), and returns what is to be stored. The caller disposes the tensors.
 */
export function optimizerEntries(model: tf.LayersModel, root: TrackedObject): NamedTensor[] {
  const { optimizer } = model;
  const { iterations, slots } = readOptimizerState(model);
  const variableAt = (path: string): string => {
    const variable = objectMadeAt(root, `optimizer/${path}`);
    variable.key = `optimizer/${path}/${variableValue}`;
    return variable.key;
  };
  const entries: NamedTensor[] = [
    {
      name: variableAt('_iterations'),
      tensor: tf.scalar(iterations, 'int32'),
      asInt64: true,
    },
  ];
  if (!hasSchedule(optimizer)) {
    const tensor = tf.scalar(learningRateOf(optimizer));
    entries.push({ name: variableAt('_learning_rate'), tensor });
  }
  if (isNadam(optimizer)) {
    const tensor = tf.scalar(optimizer.momentumProduct());
    entries.push({ name: variableAt('_u_product'), tensor });
  }
  for (const [slot, tensors] of Object.entries(slots)) {
    for (const [i, tensor] of tensors.entries()) {
      entries.push({ name: variableAt(`${listName(optimizer, slot)}/${i}`), tensor });
    }
  }
  return entries;
}

/** Where a checkpoint has the optimiser's parts; undefined if it has none of them. */
export function optimizerKeys(
  model: tf.LayersModel,
  objects: WeightObjects,
  roots: TrackedObject[],
): OptimizerKeys | undefined {
  const object = roots.map(optimizerIn).find((found) => found !== undefined);
  const iterations = object && keyAt(object, '_iterations', 'iter');
  if (!object || iterations === undefined) {
    return undefined;
  }
  const slots: OptimizerKeys['slots'] = {};
  for (const { name, inKeras } of slotKinds(model.optimizer)) {
    const list = inKeras
      ? model.trainableWeights.map((weight, i) => {
          const listed = objectAt(object, `${listName(model.optimizer, name)}/${i}`);
          const slot = object.slots.find(
            (one) =>
              one.variable === objects.get(weight) &&
              one.slot === writtenSlotName(model.optimizer, name),
          );
          return (listed ?? slot?.value)?.key;
        })
      : [];
    if (list.some((key) => key !== undefined)) {
      slots[name] = list.map((key, i) => key ?? `${name} of the trainable weight ${i}`);
    }
  }
  const learningRate = keyAt(object, '_learning_rate', 'learning_rate');
  return { iterations, slots, ...(learningRate === undefined ? {} : { learningRate }) };
}

/** Throws if `restoreOptimizer` could not do its work; nothing is changed. */
export function requireRestorableState(
  { optimizer }: tf.LayersModel,
  { learningRate, slots }: OptimizerKeys,
  tensors: Record<string, tf.Tensor>,
): void {
  if (Object.keys(slots).length > 0) {
    const rate = learningRate === undefined ? undefined : numberIn(tensors, learningRate);
    requireRestorable(optimizer, rate ?? learningRateOf(optimizer));
  }
}

function numberIn(tensors: Record<string, tf.Tensor>, key: string): number {
  return tensors[key]?.dataSync()[0] as number;
}

/** Gives the model's optimiser what was read under its keys. */
export async function restoreOptimizer(
  model: tf.LayersModel,
  keys: OptimizerKeys,
  tensors: Record<string, tf.Tensor>,
): Promise<void> {
  const { optimizer } = model;
  const number = (key: string) => numberIn(tensors, key);
  // First: the slot of momentum is stored in steps, which depend on the learning rate.
  if (keys.learningRate !== undefined && !hasSchedule(optimizer)) {
    setLearningRate(optimizer, number(keys.learningRate));
  }
  const iterations = number(keys.iterations);
  const hasSlots = Object.keys(keys.slots).length > 0;
  if (iterations === 0 && !hasSlots) {
    return;
  }
  const slots: Record<string, tf.Tensor[]> = {};
  for (const [slot, slotKeys] of Object.entries(keys.slots)) {
    slots[slot] = slotKeys.map((key) => tensors[key] as tf.Tensor);
  }
  await writeOptimizerState(model, { iterations, slots });
}

function optimizerIn(root: TrackedObject): TrackedObject | undefined {
  const named = root.children.get('optimizer');
  const all = named ? [named] : [...root.children.values()];
  return all.find((object) => keyAt(object, '_iterations', 'iter') !== undefined);
}

function keyAt(object: TrackedObject, ...names: string[]): string | undefined {
  return names.map((name) => object.children.get(name)?.key).find((key) => key !== undefined);
}

function listName(optimizer: tf.Optimizer, slot: string): string {
  return slotLists[optimizer.getClassName()]?.[slot] ?? slot;
}
