/**
 * tfjs notes the states that a recurrent layer starts from in the options of the call. All layers of
 * a model share these, so the next recurrent layer would be started too, which ends in an error; and
 * when the model is saved, tfjs warns that the states are lost, although they are among the inputs.
 */
import * as tf from '@tensorflow/tfjs-node';
import { prototypeOf } from '../tfjsInternals';
import { bidirectional } from './bidirectional';
import { endMasks } from './masks';

type RecurrentLayer = Pick<tf.layers.Layer, 'apply'>;

for (const prototype of [tf.RNN.prototype, prototypeOf<RecurrentLayer>(bidirectional)]) {
  const { apply } = prototype;
  prototype.apply = function (this: tf.RNN, inputs, options) {
    const own: Record<string, unknown> = { ...options };
    const outputs = apply.call(this, inputs as tf.Tensor, own as tf.serialization.ConfigDict);
    delete own.initialState;
    return outputs as tf.Tensor;
  };
  // The copy's mask has ended already.
  endMasks(prototype);
}
