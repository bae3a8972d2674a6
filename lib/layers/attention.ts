/** Attention of several heads, as in transformers. */
import { maskOf } from '../corrections/masks';
import * as tf from '../tensorflow';
import { type CallOptions, type LayerOptions, registerLayer, type Shape } from './kerasLayer';
import {
  type InitializerOption,
  type RegularizerOption,
  type WeightSettings,
  weightSettings,
} from './weightSettings';

/** Options of {@link multiHeadAttention}. */
export interface MultiHeadAttentionOptions extends LayerOptions {
  /** The number of heads. */
  numHeads: number;
  /** The size of each head for query and key. */
  keyDim: number;
  /** The size of each head for the value; `keyDim` if left out. */
  valueDim?: number | null;
  /** The number of output channels; that of the query if left out. */
  outputShape?: number | null;
  /** The fraction of the attention scores that is dropped in training, from 0 to 1; 0 if left out. */
  dropout?: number;
  /** Whether there are biases; true if left out. */
  useBias?: boolean;
  /** Whether a step sees no step after it; false if left out. In Keras, an argument of the call. */
  useCausalMask?: boolean;
  /**
   * The order of what the layer is applied to: `query,value,key` (the last may be missing), or as a
   * file from Keras has them whose call names them.
   */
  inputs?: string;
  /** How the kernels start; glorotUniform if left out. */
  kernelInitializer?: InitializerOption;
  /** How the biases start; zeros if left out. */
  biasInitializer?: InitializerOption;
  /** The penalty on the kernels; none if left out. */
  kernelRegularizer?: RegularizerOption;
  /** The penalty on the biases; none if left out. */
  biasRegularizer?: RegularizerOption;
}

interface Settings {
  kernel: WeightSettings;
  bias: WeightSettings | null;
}

/** A dense layer whose kernel has more dimensions: in Keras, an EinsumDense. */
class HeadsDense extends tf.layers.Layer {
  static readonly className = 'EinsumDense';
  private kernel!: tf.LayerVariable;
  private bias: tf.LayerVariable | null = null;

  constructor(
    name: string,
    private readonly inputSizes: number[],
    private readonly outputSizes: number[],
    private readonly settings: Settings,
  ) {
    super({ name });
  }

  override build(): void {
    const { kernel, bias } = this.settings;
    const add = (name: string, shape: number[], settings: WeightSettings) =>
      this.addWeight(
        name,
        shape,
        'float32',
        settings.initializer,
        settings.regularizer,
        true,
        settings.constraint,
      );
    this.kernel = add('kernel', [...this.inputSizes, ...this.outputSizes], kernel);
    this.bias = bias && add('bias', this.outputSizes, bias);
    this.built = true;
  }

  compute(input: tf.Tensor): tf.Tensor {
    const inputSize = product(this.inputSizes);
    const outputSize = product(this.outputSizes);
    const outer = input.shape.slice(0, input.rank - this.inputSizes.length);
    const rows = tf.reshape(input, [-1, inputSize]);
    const kernel = tf.reshape(this.kernel.read(), [inputSize, outputSize]);
    const output = tf.reshape(tf.matMul(rows, kernel), [...outer, ...this.outputSizes]);
    return this.bias ? tf.add(output, this.bias.read()) : output;
  }
}

class MultiHeadAttention extends tf.layers.Layer {
  static readonly className = 'MultiHeadAttention';
  private readonly numHeads: number;
  private readonly keyDim: number;
  private readonly valueDim: number;
  private readonly size: number | null;
  private readonly dropout: number;
  private readonly useBias: boolean;
  private readonly useCausalMask: boolean;
  private readonly inputs: string;
  private readonly kernelSettings: WeightSettings;
  private readonly biasSettings: WeightSettings;
  /** By the names that Keras has for them. */
  private readonly layersInside: Record<string, HeadsDense> = {};

