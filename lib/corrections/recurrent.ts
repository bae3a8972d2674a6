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
import { prototypeOf } from '../tfjsInternals';
import { bidirectional } from './bidirectional';
import { endMasks } from './masks';

interface Cell {
  build(inputShape: tf.Shape | tf.Shape[]): void;
  dropoutMask?: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask?: tf.Tensor | tf.Tensor[] | null;
  /** Of a cell that is a stack of them. */
  cells?: Cell[];
}

/** What tfjs declares otherwise of recurrent layers, or not at all. */
interface RecurrentLayer extends Pick<tf.layers.Layer, 'apply'> {
  cell?: Cell;
  states_?: tf.Tensor[] | null;
  keptStates?: tf.Tensor[][];
  forwardLayer?: RecurrentLayer;
  backwardLayer?: RecurrentLayer;
  disposeWeights(): number;
}

/** Disposes what tfjs keeps from one call to the next. */
function disposeKept({ cell, states_, keptStates, forwardLayer, backwardLayer }: RecurrentLayer) {
  for (const one of cell ? [cell, ...(cell.cells ?? [])] : []) {
    tf.dispose([one.dropoutMask ?? [], one.recurrentDropoutMask ?? []]);
  }
  tf.dispose([states_ ?? [], keptStates ?? []]);
  for (const layer of [forwardLayer, backwardLayer]) {
    if (layer) {
      disposeKept(layer);
    }
  }
}

for (const prototype of [tf.RNN.prototype, prototypeOf<RecurrentLayer>(bidirectional)]) {
  const layers = prototype as RecurrentLayer;
  const { apply, disposeWeights } = layers;
  layers.apply = function (this: tf.layers.Layer, inputs, options) {
    const own: Record<string, unknown> = { ...options };
    const outputs = apply.call(this, inputs as tf.Tensor, own as tf.serialization.ConfigDict);
    delete own.initialState;
    return outputs as tf.Tensor;
  };
  layers.disposeWeights = function (this: RecurrentLayer) {
    disposeKept(this);
    return disposeWeights.call(this);
  };
  // The copy's mask has ended already.
  endMasks(prototype);
}

const cells = [
  tf.layers.lstmCell({ units: 1 }),
  tf.layers.convLstm2dCell({ filters: 1, kernelSize: 1 }),
];
for (const cell of cells) {
  const prototype = prototypeOf<Cell>(cell);
  const { build } = prototype;
  prototype.build = function (this: Cell, inputShape) {
    tf.tidy(() => build.call(this, inputShape));
  };
}
