import type * as tf from '../tensorflow';
import { type KerasVersion, kerasVersion } from './hardSigmoid';
import { readHdf5, writeHdf5 } from './hdf5File';
import {
  emptyGroup,
  groupIn,
  groupMadeIn,
  type Hdf5Group,
  readArray,
  readText,
  readTexts,
  type StoredArray,
  writeArray,
} from './hdf5Tree';
import { type Json, textForPython } from './json';
import { makeModel, namingFile } from './kerasModel';
import { modelConfigToKeras } from './kerasModelConfig';
import { isFloatOption } from './kerasOptimizers';
import {
  optimizerWeightsFromKeras,
  optimizerWeightsToKeras,
  storedLearningRate,
} from './kerasOptimizerWeights';
import { compileFromKeras, trainingConfigToKeras } from './kerasTrainingConfig';
import { nameFromKeras, nameToKeras } from './layerNames';
import { readWeights, type WeightsByLayer, writeWeights } from './layerWeights';

/** Options of `saveKerasH5`. */
export interface SaveKerasH5Options {
  /**
   * Save loss, metrics, optimiser and the optimiser's state too, so that training can go on in
   * Keras or here. Default: true; a model that was never compiled has none of it.
   */
  includeOptimizer?: boolean;
}

/** Options of `loadKerasH5`. */
export interface LoadKerasH5Options {
  /** Compile the model as it was when it was saved. Default: true. */
  compile?: boolean;
}

const version: [string, string][] = [
  // The version of Keras whose file layout is written; version 3 reads it as well.
  ['keras_version', '2.15.0'],
  // Keras 2 turns kernels around that come from another backend than TensorFlow.
  ['backend', 'tensorflow'],
];

/** What the file holds, before any of it is made into a model. */
interface KerasH5 {
  kerasVersion: KerasVersion;
  modelConfig: Json;
  trainingConfig: Json | undefined;
  weights: WeightsByLayer;
  optimizerWeights: StoredArray[] | undefined;
}

/**
 * Saves a model as the HDF5 file that Keras's `model.save('mnist.h5')` writes: its layers, its
 * weights, and (if it is compiled) loss, metrics, optimiser and the optimiser's state. In Python,
 * `keras.models.load_model('mnist.h5')` gives the same model and can go on training it. (Only Keras 2
 * if a TimeDistributed holds a functional model, which Keras 3 reads from `.keras` files.)
 *
 * The file is replaced as a whole: if anything fails, an older file of that name is untouched.
 *
 * @param model A Sequential or functional model of the layers that tfjs has (what is refused is named).
 * @param path Where to write, by custom with the ending `.h5`. Missing folders are made.
 * @param options what to save.
 * @throws An error that names the layer, loss, metric or optimiser that Keras does not have.
 * @see https://keras.io/api/models/model_saving_apis/model_saving_and_loading/
 */
export async function saveKerasH5(
  model: tf.LayersModel,
  path: string,
  { includeOptimizer = true }: SaveKerasH5Options = {},
): Promise<void> {
  const isCompiled = includeOptimizer && Boolean(model.optimizer);
  const contents: KerasH5 = {
    kerasVersion: 2,
    modelConfig: modelConfigToKeras(model),
    trainingConfig: isCompiled ? trainingConfigToKeras(model) : undefined,
    weights: await readWeights(model),
    optimizerWeights: isCompiled ? await optimizerWeightsToKeras(model) : undefined,
  };
  await writeHdf5(path, treeOf(contents));
}

/**
 * Loads a model from the HDF5 file that Keras's `model.save('mnist.h5')` wrote (Keras 2 or 3), or
 * `saveKerasH5`. Loss, metrics, optimiser and its state come with it, so that training goes on.
 * The caller disposes the model.
 *
 * @param path the `.h5` file.
 * @param options whether to compile the model.
 * @throws An error that says what is wrong: no such file, not HDF5, cut short; a layer, an option
 *   of a layer, a loss, metric or optimiser that tfjs does not have (with `{ compile: false }` the
 *   last three do not matter); weights that do not fit the layers. No half-loaded model remains.
 * @see https://keras.io/api/models/model_saving_apis/model_saving_and_loading/
 */
