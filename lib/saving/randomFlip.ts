/**
 * A RandomFlip in both directions flips a picture in both or in none in Keras 3; Keras 2 decides on each
 * by itself. Here the second has a name of its own.
 */
import type { KerasVersion } from './hardSigmoid';
import { type Json, replaced } from './json';

const inKeras = 'horizontal_and_vertical';
const ofKeras2 = `${inKeras}_of_keras2`;

/** A model's configuration from Keras, with the flips that its Keras does. */
export function flipsFromKeras(json: Json, version: KerasVersion): Json {
  return replaced(json, (key, value) =>
    version === 2 && key === 'mode' && value === inKeras ? ofKeras2 : value,
  );
}

/**
 * The mode of a RandomFlip in Keras.
 *
 * @param layer The layer that has it, in words.
 * @throws Error if the Keras that will read the file does something else under that name.
 */
export function flipToKeras(mode: Json, version: KerasVersion, layer: string): Json {
  if (mode === ofKeras2 && version === 3) {
    throw new Error(
      `The ${layer} flips in each direction by itself, as in Keras 2, which is not supported in ` +
        '.keras: Keras 3 flips in both or in none. Take two layers, one horizontal and one vertical, ' +
        'or save the model as .h5, for Keras 2.',
    );
  }
  if (mode === inKeras && version === 2) {
    throw new Error(
      `The ${layer} flips in both directions or in none, as in Keras 3, which is not supported in ` +
        '.h5: Keras 2 flips in each by itself. Save the model as .keras.',
    );
  }
  return mode === ofKeras2 ? inKeras : mode;
}
