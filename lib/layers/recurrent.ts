/** GRU as Keras has it by default: the reset gate after the multiplication, not before. */
import { activityRegularizer } from '../corrections/activityRegularizers';
import * as tf from '../tensorflow';
import { internals, unnumbered } from '../tfjsInternals';
import { classOf, type LayerOptions, onlyShape, registerLayer, type Shape } from './kerasLayer';
import type { RegularizerOption } from './weightSettings';

interface Activation {
  apply(x: tf.Tensor): tf.Tensor;
}

/** What tfjs's GRU cell has, and keeps private. */
interface CellOfTfjs extends tf.layers.Layer {
  units: number;
  useBias: boolean;
  bias: tf.LayerVariable | null;
  kernel: tf.LayerVariable;
  recurrentKernel: tf.LayerVariable;
  biasInitializer: ReturnType<typeof tf.initializers.zeros>;
  biasRegularizer: ReturnType<typeof tf.regularizers.l2>;
  biasConstraint: ReturnType<typeof tf.constraints.nonNeg>;
  activation: Activation;
  recurrentActivation: Activation;
  dropout: number;
  recurrentDropout: number;
  dropoutMask: tf.Tensor | null;
  recurrentDropoutMask: tf.Tensor | null;
}
interface LayerOfTfjs extends tf.layers.Layer {
  cell: CellOfTfjs;
}

const cellOfTfjs = classOf<CellOfTfjs>(tf.layers.gruCell({ name: unnumbered, units: 1 }));
const gruOfTfjs = classOf<LayerOfTfjs>(tf.layers.gru({ name: unnumbered, units: 1 }));

/** Options of {@link gru}: those of `tf.layers.gru`, and `resetAfter`. */
export interface GruOptions extends LayerOptions {
  /** Size of the output. */
  units: number;
  /** Whether the reset gate comes after the multiplication with the recurrent kernel; true if left out. */
  resetAfter?: boolean;
  /** All steps' outputs, not the last one's only. */
  returnSequences?: boolean;
  /** The last state as a second output. */
  returnState?: boolean;
  /** From the last step to the first. */
  goBackwards?: boolean;
  /** Each batch goes on from the state that the one before it ended with. */
  stateful?: boolean;
  /** Name of the activation of the candidate state; tanh if left out. */
  activation?: string | null;
  /** Name of the activation of the gates; sigmoid if left out. */
  recurrentActivation?: string | null;
  /** Whether there are biases; true if left out. */
  useBias?: boolean;
  /** The fraction of the inputs that is dropped, from 0 to 1; 0 if left out. */
  dropout?: number;
  /** The fraction of the state that is dropped, from 0 to 1; 0 if left out. */
  recurrentDropout?: number;
  /** How the kernel starts; glorotUniform if left out. */
  kernelInitializer?: string | tf.serialization.Serializable;
  /** How the recurrent kernel starts; orthogonal if left out. */
  recurrentInitializer?: string | tf.serialization.Serializable;
  /** How the biases start; zeros if left out. */
  biasInitializer?: string | tf.serialization.Serializable;
  /** The penalty on the output, divided by the number of rows; none if left out. */
  activityRegularizer?: RegularizerOption;
}

class GRUCell extends cellOfTfjs {
  static readonly className = 'GRUCell';
  private readonly resetAfter: boolean;

  constructor({ resetAfter = false, ...options }: GruOptions) {
    super(options);
    this.resetAfter = resetAfter;
  }

  override build(inputShape: Shape | Shape[]): void {
    if (!this.resetAfter || !this.useBias) {
      super.build(inputShape);
      return;
    }
    const { units } = this;
    this.useBias = false;
    super.build(onlyShape(inputShape));
    this.useBias = true;
    // One bias of the inputs' part, one of the state's.
    const { biasInitializer, biasRegularizer, biasConstraint } = this;
    const shape = [2, units * 3];
    this.bias = this.addWeight(
      'bias',
      shape,
      'float32',
      biasInitializer,
      biasRegularizer,
      true,
      biasConstraint,
    );
  }

  override call(inputs: tf.Tensor[], options: { training?: boolean }): tf.Tensor | tf.Tensor[] {
    if (!this.resetAfter) {
      return super.call(inputs, options);
    }
    return tf.tidy(() => {
      const [input, state] = inputs as [tf.Tensor2D, tf.Tensor2D];
      const training = options.training ?? false;
      this.dropoutMask ??= droppingMask(input, this.dropout, training);
      this.recurrentDropoutMask ??= droppingMask(state, this.recurrentDropout, training);
      const [inputBias, stateBias] = this.bias ? tf.unstack(this.bias.read()) : [];
      const x = gates(masked(input, this.dropoutMask), this.kernel, inputBias);
      const h = gates(masked(state, this.recurrentDropoutMask), this.recurrentKernel, stateBias);
      const update = this.recurrentActivation.apply(tf.add(x[0], h[0]));
      const reset = this.recurrentActivation.apply(tf.add(x[1], h[1]));
      const candidate = this.activation.apply(tf.add(x[2], tf.mul(reset, h[2])));
      const next = tf.add(tf.mul(update, state), tf.mul(tf.sub(1, update), candidate));
      return [next, next];
    });
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), resetAfter: this.resetAfter };
  }
}

class GRU extends gruOfTfjs {
  static readonly className = 'GRU';

  constructor(options: GruOptions) {
    super({ ...options, resetAfter: false });
    this.cell = new GRUCell({ ...options, name: this.cell.name });
    internals(this).activityRegularizer = activityRegularizer(options.activityRegularizer);
  }
}

registerLayer(GRUCell);
registerLayer(GRU);

type Gates = [tf.Tensor, tf.Tensor, tf.Tensor];

/** The part of update gate, reset gate and candidate that an input, or the state, gives. */
function gates(x: tf.Tensor2D, kernel: tf.LayerVariable, bias: tf.Tensor | undefined): Gates {
  const product = tf.matMul(x, kernel.read() as tf.Tensor2D);
  return tf.split(bias ? tf.add(product, bias) : product, 3, -1) as Gates;
}

function masked(x: tf.Tensor2D, mask: tf.Tensor | null): tf.Tensor2D {
  return mask ? tf.mul(x, mask) : x;
}

/** The same values are dropped at each step of a sequence; tfjs disposes the mask at the next. */
function droppingMask(x: tf.Tensor, rate: number, training: boolean): tf.Tensor | null {
  return training && rate > 0 ? tf.keep(tf.dropout(tf.onesLike(x), rate)) : null;
}

/**
 * A gated recurrent unit over sequences, `[batch, steps, channels]`, with Keras's defaults:
 * `tf.layers.gru` has `resetAfter: false` only, and other first weights.
 *
 * @param options The size, and how it computes.
 * @see https://keras.io/api/layers/recurrent_layers/gru/
 */
export function gru(options: GruOptions): tf.layers.Layer {
  return new GRU({
    resetAfter: true,
    recurrentActivation: 'sigmoid',
    kernelInitializer: 'glorotUniform',
    ...options,
  });
}
