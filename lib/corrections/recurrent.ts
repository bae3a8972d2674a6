/**
 * Recurrent layers.
 *
 * tfjs notes the states that a recurrent layer starts from in the options of the call. All layers of
 * a model share these, so the next recurrent layer would be started too, which ends in an error; and
 * when the model is saved, tfjs warns that the states are lost, although they are among the inputs.
 *
 * Of the bias that `unitForgetBias` starts with, tfjs leaves the parts behind, and of a layer that is
 * disposed the masks of its last dropout, and the states that it carries from batch to batch.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals, type Masks, prototypeOf, unnumbered } from '../tfjsInternals';
import { bidirectional } from './bidirectional';
import { endMasks } from './masks';
import { partsOf } from './partsOf';

/** What tfjs does not declare of layers. */
interface Kept extends Masks {
  /** Of stateful recurrent layers. */
  states_?: tf.Tensor[] | null;
  keptStates?: tf.Tensor[][];
}

interface Disposed {
  disposeWeights(): number;
}

/** Disposes what tfjs keeps of a layer's calls for the next one. */
function disposeKept(layer: tf.layers.Layer): void {
  const { dropoutMask, recurrentDropoutMask, states_, keptStates } = layer as Kept;
  tf.dispose([dropoutMask, recurrentDropoutMask, states_, keptStates].map((one) => one ?? []));
  for (const part of partsOf(internals(layer))) {
    disposeKept(part);
  }
}

type RecurrentLayer = Pick<tf.layers.Layer, 'apply'>;

for (const prototype of [tf.RNN.prototype, prototypeOf<RecurrentLayer>(bidirectional)]) {
  const { apply } = prototype;
  prototype.apply = function (this: tf.RNN, inputs, options) {
    const own: Record<string, unknown> = { ...options };
    const outputs = apply.call(this, inputs as tf.Tensor, own as tf.serialization.ConfigDict);
    delete own.initialState;
    return outputs as tf.Tensor;
  };
  const disposed = prototype as unknown as Disposed;
  const { disposeWeights } = disposed;
  disposed.disposeWeights = function (this: tf.layers.Layer & Disposed) {
    disposeKept(this);
    return disposeWeights.call(this);
  };
  // The copy's mask has ended already.
  endMasks(prototype);
}

for (const cell of [
  tf.layers.lstmCell({ name: unnumbered, units: 1 }),
  tf.layers.convLstm2dCell({ name: unnumbered, filters: 1, kernelSize: 1 }),
]) {
  const prototype = prototypeOf<Pick<tf.layers.Layer, 'build'>>(cell);
  const { build } = prototype;
  prototype.build = function (this: tf.layers.Layer, inputShape) {
    tf.tidy(() => build.call(this, inputShape));
  };
}
