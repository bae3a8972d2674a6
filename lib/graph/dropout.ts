/**
 * Dropout layers inside a graph: they draw a fresh mask at each run, as eager tfjs does. A layer's
 * `seed` makes the sequence of masks repeatable (eager tfjs draws one and the same mask over and
 * over from a seed).
 */
import * as tf from '../tensorflow';
import { dropped } from './randomTensors';
import type { Replacements } from './replacements';

interface DropoutLayer extends tf.layers.Layer {
  rate: number;
  seed?: number;
  getNoiseShape(input: tf.Tensor): number[] | null | undefined;
}

export function useGraphDropout(replacements: Replacements): void {
  const prototype = Object.getPrototypeOf(tf.layers.dropout({ rate: 0.5 })) as DropoutLayer;
  replacements.method(
    prototype,
    'call',
    (eagerCall) =>
      function (this: DropoutLayer, inputs, options) {
        if (!options.training || this.rate <= 0 || this.rate >= 1) {
          return eagerCall.call(this, inputs, options);
        }
        const input = Array.isArray(inputs) ? (inputs[0] as tf.Tensor) : inputs;
        return dropped(input, this.rate, this.getNoiseShape(input) ?? input.shape, this.seed);
      },
  );
}
