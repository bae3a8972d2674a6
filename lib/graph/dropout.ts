/**
 * Dropout inside a graph. tfjs draws the mask in JavaScript, where it would become a constant of
 * the graph: the same mask in every step. During a trace dropout layers take their mask from
 * TensorFlow's random numbers instead, fresh ones at each run. A layer's `seed` makes the sequence
 * of masks repeatable (eager tfjs draws one and the same mask over and over from a seed).
 */
import * as tf from '../tensorflow';
import { DT_FLOAT, DT_INT32, nativeBackend } from './native';
import type { Patches } from './patches';

interface DropoutLayer extends tf.layers.Layer {
  rate: number;
  seed?: number;
  getNoiseShape(input: tf.Tensor): number[] | null | undefined;
}

export function useGraphDropout(patches: Patches): void {
  const prototype = Object.getPrototypeOf(tf.layers.dropout({ rate: 0.5 })) as DropoutLayer;
  patches.method(
    prototype,
    'call',
    (eagerCall) =>
      function (this: DropoutLayer, inputs, options) {
        if (!options.training || this.rate <= 0 || this.rate >= 1) {
          return eagerCall.call(this, inputs, options);
        }
        const input = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
        return tf.tidy(() => {
          const keep = 1 - this.rate;
          const noise = randomUniform(this.getNoiseShape(input) ?? input.shape, this.seed);
          return tf.mul(input, tf.div(tf.floor(tf.add(noise, keep)), keep));
        });
      },
  );
}

/** Numbers in [0, 1). Without a seed each session has its own sequence. */
function randomUniform(shape: number[], seed: number | undefined): tf.Tensor {
  const backend = nativeBackend();
  const { TF_ATTR_INT, TF_ATTR_TYPE } = backend.binding;
  // TensorFlow takes two seeds and picks its own if both are 0.
  return backend.executeSingleOutput(
    'RandomUniform',
    [
      { name: 'dtype', type: TF_ATTR_TYPE, value: DT_FLOAT },
      { name: 'T', type: TF_ATTR_TYPE, value: DT_INT32 },
      { name: 'seed', type: TF_ATTR_INT, value: seed ?? 0 },
      { name: 'seed2', type: TF_ATTR_INT, value: seed === undefined ? 0 : 1 },
    ],
    [tf.tensor1d(shape, 'int32')],
  );
}
