import seedrandom from 'seedrandom';
import * as tf from '../tensorflow';

/** The two initialisers of a layer with a kernel and a bias. */
export interface LayerInitializers {
  /** Keras's default for kernels: Glorot's uniform distribution. */
  kernelInitializer: ReturnType<typeof tf.initializers.glorotUniform>;
  /** Keras's default for biases. */
  biasInitializer: 'zeros';
}

/**
 * Keras's defaults, stated because tfjs's differ (it draws kernels from `glorotNormal`).
 *
 * @param seed an integer for repeatable weights; without it, every model gets different weights.
 * @returns a function to be called once per layer: each call gives initialisers with their own
 *   seed, derived from `seed`. The same seed in all layers would repeat the same numbers.
 * @throws RangeError if `seed` is not an integer.
 *
 * @example
 * const initializers = models.kerasInitializers(1);
 * const layer = tf.layers.dense({ units: 10, ...initializers() });
 */
export function kerasInitializers(seed?: number): () => LayerInitializers {
  if (seed !== undefined && !Number.isSafeInteger(seed)) {
    throw new RangeError(`The seed of a model must be an integer, but it is ${seed}.`);
  }
  const random = seed === undefined ? undefined : seedrandom(String(seed));
  return () => ({
    kernelInitializer: tf.initializers.glorotUniform({ seed: random?.int32() }),
    biasInitializer: 'zeros',
  });
}

/** What every model factory takes. */
export interface ModelOptions {
  /**
   * An integer: the same seed gives the same initial weights. Without it, they are new each time.
   */
  seed?: number;
}
