import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as tf from '../tensorflow';
import { asList, asObject, asString, type Json, type JsonObject } from './json';
import { layersFromConfig, namingFile } from './kerasModel';

/** What `saveLayersModel` notes in `model.json` about the rest of it. */
export interface LayersModelChecksum {
  sha256: string;
}

type WeightSpecifications = Parameters<typeof tf.io.decodeWeights>[1];

/**
 * Loads a model for the web from a folder, as `saveLayersModel` or TensorFlow's converter wrote it.
 * Unlike `tf.loadLayersModel`, which reads such folders too, it notices damage in what
 * `saveLayersModel` wrote, and leaves nothing behind if it fails. The caller disposes the model; to
 * be trained, it has to be compiled.
 *
 * @param folder where `model.json` is.
 * @returns the model.
 * @throws Error that names the file that is missing, damaged, or does not fit the others.
 * @see https://www.tensorflow.org/js/guide/save_load
 */
export async function loadLayersModel(folder: string): Promise<tf.LayersModel> {
  const { json, weights } = await readLayersModel(folder);
  const path = join(folder, 'model.json');
  try {
    const topology = asObject(json.modelTopology, 'modelTopology');
    // As Keras's own files have it, if TensorFlow's converter made the folder.
    const config = 'model_config' in topology ? topology.model_config : topology;
    const model = await layersFromConfig(asObject(config, 'model_config'));
    try {
      giveWeights(model, json, Buffer.concat([...weights.values()]));
      return model;
    } catch (error) {
      model.dispose();
      throw error;
    }
  } catch (error) {
    throw namingFile(path, error);
  }
}

function giveWeights(model: tf.LayersModel, json: JsonObject, bytes: Buffer): void {
  const manifest = asList(json.weightsManifest, 'weightsManifest');
  const specifications = manifest.flatMap((group) =>
    asList(asObject(group, 'A group of weights').weights, 'weights'),
  ) as unknown as WeightSpecifications;
  // The numbers begin at a multiple of their size.
  const data = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const named = tf.io.decodeWeights(data as ArrayBuffer, specifications);
  try {
    model.loadWeights(named);
  } finally {
    tf.dispose(named);
  }
}

/** The files of a model for the web, checked as far as that can be done without making the model. */
export async function readLayersModel(
  folder: string,
): Promise<{ json: JsonObject; text: Buffer; weights: Map<string, Buffer> }> {
  const path = join(folder, 'model.json');
  const text = await readFile(path).catch((error: Error) => {
    throw new Error(`${path} cannot be read: ${error.message}.`, { cause: error });
  });
  const json = parsed(text.toString(), path);
  const weights = new Map<string, Buffer>();
  try {
    checkNote(json);
    for (const group of asList(json.weightsManifest, 'weightsManifest')) {
      for (const name of asList(asObject(group, 'A group of weights').paths, 'paths')) {
        const file = asString(name, 'The name of a file with weights');
        weights.set(file, await weightsIn(folder, file));
      }
    }
  } catch (error) {
    throw namingFile(path, error);
  }
  return { json, text, weights };
}

function parsed(text: string, path: string): JsonObject {
  try {
    return asObject(JSON.parse(text), 'its content');
  } catch (error) {
    throw new Error(`${path} is damaged, or no model: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

/** TensorFlow's converter writes no such note. */
function checkNote({ modelTopology, weightsManifest, userDefinedMetadata }: JsonObject): void {
  const note = userDefinedMetadata as Partial<LayersModelChecksum> | undefined;
  if (note && note.sha256 !== checksumOf(modelTopology, weightsManifest)) {
    throw new Error('the file is damaged: it does not have the checksum that it names.');
  }
}

/** What is noted of the layers and the list of weights. */
export function checksumOf(
  modelTopology: Json | undefined,
  weightsManifest: Json | undefined,
): string {
  const text = JSON.stringify([modelTopology, weightsManifest]);
  return createHash('sha256').update(text).digest('hex');
}

async function weightsIn(folder: string, name: string): Promise<Buffer> {
  // A folder is a model of its own: the weights are in it, not anywhere on this machine.
  if (/[\\/]|^\.\.?$/.test(name)) {
    throw new Error(`the file with weights ${name} is not in the same folder.`);
  }
  const bytes = await readFile(join(folder, name)).catch((error: Error) => {
    throw new Error(`its weights cannot be read: ${error.message}.`, { cause: error });
  });
  const [, hash] = weightsFileName.exec(name) ?? [];
  if (hash !== undefined && hash !== weightsHash(bytes)) {
    throw new Error(`the file with its weights, ${name}, is damaged.`);
  }
  return bytes;
}

/** Names given by `saveLayersModel`: the content tells the name. */
export const weightsFileName = /^weights-([0-9a-f]{16})\.bin$/;

/** The part of the name that the content tells. */
export function weightsHash(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
