/** A model made from Keras's description of it, whatever file that came from. */
import * as tf from '../tensorflow';
import { settleAxes } from './builtLayers';
import '../layers/index';
import { countAsUsedOnce } from './disposal';
import { hardSigmoidFromKeras, type KerasVersion } from './hardSigmoid';
import type { Json, JsonObject } from './json';
import { modelConfigFromKeras } from './kerasModelConfig';
import { warnOfMaskedSteps } from './maskedSteps';
import { flipsFromKeras } from './randomFlip';

type ModelJson = Parameters<typeof tf.models.modelFromJSON>[0];

/**
 * Makes a model and has `fill` give it its weights and its training. If anything fails, nothing of
 * the model remains.
 *
 * @param version Which Keras wrote the configuration.
 */
export async function makeModel(
  modelConfig: Json,
  version: KerasVersion,
  fill: (model: tf.LayersModel) => void | Promise<void>,
): Promise<tf.LayersModel> {
  const config = flipsFromKeras(hardSigmoidFromKeras(modelConfig, version), version);
  const model = await layersFromConfig(modelConfigFromKeras(config, version));
  countAsUsedOnce(model);
  try {
    settleAxes(model);
    warnOfMaskedSteps(model, version);
    await fill(model);
    return model;
  } catch (error) {
    model.dispose();
    throw error;
  }
}

/** The same error, naming the file. */
export function namingFile(path: string, error: unknown): Error {
  const reason = error instanceof Error ? error.message : String(error);
  return new Error(`The model in ${path} cannot be loaded: ${reason}`, { cause: error });
}

/** Makes a model, and nothing if that fails. */
export async function layersFromConfig(config: JsonObject): Promise<tf.LayersModel> {
  const before = new Set(Object.values(tf.engine().registeredVariables));
  // All variables exist when the call returns, whether the promise is kept or not.
  const making = tf.models.modelFromJSON(config as unknown as ModelJson);
  const made = Object.values(tf.engine().registeredVariables).filter((one) => !before.has(one));
  try {
    return await making;
  } catch (error) {
    tf.dispose(made);
    throw error;
  }
}
