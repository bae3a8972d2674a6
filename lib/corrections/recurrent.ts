/**
 * Recurrent layers.
 *
 * tfjs notes the states that a recurrent layer starts from in the options of the call. All layers of
 * a model share these, so the next recurrent layer would be started too, which ends in an error; and
 * when the model is saved, tfjs warns that the states are lost, although they are among the inputs.
 *
 * In a Bidirectional layer, Keras gives 0 for masked steps, where tfjs repeats the output before.
 *
 * Of the bias that `unitForgetBias` starts with, tfjs leaves the parts behind, and of a layer that is
 * disposed the masks of its last dropout, and the states that it carries from batch to batch.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals, type Masks, prototypeOf, unnumbered } from '../tfjsInternals';
import { bidirectional } from './bidirectional';
import { countsOfMask } from './maskedValues';
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
    Reflect.deleteProperty(options ?? {}, 'mask');
    return outputs as tf.Tensor;
  };
  const disposed = prototype as unknown as Disposed;
  const { disposeWeights } = disposed;
  disposed.disposeWeights = function (this: tf.layers.Layer & Disposed) {
    disposeKept(this);
    return disposeWeights.call(this);
  };
}

/** What tfjs keeps private of recurrent layers and their wrapper. */
interface Sequences extends tf.layers.Layer {
  goBackwards: boolean;
  returnSequences: boolean;
  isInBidirectional?: boolean;
  forwardLayer?: Sequences;
  backwardLayer?: Sequences;
}

type Call = (
  this: Sequences,
  inputs: tf.Tensor | tf.Tensor[],
  options: { mask?: tf.Tensor | null },
) => tf.Tensor | tf.Tensor[];

const wrapper = prototypeOf<{ call: Call }>(bidirectional);
const { call: callBoth } = wrapper;
wrapper.call = function (inputs, options) {
  for (const layer of [this.forwardLayer, this.backwardLayer]) {
    (layer as Sequences).isInBidirectional = true;
  }
  return callBoth.call(this, inputs, options);
};

const recurrent = tf.RNN.prototype as unknown as { call: Call };
const { call: callSteps } = recurrent;
recurrent.call = function (inputs, options) {
  const { mask } = options;
  if (!this.isInBidirectional || !this.returnSequences || !mask) {
    return callSteps.call(this, inputs, options);
  }
  return tf.tidy(() => {
    const [sequences, ...states] = [callSteps.call(this, inputs, options)].flat() as [tf.Tensor];
    const inOrder = this.goBackwards ? tf.reverse(mask, 1) : mask;
    const zeroed = tf.mul(sequences, countsOfMask(inOrder, sequences.rank));
    return states.length > 0 ? [zeroed, ...states] : zeroed;
  });
};

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
