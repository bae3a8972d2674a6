import * as tf from '../tensorflow';
import { listCheckpoint, loadEntries, loadObjectGraph, saveEntries } from './checkpoint';
import type { CheckpointEntry } from './checkpointIndex';
import type { NamedTensor } from './checkpointOps';
import {
  type OptimizerKeys,
  optimizerEntries,
  optimizerKeys,
  requireRestorableState,
  restoreOptimizer,
  variableValue,
  type WeightObjects,
} from './checkpointOptimizer';
import { readHdf5, writeHdf5 } from './hdf5File';
import { optimizerFromTree, weightsFromTree, weightsTree } from './kerasWeightsTree';
import { type LayerVariable, layersOfModel, ownWeights, partsOf } from './layerStructure';
import { writeUnconstrained } from './layerWeights';
import {
  objectAt,
  objectGraphKey,
  objectMadeAt,
  serializeObjectGraph,
  type TrackedObject,
  trackedObject,
} from './objectGraph';
import { slotKinds } from './optimizerState';

/** Options of `saveWeights`. */
export interface SaveWeightsOptions {
  /** Save the optimiser's state too, so that training can be taken up again. Default: true. */
  includeOptimizer?: boolean;
}

/** The ending of Keras 3's files of weights. */
const kerasEnding = '.weights.h5';

/**
 * Saves a model's weights (and the optimiser's state). With the ending `.weights.h5` that is one
 * file, as `model.save_weights('x.weights.h5')` of Keras 3 writes it and `model.load_weights` reads
 * it. Any other path is the prefix of a TensorFlow checkpoint, as TensorFlow 2's
 * `model.save_weights('x.ckpt')` does: `model.load_weights('x.ckpt')` of Keras 2 and
 * `tf.train.Checkpoint(model).read('x.ckpt')` restore them. See `saveCheckpoint` for the files.
 *
 * @param model any model; compiled, if its optimiser's state is to be saved.
 * @param prefix Path without the suffixes, for example `ckpt/cp-0005.ckpt`; or `x.weights.h5`.
 * @param options what to save.
 * @see https://www.tensorflow.org/tutorials/keras/save_and_load
 */
export async function saveWeights(
  model: tf.LayersModel,
  prefix: string,
  { includeOptimizer = true }: SaveWeightsOptions = {},
): Promise<void> {
  const withOptimizer = includeOptimizer && Boolean(model.optimizer);
  if (prefix.endsWith(kerasEnding)) {
    return writeHdf5(prefix, await weightsTree(model, withOptimizer));
  }
  const root = trackedObject();
  const entries: NamedTensor[] = [];
  for (const [weight, path] of pathsOfWeights(model)) {
    const object = objectMadeAt(root, path);
    object.key = `${path}/${variableValue}`;
    entries.push({ name: object.key, tensor: weight.read() });
  }
  const made = withOptimizer ? optimizerEntries(model, root) : [];
  made.push({ name: objectGraphKey, tensor: noteTensor(serializeObjectGraph(root)), isNote: true });
  try {
    await saveEntries(prefix, [...entries, ...made]);
  } finally {
    tf.dispose(made.map(({ tensor }) => tensor));
  }
}

/**
 * Gives a model the weights of a TensorFlow checkpoint: one that `saveWeights` wrote, TensorFlow
 * 2's `model.save_weights('x.ckpt')`, or `tf.train.Checkpoint(model=model, optimizer=optimizer)`,
 * of a Sequential or functional model of Keras 2 with the same layers. If the model is compiled and
 * the checkpoint has the optimiser's state, that is taken over too. With the ending `.weights.h5` it
 * is a file of Keras 3 (see `saveWeights`).
 *
 * @param model a model with the same layers; compiled, if the optimiser's state is wanted.
 * @param prefix the path of the checkpoint without its suffixes.
 * @throws An error that names the weight that is missing or has another shape; the model is then
 *   unchanged.
 */
