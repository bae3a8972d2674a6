/**
 * Weights as Keras 3 stores them, in `.weights.h5` files and inside `.keras` files: each layer's in
 * a group that is named by the layer's class and its place among the layers of that class.
 */
import { isNadam } from '../optimizers/algorithms';
import * as tf from '../tensorflow';
import {
  emptyGroup,
  groupMadeIn,
  type Hdf5Group,
  memberOf,
  readArray,
  readText,
  type StoredArray,
  writeArray,
} from './hdf5Tree';
import { snakeCase } from './kerasFunctions';
import { withoutState } from './kerasOptimizerWeights';
import { nameFromKeras, nameToKeras } from './layerNames';
import { type LayerVariable, layersOfModel, ownWeights, partsOf } from './layerStructure';
import { tensorOf, writeUnconstrained } from './layerWeights';
import {
  hasSchedule,
  learningRateOf,
  readOptimizerState,
  requireRestorable,
  setLearningRate,
  slotKinds,
  writeOptimizerState,
} from './optimizerState';

type Layer = tf.layers.Layer;

/** A layer's place in the file and its weights there. */
interface LayerGroup {
  path: string;
  layer: Layer;
  weights: LayerVariable[];
}

/** How many slots an optimiser lists weight by weight; all others follow slot by slot. */
const weightByWeight: Record<string, number> = {
  Adam: 2,
  AmsgradAdam: 2,
  Nadam: 2,
  Adamax: 2,
  Adadelta: 2,
};

/** The slot and the weight of each array in a file. */
function slotOrder(optimizer: tf.Optimizer, slots: number, weights: number): [number, number][] {
  const indices = (count: number, from = 0) => Array.from({ length: count }, (_, i) => from + i);
  const together = weightByWeight[optimizer.getClassName()] ?? 0;
  const pairs = (slot: number, weight: number): [number, number] => [slot, weight];
  return [
    ...indices(weights).flatMap((weight) => indices(together).map((slot) => pairs(slot, weight))),
    ...indices(slots - together, together).flatMap((slot) =>
      indices(weights).map((weight) => pairs(slot, weight)),
    ),
  ];
}

/** The weights of a model, and its optimiser's state if that is wanted. */
export async function weightsTree(
  model: tf.LayersModel,
  withOptimizer: boolean,
): Promise<Hdf5Group> {
  const root = emptyGroup();
  for (const { path, layer, weights } of layerGroups(model)) {
    const group = [...path.split('/'), 'vars'].filter(Boolean).reduce(groupMadeIn, root);
    group.attributes.set('name', nameToKeras(layer.name));
    for (const [i, weight] of weights.entries()) {
      writeArray(group, await stored(String(i), weight.read()));
    }
  }
  if (withOptimizer) {
    const group = groupMadeIn(groupMadeIn(root, 'optimizer'), 'vars');
    for (const array of await optimizerArrays(model)) {
      writeArray(group, array);
    }
  }
  return root;
}

/**
 * Reads and checks the weights of a file; the function that is returned gives them to the model.
 * `checkNames`: whether the layers have to have the names that the file has for them.
 */
export function weightsFromTree(
  model: tf.LayersModel,
  root: Hdf5Group,
  checkNames: boolean,
): () => void {
  const groups = layerGroups(model).filter(({ weights }) => weights.length > 0);
  const found = groups.map((group) => arraysFor(group, root, checkNames));
  return () =>
    tf.tidy(() => {
      for (const [i, { weights }] of groups.entries()) {
        for (const [j, array] of (found[i] ?? []).entries()) {
          writeUnconstrained(weights[j] as LayerVariable, tensorOf(array));
        }
      }
    });
}

/**
 * Reads and checks the state of the model's optimiser in a file; the function that is returned gives
 * it to the optimiser, if there is any.
 */
export function optimizerFromTree(model: tf.LayersModel, root: Hdf5Group): () => Promise<void> {
  const vars = memberOf(root, 'optimizer/vars');
  if (vars?.kind !== 'group' || vars.members.size === 0) {
    return async () => {};
  }
  const arrays = [...vars.members.keys()]
    .sort((a, b) => Number(a) - Number(b))
    .map((name) => readArray(vars, name));
  const { optimizer } = model;
  const weights = model.trainableWeights.map((weight) => weight.read());
  const slots = slotKinds(optimizer).filter(({ inKeras }) => inKeras);
  // Keras 2 stores no learning rate, and neither does Keras 3 where it follows a schedule.
  const most = hasSchedule(optimizer) ? 1 : 2;
  const first = arrays.findIndex(({ shape }, i) => shape.length > 0 || i === most);
  // Before its first step an optimiser has no slots.
  const slotArrays = first === -1 ? [] : arrays.slice(first);
  const [iterations, storedRate] = arrays.slice(0, first === -1 ? most : first);
  const rate = storedRate ? Number(storedRate.values[0]) : learningRateOf(optimizer);
  const setRate = () => {
    if (storedRate) {
      setLearningRate(optimizer, rate);
    }
  };
  const count = Number(iterations?.values[0] ?? 0);
  if (slotArrays.length === 0 && slots.length > 0) {
    return async () => setRate();
  }
  requireRestorable(optimizer, rate);
  const found: Record<string, StoredArray[]> = {};
  const order = slotOrder(optimizer, slots.length, weights.length);
  for (const [index, [s, w]] of order.entries()) {
    const { name } = slots[s] as { name: string };
    found[name] ??= [];
    found[name][w] = fittingSlot(name, slotArrays[index], weights[w] as tf.Tensor);
  }
  return async () => {
    setRate();
    const state = Object.fromEntries(
      Object.entries(found).map(([name, stored]) => [name, stored.map(tensorOf)]),
    );
    await writeOptimizerState(model, { iterations: count, slots: state });
    tf.dispose(state);
  };
}