  constructor(options: MultiHeadAttentionOptions) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.numHeads = options.numHeads;
    this.keyDim = options.keyDim;
    this.valueDim = options.valueDim ?? options.keyDim;
    this.size = [options.outputShape ?? null].flat()[0] ?? null;
    this.dropout = options.dropout ?? 0;
    this.useBias = options.useBias ?? true;
    this.useCausalMask = options.useCausalMask ?? false;
    this.inputs = options.inputs ?? 'query,value,key';
    this.kernelSettings = weightSettings('kernel', options, 'glorotUniform');
    this.biasSettings = weightSettings('bias', options, 'zeros');
    this.supportsMasking = true;
  }

  override build(inputShape: Shape | Shape[]): void {
    const [query, value, key] = this.shapesOf(inputShape);
    const { numHeads, keyDim, valueDim } = this;
    const channels = (shape: Shape) => [shape.at(-1) as number];
    const output = this.size === null ? channels(query) : [this.size];
    this.addPart('query', channels(query), [numHeads, keyDim]);
    this.addPart('key', channels(key), [numHeads, keyDim]);
    this.addPart('value', channels(value), [numHeads, valueDim]);
    this.addPart('output', [numHeads, valueDim], output);
    this.built = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], options: CallOptions): tf.Tensor {
    return tf.tidy(() => {
      const [query, value, key = value] = this.byName([inputs].flat());
      if (!query || !value || !key) {
        throw new Error(`MultiHeadAttention "${this.name}" takes a query and a value.`);
      }
      const dense = (name: string, x: tf.Tensor) => this.partNamed(name).compute(x);
      const byHead = (x: tf.Tensor) => tf.transpose(x, [0, 2, 1, 3]);
      const q = byHead(dense('query', query));
      const k = byHead(dense('key', key));
      const v = byHead(dense('value', value));
      const products = tf.matMul(tf.mul(q, 1 / Math.sqrt(this.keyDim)), k, false, true);
      const seen = this.seen(query, value, key);
      const scores = tf.softmax(seen ? tf.where(seen, products, tf.fill([1], -1e9)) : products);
      const kept = options.training && this.dropout > 0 ? tf.dropout(scores, this.dropout) : scores;
      return dense('output', byHead(tf.matMul(kept, v)));
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [query] = this.shapesOf(inputShape);
    return [...query.slice(0, -1), this.size ?? query.at(-1) ?? null];
  }

  /** The output has the mask of the query. */
  override computeMask(_: tf.Tensor | tf.Tensor[], mask?: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return [mask ?? null].flat()[0] as tf.Tensor;
  }

  override get trainableWeights(): tf.LayerVariable[] {
    return this.trainable ? this.parts().flatMap((part) => part.trainableWeights) : [];
  }

  override get nonTrainableWeights(): tf.LayerVariable[] {
    return this.trainable ? [] : this.parts().flatMap((part) => part.weights);
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { numHeads, keyDim, valueDim, dropout, useBias, useCausalMask, inputs } = this;
    return {
      ...super.getConfig(),
      ...{ numHeads, keyDim, valueDim, dropout, useBias, useCausalMask, inputs },
      outputShape: this.size,
      ...this.kernelSettings.config,
      ...this.biasSettings.config,
    };
  }

  /** Query, value and (if there is one) key, of what comes in the layer's order. */
  private byName<T>(given: T[]): (T | undefined)[] {
    const order = this.inputs.split(',');
    return ['query', 'value', 'key'].map((name) => given[order.indexOf(name)]);
  }

  /** Of query, value and key, which is the value if there is none. */
  private shapesOf(shapes: Shape | Shape[]): [Shape, Shape, Shape] {
    const [query, value, key] = this.byName(shapes as Shape[]);
    if (!Array.isArray(query) || !Array.isArray(value)) {
      throw new Error('MultiHeadAttention takes a query and a value: apply([query, value]).');
    }
    return [query, value, key ?? value];
  }

  private parts(): HeadsDense[] {
    // tfjs asks for weights before there is any.
    return Object.values(this.layersInside ?? {});
  }

  private partNamed(name: string): HeadsDense {
    return this.layersInside[`${name}_dense`] as HeadsDense;
  }

  private addPart(name: string, inputSizes: number[], outputSizes: number[]): void {
    const bias = this.useBias ? this.biasSettings : null;
    const settings = { kernel: this.kernelSettings, bias };
    const part = new HeadsDense(`${this.name}/${name}`, inputSizes, outputSizes, settings);
    part.build();
    this.layersInside[`${name}_dense`] = part;
  }

  /** Which steps of the value each step of the query sees, for all heads; null if all. */
  private seen(query: tf.Tensor, value: tf.Tensor, key: tf.Tensor): tf.Tensor | null {
    const causal = this.useCausalMask ? stepsBefore(query, key) : null;
    const masks = [
      causal,
      stepsOf(query, 2),
      stepsOf(value, 1),
      key === value ? null : stepsOf(key, 1),
    ].filter((mask) => mask !== null);
    const [first, ...others] = masks;
    const seen = first && others.reduce((all, mask) => tf.mul(all, mask), first);
    return seen ? tf.cast(seen.rank === 3 ? tf.expandDims(seen, 1) : seen, 'bool') : null;
  }
}

/** Which steps of the key each step of the query sees if it sees none after it, `[of query, of key]`. */
export function stepsBefore(query: tf.Tensor, key: tf.Tensor): tf.Tensor {
  return tf.linalg.bandPart(tf.ones([query.shape[1] as number, key.shape[1] as number]), -1, 0);
}

/** Which steps count, with a further axis for those of the other side; null if all do. */
export function stepsOf(x: tf.Tensor, axis: number): tf.Tensor | null {
  const mask = maskOf(x);
  return mask ? tf.expandDims(tf.cast(mask, 'float32'), axis) : null;
}

registerLayer(HeadsDense);
registerLayer(MultiHeadAttention);

function product(sizes: number[]): number {
  return sizes.reduce((result, size) => result * size, 1);
}

/**
 * Attention of several heads: each step of a query, `[batch, steps, channels]`, gathers from the steps
 * of a value what it attends to. It is applied to `[query, value]` or `[query, value, key]`; with
 * `[x, x]` it is self-attention.
 *
 * @param options Heads and sizes.
 * @see https://keras.io/api/layers/attention_layers/multi_head_attention/
 */
export function multiHeadAttention(options: MultiHeadAttentionOptions): tf.layers.Layer {
  return new MultiHeadAttention(options);
}