export async function loadWeights(model: tf.LayersModel, prefix: string): Promise<void> {
  if (prefix.endsWith(kerasEnding)) {
    return loadKerasWeights(model, prefix);
  }
  const stored = await listCheckpoint(prefix);
  const graph = loadObjectGraph(prefix, stored) ?? graphOfKeys(stored);
  const root = modelIn(graph) ?? graph;
  const objects: WeightObjects = new Map();
  const keys = new Map<LayerVariable, string>();
  for (const [weight, path] of pathsOfWeights(model)) {
    const object = objectAt(root, path) ?? trackedObject();
    objects.set(weight, object);
    keys.set(weight, object.key ?? `${path}/${variableValue}`);
  }
  const state = model.optimizer ? optimizerKeys(model, objects, [root, graph]) : undefined;
  const wanted = [
    ...[...keys].map(([weight, key]) =>
      checkedEntry(prefix, stored, key, weight.shape as number[]),
    ),
    ...(state ? checkedState(model, state, prefix, stored) : []),
  ];
  const tensors = loadEntries(prefix, wanted);
  try {
    for (const [weight, key] of keys) {
      requireType(prefix, key, tensors[key] as tf.Tensor, weight);
    }
    if (state) {
      requireRestorableState(model, state, tensors);
    }
    // All was read and checked before anything of the model is changed.
    for (const [weight, key] of keys) {
      writeUnconstrained(weight, tensors[key] as tf.Tensor);
    }
    if (state) {
      await restoreOptimizer(model, state, tensors);
    }
  } finally {
    tf.dispose(tensors);
  }
}

function requireType(
  prefix: string,
  key: string,
  { dtype }: tf.Tensor,
  weight: LayerVariable,
): void {
  if (dtype !== weight.dtype) {
    throw new Error(
      `The checkpoint ${prefix} does not fit the model: "${key}" holds ${dtype} numbers, ` +
        `the model needs ${weight.dtype}.`,
    );
  }
}

async function loadKerasWeights(model: tf.LayersModel, path: string): Promise<void> {
  const tree = await readHdf5(path);
  try {
    // All is read before anything of the model is changed.
    const writeWeights = weightsFromTree(model, tree, false);
    const writeOptimizer = model.optimizer ? optimizerFromTree(model, tree) : undefined;
    writeWeights();
    await writeOptimizer?.();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The weights in ${path} cannot be loaded: ${reason}`, { cause: error });
  }
}

/** Where each weight stands in the object graph: `layer_with_weights-0/kernel`. */
function pathsOfWeights(model: tf.LayersModel): Map<LayerVariable, string> {
  const paths = new Map<LayerVariable, string>();
  addPaths(model, '', paths);
  return paths;
}

function addPaths(layer: tf.layers.Layer, before: string, paths: Map<LayerVariable, string>): void {
  const layers = layersOfModel(layer)?.filter(({ weights }) => weights.length > 0);
  if (layers) {
    for (const [i, inside] of layers.entries()) {
      addPaths(inside, `${before}layer_with_weights-${i}/`, paths);
    }
    return;
  }
  for (const { attribute, layer: part } of partsOf(layer)) {
    addPaths(part, `${before}${attribute}/`, paths);
  }
  for (const [name, weight] of ownWeights(layer)) {
    // What is shared is stored once.
    if (!paths.has(weight)) {
      paths.set(weight, before + name);
    }
  }
}

/** The model itself, or what was saved with it: `tf.train.Checkpoint(model=model)`. */
function modelIn(graph: TrackedObject): TrackedObject | undefined {
  return [graph, ...graph.children.values()].find((object) =>
    object.children.has('layer_with_weights-0'),
  );
}

/** For checkpoints without a note about objects: the keys tell the same. */
function graphOfKeys(stored: Map<string, CheckpointEntry>): TrackedObject {
  const root = trackedObject();
  for (const key of stored.keys()) {
    if (key.endsWith(`/${variableValue}`) && !key.includes('.OPTIMIZER_SLOT')) {
      objectMadeAt(root, key.slice(0, -variableValue.length - 1)).key = key;
    }
  }
  return root;
}

function checkedState(
  model: tf.LayersModel,
  { iterations, learningRate, slots }: OptimizerKeys,
  prefix: string,
  stored: Map<string, CheckpointEntry>,
): [string, CheckpointEntry][] {
  const scalars = learningRate === undefined ? [iterations] : [iterations, learningRate];
  // An optimiser that was not used yet has no slots.
  const names = Object.keys(slots).length > 0 ? slotKinds(model.optimizer) : [];
  return [
    ...scalars.map((key) => checkedEntry(prefix, stored, key, [])),
    ...names
      .filter(({ inKeras }) => inKeras)
      .flatMap(({ name }) =>
        model.trainableWeights.map((weight, i) => {
          const key = slots[name]?.[i] ?? `the optimizer's ${name}`;
          return checkedEntry(prefix, stored, key, weight.shape as number[]);
        }),
      ),
  ];
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

/** A tensor that holds bytes. tfjs would take them for a row of numbers or of letters. */
function noteTensor(bytes: Uint8Array): tf.Tensor {
  return tf.engine().makeTensor([bytes] as unknown as string[], [], 'string');
}