function fittingSlot(slot: string, array: StoredArray | undefined, weight: tf.Tensor): StoredArray {
  if (!array || !tf.util.arraysEqual(array.shape, weight.shape)) {
    throw new Error(
      `The optimizer weights do not fit the model: ${slot} should have the shape ` +
        `[${weight.shape}], but has ${array ? `[${array.shape}]` : 'none'}. ${withoutState}`,
    );
  }
  return array;
}

async function optimizerArrays(model: tf.LayersModel): Promise<StoredArray[]> {
  const { optimizer, trainableWeights: weights } = model;
  const { iterations, slots } = readOptimizerState(model);
  const lists = Object.values(slots);
  const arrays: Omit<StoredArray, 'name'>[] = [{ shape: [], values: Int32Array.of(iterations) }];
  if (!hasSchedule(optimizer)) {
    arrays.push({ shape: [], values: Float32Array.of(learningRateOf(optimizer)) });
  }
  for (const [s, w] of slotOrder(optimizer, lists.length, weights.length)) {
    arrays.push(await stored('', lists[s]?.[w] as tf.Tensor));
  }
  if (isNadam(optimizer)) {
    arrays.push({ shape: [], values: Float32Array.of(optimizer.momentumProduct()) });
  }
  tf.dispose(slots);
  return arrays.map((array, i) => ({ ...array, name: String(i) }));
}

async function stored(name: string, tensor: tf.Tensor): Promise<StoredArray> {
  return { name, shape: tensor.shape, values: await tensor.data<'float32'>() };
}

function arraysFor(
  { path, layer, weights }: LayerGroup,
  root: Hdf5Group,
  checkNames: boolean,
): StoredArray[] {
  const place = `${path}/vars`;
  const group = groupAt(root, place);
  const name = group && readText(group, 'name');
  // What is inside a layer has other names in tfjs.
  const isListed = /(^|\/)layers\/[^/]+$/.test(path);
  if (checkNames && isListed && name !== undefined && nameFromKeras(name) !== layer.name) {
    throw new Error(
      `the weights in ${place} are those of a layer "${name}", not of "${layer.name}": ` +
        'layers of one class in another order, which is not supported.',
    );
  }
  const arrays = weights.map((_, i) =>
    group?.members.has(String(i)) ? readArray(group, String(i)) : undefined,
  );
  const expected = weights.map(({ shape }) => shape);
  const found = arrays.map((array) => array?.shape);
  if (JSON.stringify(found) !== JSON.stringify(expected)) {
    const text = (shapes: unknown[]) => shapes.map((s) => (s ? `[${s}]` : 'none')).join(', ');
    throw new Error(
      `the weights do not fit layer "${layer.name}": it needs ${text(expected)}, ` +
        `the file has ${text(found)} in ${place}.`,
    );
  }
  for (const [i, array] of (arrays as StoredArray[]).entries()) {
    const isFloat = array.values instanceof Float32Array;
    if (isFloat !== (weights[i]?.dtype === 'float32')) {
      throw new Error(
        `the weights do not fit layer "${layer.name}": ${place}/${i} is a ` +
          `${array.values.constructor.name}, but the layer needs ${weights[i]?.dtype}.`,
      );
    }
  }
  return arrays as StoredArray[];
}

function groupAt(root: Hdf5Group, path: string): Hdf5Group | undefined {
  const member = memberOf(root, path);
  return member?.kind === 'group' ? member : undefined;
}

function layerGroups(model: tf.LayersModel): LayerGroup[] {
  const groups: LayerGroup[] = [];
  addGroups(model, '', groups);
  return groups;
}

function addGroups(layer: Layer, path: string, groups: LayerGroup[]): void {
  const inside = layersOfModel(layer);
  const weights = inside ? [] : ownWeights(layer).map(([, weight]) => weight);
  groups.push({ path, layer, weights });
  const before = path === '' ? '' : `${path}/`;
  for (const { attribute, layer: part } of partsOf(layer)) {
    addGroups(part, before + attribute, groups);
  }
  const counts = new Map<string, number>();
  for (const one of inside ?? []) {
    const className = snakeCase(kerasClassName(one));
    const count = counts.get(className) ?? 0;
    counts.set(className, count + 1);
    const name = count === 0 ? className : `${className}_${count}`;
    addGroups(one, `${before}layers/${name}`, groups);
  }
}

function kerasClassName(layer: Layer): string {
  const isFunctional = layersOfModel(layer) && !(layer instanceof tf.Sequential);
  return isFunctional ? 'Functional' : layer.getClassName();
}
