/**
 * The zeros that a recurrent layer starts from, inside a graph. As a plain constant they make
 * TensorFlow simplify what is multiplied by them, in a way that leaves a GRU's graph with a circle and
 * TensorFlow with lines on stderr. A placeholder that is never fed is no constant to it.
 */

import { callOperation, shape, type } from '../../native/attributes';
import { DT_FLOAT } from '../../native/backend';
import * as tf from '../../tensorflow';
import { internals, type LayerInternals } from '../../tfjsInternals';
import type { Replacements } from './replacements';

export function useGraphInitialStates(replacements: Replacements): void {
  replacements.method(
    internals(tf.RNN.prototype),
    'getInitialState',
    (original) =>
      function (this: LayerInternals, inputs) {
        return tf.tidy(() => original.call(this, inputs).map(unknownToTensorFlow));
      },
  );
}

function unknownToTensorFlow(zeros: tf.Tensor): tf.Tensor {
  const attributes = { dtype: type(DT_FLOAT), shape: shape(zeros.shape) };
  return callOperation('PlaceholderWithDefault', attributes, [zeros]);
}
