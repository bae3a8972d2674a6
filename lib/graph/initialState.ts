/**
 * The zeros that a recurrent layer starts from, inside a graph. As a plain constant they make
 * TensorFlow simplify what is multiplied by them, in a way that leaves a GRU's graph with a circle and
 * TensorFlow with lines on stderr. A placeholder that is never fed is no constant to it.
 */
import * as tf from '../tensorflow';
import { DT_FLOAT, nativeBackend } from './native';
import type { Replacements } from './replacements';

interface RecurrentLayer {
  getInitialState(inputs: tf.Tensor): tf.Tensor[];
}

export function useGraphInitialStates(replacements: Replacements): void {
  replacements.method(
    tf.RNN.prototype as unknown as RecurrentLayer,
    'getInitialState',
    (original) =>
      function (this: RecurrentLayer, inputs) {
        return tf.tidy(() => original.call(this, inputs).map(unknownToTensorFlow));
      },
  );
}

function unknownToTensorFlow(zeros: tf.Tensor): tf.Tensor {
  const backend = nativeBackend();
  const { TF_ATTR_SHAPE, TF_ATTR_TYPE } = backend.binding;
  const attributes = [
    { name: 'dtype', type: TF_ATTR_TYPE, value: DT_FLOAT },
    { name: 'shape', type: TF_ATTR_SHAPE, value: zeros.shape },
  ];
  return backend.executeSingleOutput('PlaceholderWithDefault', attributes, [zeros]);
}