export async function loadKerasH5(
  path: string,
  { compile = true }: LoadKerasH5Options = {},
): Promise<tf.LayersModel> {
  const tree = await readHdf5(path);
  try {
    return await buildModel(readContents(tree), compile);
  } catch (error) {
    throw namingFile(path, error);
  }
}

function buildModel(contents: KerasH5, compile: boolean): Promise<tf.LayersModel> {
  const { modelConfig, trainingConfig, weights, optimizerWeights } = contents;
  return makeModel(modelConfig, contents.kerasVersion, async (model) => {
    writeWeights(model, weights);
    if (compile && trainingConfig !== undefined) {
      compileFromKeras(model, trainingConfig, storedLearningRate(optimizerWeights ?? []));
      if (optimizerWeights) {
        await optimizerWeightsFromKeras(model, optimizerWeights);
      }
    }
  });
}

function treeOf(contents: KerasH5): Hdf5Group {
  const root = emptyGroup();
  root.attributes = new Map(version);
  root.attributes.set('model_config', JSON.stringify(contents.modelConfig));
  if (contents.trainingConfig !== undefined) {
    root.attributes.set('training_config', textForPython(contents.trainingConfig, isFloatOption));
  }
  const weights = groupMadeIn(root, 'model_weights');
  weights.attributes = new Map(version);
  weights.attributes.set('layer_names', [...contents.weights.keys()].map(nameToKeras));
  for (const [layer, arrays] of contents.weights) {
    writeArrays(groupMadeIn(weights, nameToKeras(layer)), arrays);
  }
  writeArrays(groupMadeIn(weights, 'top_level_model_weights'), []);
  if (contents.optimizerWeights) {
    writeArrays(groupMadeIn(root, 'optimizer_weights'), contents.optimizerWeights);
  }
  return root;
}

function writeArrays(group: Hdf5Group, arrays: StoredArray[]): void {
  group.attributes.set(
    'weight_names',
    arrays.map(({ name }) => name),
  );
  for (const array of arrays) {
    writeArray(group, array);
  }
}

function readContents(root: Hdf5Group): KerasH5 {
  const modelConfig = readText(root, 'model_config');
  if (modelConfig === undefined) {
    const onlyWeights = root.members.has('layers') || readTexts(root, 'layer_names') !== undefined;
    throw new Error(
      onlyWeights
        ? 'it holds only weights; save the whole model with model.save() in Keras, or give the ' +
            'weights of a .weights.h5 file to a model with saving.loadWeights.'
        : 'it is an HDF5 file, but not a Keras model (it has no model_config).',
    );
  }
  const trainingConfig = readText(root, 'training_config');
  const weights = groupIn(root, 'model_weights');
  const layerNames = readTexts(weights, 'layer_names') ?? [];
  return {
    kerasVersion: kerasVersion(readText(root, 'keras_version'), 2),
    modelConfig: parsed(modelConfig, 'model_config'),
    trainingConfig:
      trainingConfig === undefined ? undefined : parsed(trainingConfig, 'training_config'),
    weights: new Map(
      layerNames.map((layer) => [nameFromKeras(layer), readArrays(groupIn(weights, layer))]),
    ),
    optimizerWeights: root.members.has('optimizer_weights')
      ? readArrays(groupIn(root, 'optimizer_weights'))
      : undefined,
  };
}

function parsed(text: string, attribute: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The ${attribute} of the file is not JSON.`, { cause: error });
  }
}

function readArrays(group: Hdf5Group): StoredArray[] {
  return (readTexts(group, 'weight_names') ?? []).map((name) => readArray(group, name));
}
