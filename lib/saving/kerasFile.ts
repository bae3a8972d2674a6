import { readFile, writeFile } from 'node:fs/promises';
import { crc32 } from 'node:zlib';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { replaceFile } from '../files/replaceFile';
import type * as tf from '../tensorflow';
import { kerasVersion } from './hardSigmoid';
import { parseHdf5, serializeHdf5 } from './hdf5File';
import { asObject, isObject, type Json, type JsonObject, textForPython } from './json';
import { loadKerasH5, saveKerasH5 } from './kerasH5';
import { makeModel, namingFile } from './kerasModel';
import { modelConfigToKeras } from './kerasModelConfig';
import { isFloatOption } from './kerasOptimizers';
import { compileFromKeras, trainingConfigToKeras } from './kerasTrainingConfig';
import { optimizerFromTree, weightsFromTree, weightsTree } from './kerasWeightsTree';
import { zipChecksums } from './zipChecksums';

/** Options of `saveModel`. */
export interface SaveModelOptions {
  /**
   * Save loss, metrics, optimiser and the optimiser's state too, so that training can go on in
   * Keras or here. Default: true; a model that was never compiled has none of it.
   */
  includeOptimizer?: boolean;
}

/** Options of `loadModel`. */
export interface LoadModelOptions {
  /** Compile the model as it was when it was saved. Default: true. */
  compile?: boolean;
}

/** The files in a `.keras` file. */
const configFile = 'config.json';
const metadataFile = 'metadata.json';
const weightsFile = 'model.weights.h5';

/** A zip can claim to hold any size; no model's weights are as much smaller in it. */
const largestExpansion = 100;
const smallSize = 16 * 2 ** 20;

/**
 * Saves a model as Keras's `model.save(path)` does, in the format that the path's ending names:
 * `.keras` (Keras 3's own, which restores the optimiser too) or `.h5` (see `saveKerasH5`). In Python
 * `keras.models.load_model('mnist.keras')` gives the same model and goes on training it.
 *
 * The file is replaced as a whole: if anything fails, an older file of that name is untouched.
 *
 * @param model A Sequential or functional model of the layers that tfjs has (what is refused is named).
 * @param path Where to write, for example `models/mnist.keras`. Missing folders are made.
 * @param options what to save.
 * @throws Error that names the layer, loss, metric or optimiser that Keras does not have, or the
 *   ending that is neither.
 * @see https://keras.io/api/models/model_saving_apis/model_saving_and_loading/
 */
export async function saveModel(
  model: tf.LayersModel,
  path: string,
  options: SaveModelOptions = {},
): Promise<void> {
  if (path.endsWith('.h5')) {
    return saveKerasH5(model, path, options);
  }
  if (!path.endsWith('.keras')) {
    throw new Error(`A model is saved as .keras or as .h5, but the file name is ${path}.`);
  }
  const isCompiled = (options.includeOptimizer ?? true) && Boolean(model.optimizer);
  const weights = await serializeHdf5(await weightsTree(model, isCompiled));
  const config = configOf(model, isCompiled);
  const date = new Date().toISOString().slice(0, 19).replace('T', '@');
  const zip = zipSync(
    {
      [metadataFile]: strToU8(JSON.stringify({ keras_version: '3.0.0', date_saved: date })),
      [configFile]: strToU8(textForPython(config, isFloatOption)),
      [weightsFile]: weights,
    },
    // As Keras does: weights get hardly smaller.
    { level: 0 },
  );
  await replaceFile(path, (temporaryPath) => writeFile(temporaryPath, zip));
}

/**
 * Loads a model that Keras's `model.save(path)` wrote, or `saveModel`: a `.keras` file or an `.h5`
 * file, whatever its name is. Loss, metrics, optimiser and its state come with it, so that training
 * goes on. The caller disposes the model.
 *
 * @param path the file.
 * @param options whether to compile the model.
 * @throws Error that says what is wrong: no such file, neither format, damaged; a layer, an option
 *   of a layer, a loss, metric or optimiser that tfjs does not have (with `{ compile: false }` the
 *   last three do not matter); weights that do not fit the layers. No half-loaded model remains.
 * @see https://keras.io/api/models/model_saving_apis/model_saving_and_loading/
 */
