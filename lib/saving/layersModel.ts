import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../files/replaceFile';
import { lackedByTfjs } from '../layers/kerasLayer';
import * as tf from '../tensorflow';
import type { Json } from './json';
import { layersOfModel, partsOf } from './layerStructure';
import {
  checksumOf,
  type LayersModelChecksum,
  weightsFileName,
  weightsHash,
} from './loadLayersModel';

/** What `model.save` hands over. (tfjs-node's types have no `tf.io.ModelArtifacts`.) */
type ModelArtifacts = Parameters<Parameters<typeof tf.io.withSaveHandler>[0]>[0];

/** The parts of `model.json` that name the files with the weights. */
interface ModelJson {
  weightsManifest?: { paths: string[] }[];
}

/**
 * Saves a model for the web: `model.json` with the layers, and a binary file with the weights. This
 * is the format of TensorFlow.js; `await tf.loadLayersModel('…/model.json')` reads it in a browser,
 * and in Node.js {@link loadLayersModel} does, or `await tf.loadLayersModel('file://…/model.json')`.
 *
 * The model is saved to predict with: loss, metrics and optimiser stay out. (Its layers are the
 * only classes it needs; a layer class of your own has to be registered with
 * `tf.serialization.registerClass` where the model is loaded.)
 *
 * The file with the weights is named by its content, and `model.json`, which names it, is replaced
 * as a whole afterwards. So whoever loads the model finds the old one or the new one, never the
 * layers of one with the weights of the other; if anything fails, the old one stays.
 *
 * @param model Any model with layers; it stays the caller's.
 * @param folder Where the two files go; by custom it has the model's name. Missing folders are made.
 * @throws Error that names the model and the folder when the model has no layers or was disposed,
 *   or the folder cannot be written.
 * @see https://www.tensorflow.org/js/guide/save_load
 */
export async function saveLayersModel(model: tf.LayersModel, folder: string): Promise<void> {
  try {
    const artifacts = await artifactsOf(model);
    const weights = bytesOf(artifacts.weightData);
    const weightsFile = `weights-${weightsHash(weights)}.bin`;
    const { modelTopology, weightSpecs, format, generatedBy } = artifacts;
    const weightsManifest = [{ paths: [weightsFile], weights: weightSpecs }];
    // As JSON has it: what is undefined is left out.
    const parts = JSON.parse(JSON.stringify({ modelTopology, weightsManifest })) as {
      modelTopology: Json;
      weightsManifest: Json;
    };
    const userDefinedMetadata: LayersModelChecksum = {
      sha256: checksumOf(parts.modelTopology, parts.weightsManifest),
    };
    const json = { format, generatedBy, convertedBy: null, ...parts, userDefinedMetadata };
    const modelFile = join(folder, 'model.json');
    const outdated = await weightsFilesOf(modelFile);
    await replaceFile(join(folder, weightsFile), (path) => writeFile(path, weights));
    await replaceFile(modelFile, (path) => writeFile(path, JSON.stringify(json)));
    for (const file of outdated.filter((name) => name !== weightsFile)) {
      await rm(join(folder, file), { force: true });
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`The model "${model.name}" could not be saved in ${folder}: ${reason}`, {
      cause: error,
    });
  }
}

/** A model that a browser would compute otherwise must not get there. */
function refuseWhatTfjsLacks(layer: tf.layers.Layer): void {
  const lacked = lackedByTfjs(layer);
  if (lacked) {
    throw new Error(
      `layer "${layer.name}" (${layer.getClassName()}): TensorFlow.js in a browser does not know ` +
        `${lacked}, which is not supported.`,
    );
  }
  const inside = layersOfModel(layer) ?? partsOf(layer).map((part) => part.layer);
  for (const one of inside) {
    refuseWhatTfjsLacks(one);
  }
}

async function artifactsOf(model: tf.LayersModel): Promise<ModelArtifacts> {
  // A Sequential that has not been used yet has no weights.
  if (model instanceof tf.Sequential && !model.built) {
    model.build();
  }
  refuseWhatTfjsLacks(model);
  let artifacts: ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (given) => {
      artifacts = given;
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    }),
    { includeOptimizer: false },
  );
  if (!artifacts) {
    throw new Error('TensorFlow.js gave no model to save.');
  }
  return artifacts;
}

function bytesOf(weightData: ModelArtifacts['weightData']): Buffer {
  const parts = Array.isArray(weightData) ? weightData : weightData ? [weightData] : [];
  return Buffer.concat(parts.map((part) => Buffer.from(part)));
}

/** The weights of the model that is in the folder now, if this saver wrote it. */
async function weightsFilesOf(modelFile: string): Promise<string[]> {
  const text = await readFile(modelFile, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') {
      return '{}';
    }
    throw error;
  });
  const files = namedFiles(text);
  // No other file of the folder is ever removed.
  return files.filter((name) => weightsFileName.test(name));
}

function namedFiles(json: string): string[] {
  try {
    const { weightsManifest = [] } = JSON.parse(json) as ModelJson;
    return weightsManifest.flatMap(({ paths }) => paths);
  } catch (error) {
    // What is not JSON is no model: it is replaced, and names no files.
    if (error instanceof SyntaxError) {
      return [];
    }
    throw error;
  }
}
