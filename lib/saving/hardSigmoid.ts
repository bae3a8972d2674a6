/**
 * Keras 2 and Keras 3 have different functions under the name `hard_sigmoid`: min(max(x / 5 + 0.5, 0),
 * 1), and the same with x / 6. Here each has a name of its own.
 */
import { type Json, replaced } from './json';

/** Which Keras wrote a file, or is to read it. */
export type KerasVersion = 2 | 3;

const nameInKeras = 'hard_sigmoid';
const nameOf = (version: KerasVersion) => `${nameInKeras}_of_keras${version}`;

/** The version of Keras that a file names. */
export function kerasVersion(text: Json | undefined, otherwise: KerasVersion): KerasVersion {
  const number = typeof text === 'string' ? Number.parseInt(text, 10) : otherwise;
  return number >= 3 ? 3 : 2;
}

/** Whether an activation's name, in Python's spelling, is one of those here. */
export function isHardSigmoid(name: string): boolean {
  return name === nameOf(2) || name === nameOf(3);
}

/** A model's configuration from Keras, with the activation that its Keras computes. */
export function hardSigmoidFromKeras(json: Json, version: KerasVersion): Json {
  return replaced(json, (key, value) =>
    key.endsWith('activation') && value === nameInKeras ? nameOf(version) : value,
  );
}

/**
 * An activation by its name in Keras.
 *
 * @param layer The layer that has it, in words.
 * @throws Error if the Keras that will read the file computes another one under that name.
 */
export function hardSigmoidToKeras(name: Json, version: KerasVersion, layer: string): Json {
  if (name === nameOf(version)) {
    return nameInKeras;
  }
  if (name === nameInKeras) {
    throw new Error(
      `The ${layer} has the activation hardSigmoid of TensorFlow.js, which is not supported: Keras 2 ` +
        'and Keras 3 compute other values under that name. Give it sigmoid (the default in Keras), ' +
        'or hardSigmoidOfKeras2 (the same values, for .h5) or hardSigmoidOfKeras3 (for .keras).',
    );
  }
  if (name === nameOf(2)) {
    throw new Error(
      `The ${layer} has the activation hard_sigmoid of Keras 2, which is not supported in .keras: ` +
        'Keras 3 computes other values under that name. Save the model as .h5, for Keras 2.',
    );
  }
  if (name === nameOf(3)) {
    throw new Error(
      `The ${layer} has the activation hard_sigmoid of Keras 3, which is not supported in .h5: ` +
        'Keras 2 computes other values under that name. Save the model as .keras.',
    );
  }
  return name;
}