export async function loadModel(
  path: string,
  options: LoadModelOptions = {},
): Promise<tf.LayersModel> {
  const bytes = await readFile(path).catch((error) => {
    throw new Error(`There is no file ${path} that can be read.`, { cause: error });
  });
  if (bytes.subarray(0, 2).toString('latin1') !== 'PK') {
    return loadKerasH5(path, options);
  }
  const files = filesIn(bytes, path);
  const weights = await parseHdf5(files[weightsFile], `${weightsFile} in ${path}`);
  try {
    const config = asObject(parsed(strFromU8(files[configFile]), configFile), 'The configuration');
    const metadata = parsed(strFromU8(files[metadataFile]), metadataFile);
    const version = kerasVersion(isObject(metadata) ? metadata.keras_version : undefined, 3);
    return await makeModel(config, version, async (model) => {
      weightsFromTree(model, weights, true)();
      const training = config.compile_config;
      // Keras writes an empty object for a model that was not compiled.
      if ((options.compile ?? true) && isObject(training) && Object.keys(training).length > 0) {
        if (!training.optimizer) {
          throw new Error(
            'it was compiled, but the file has no optimizer (Keras 3 leaves it out if the model ' +
              'was saved as .h5 before); load it with { compile: false }.',
          );
        }
        compileFromKeras(model, { ...training, optimizer_config: training.optimizer });
        await optimizerFromTree(model, weights)();
      }
    });
  } catch (error) {
    throw namingFile(path, error);
  }
}

function filesIn(bytes: Buffer, path: string) {
  let files: Record<string, Uint8Array>;
  try {
    files = unzipSync(bytes, {
      filter: ({ name, originalSize }) => {
        if (originalSize > bytes.length * largestExpansion + smallSize) {
          throw new Error(`${name} in it is too large.`);
        }
        return [configFile, metadataFile, weightsFile].includes(name);
      },
    });
    checkContents(files, zipChecksums(bytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${path} is not a .keras file, or it is damaged: ${reason}.`, { cause: error });
  }
  const { [configFile]: config, [weightsFile]: weights } = files;
  if (!config || !weights) {
    throw new Error(
      `${path} is a zip, but not a .keras file: ${configFile} or weights are missing.`,
    );
  }
  return {
    [configFile]: config,
    [metadataFile]: files[metadataFile] ?? strToU8('{}'),
    [weightsFile]: weights,
  };
}

function checkContents(
  files: Record<string, Uint8Array>,
  checksums: ReadonlyMap<string, number>,
): void {
  for (const [name, content] of Object.entries(files)) {
    if (crc32(content) !== checksums.get(name)) {
      throw new Error(`the checksum of ${name} in it is wrong`);
    }
  }
}

function parsed(text: string, file: string): Json {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`The ${file} of the file is not JSON.`, { cause: error });
  }
}

function configOf(model: tf.LayersModel, isCompiled: boolean): JsonObject {
  const config = { ...withModules(modelConfigToKeras(model, 3)), build_config: null };
  if (!isCompiled) {
    return config;
  }
  const { optimizer_config: optimizer, ...training } = trainingConfigToKeras(model);
  const compileConfig = {
    ...training,
    optimizer: { module: 'keras.optimizers', ...asObject(optimizer, 'The optimizer') },
  };
  return { ...config, compile_config: compileConfig };
}

/** Keras finds a class by its module. */
function withModules(layer: JsonObject): JsonObject {
  const config = Object.fromEntries(
    Object.entries(asObject(layer.config, "A layer's config")).map(([option, value]) => [
      option,
      withModulesInside(option, value),
    ]),
  );
  if (layer.class_name === 'Functional') {
    return {
      ...layer,
      module: 'keras.src.models.functional',
      config,
      registered_name: 'Functional',
    };
  }
  const module = layer.class_name === 'Sequential' ? 'keras' : 'keras.layers';
  return { ...layer, module, config, registered_name: null };
}

function withModulesInside(option: string, value: Json): Json {
  if (option === 'layers' && Array.isArray(value)) {
    return value.map((layer) => withModules(asObject(layer, 'A layer')));
  }
  return option === 'layer' && isObject(value) ? withModules(value) : value;
}
