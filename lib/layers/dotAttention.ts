/** Attention of one head, without kernels: as in models that translate with recurrent layers. */
import * as tf from '../tensorflow';
import { stepsBefore, stepsOf } from './attention';
import {
  type CallOptions,
  type LayerOptions,
  refuseOption,
  registerLayer,
  type Shape,
} from './kerasLayer';

/** Options of {@link attention}. */
export interface AttentionOptions extends LayerOptions {
  /** Whether the scores are multiplied by a number that is trained; false if left out. */
  useScale?: boolean;
  /**
   * How a step of the query is compared with one of the key: by their product (`dot`, if left out), or
   * by the sum of the hyperbolic tangents of their sum (`concat`).
   */
  scoreMode?: 'dot' | 'concat';
  /** The fraction of the attention scores that is dropped in training, from 0 to 1; 0 if left out. */
  dropout?: number;
  /** Whether a step sees no step after it; false if left out. In Keras, an argument of the call. */
  useCausalMask?: boolean;
}

/** Options of {@link additiveAttention}. */
export interface AdditiveAttentionOptions extends Omit<AttentionOptions, 'scoreMode'> {
  /** Whether each channel has a factor that is trained; true if left out. */
  useScale?: boolean;
}

/** What both have: scores of each step of the query for each of the key become shares of the value. */
abstract class AttentionLayer extends tf.layers.Layer {
  private readonly dropout: number;
  private readonly useCausalMask: boolean;
  protected readonly useScale: boolean;
  protected scale: tf.LayerVariable | null = null;

  constructor({ dropout = 0, useCausalMask = false, ...options }: AttentionOptions) {
    super(options as ConstructorParameters<typeof tf.layers.Layer>[0]);
    this.dropout = dropout;
    this.useCausalMask = useCausalMask;
    this.useScale = options.useScale ?? false;
    this.supportsMasking = true;
  }

  override call(inputs: tf.Tensor | tf.Tensor[], { training }: CallOptions): tf.Tensor {
    return tf.tidy(() => {
      const [query, value, key = value] = [inputs].flat();
      if (!query || !value || !key) {
        throw new Error(this.ofInputs());
      }
      const scores = this.scores(query, key);
      const seen = this.seen(query, value, key);
      const shares = tf.softmax(seen ? tf.where(seen, scores, tf.sub(scores, 1e9)) : scores);
      const kept = training && this.dropout > 0 ? tf.dropout(shares, this.dropout) : shares;
      const output = tf.matMul(kept, value);
      const counted = stepsOf(query, 2);
      return counted ? tf.mul(output, counted) : output;
    });
  }

  override computeOutputShape(inputShape: Shape | Shape[]): Shape {
    const [query, value] = inputShape as Shape[];
    if (!Array.isArray(query) || !Array.isArray(value)) {
      throw new Error(this.ofInputs());
    }
    return [...query.slice(0, -1), value.at(-1) ?? null];
  }

  /** The output has the mask of the query. */
  override computeMask(_: tf.Tensor | tf.Tensor[], mask?: tf.Tensor | tf.Tensor[]): tf.Tensor {
    return [mask ?? null].flat()[0] as tf.Tensor;
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { dropout, useCausalMask, useScale } = this;
    return { ...super.getConfig(), dropout, useCausalMask, useScale };
  }

  /** `[batch, steps of the query, steps of the key]`. */
  protected abstract scores(query: tf.Tensor, key: tf.Tensor): tf.Tensor;

  private ofInputs(): string {
    return (
      `The layer "${this.name}" (${this.getClassName()}) takes a query and a value, and perhaps a key: ` +
      'apply([query, value]).'
    );
  }

  /** Which steps of the value each step of the query sees; null if all. */
  private seen(query: tf.Tensor, value: tf.Tensor, key: tf.Tensor): tf.Tensor | null {
    const counted = stepsOf(value, 1);
    const causal = this.useCausalMask ? stepsBefore(query, key) : null;
    const seen = counted && causal ? tf.mul(counted, causal) : (counted ?? causal);
    return seen && tf.cast(seen, 'bool');
  }
}

/** For each pair of steps the sum of the hyperbolic tangents of their sums, over the channels. */
function sumsOfTanh(
  query: tf.Tensor,
  key: tf.Tensor,
  inside: tf.Tensor | number,
  outside: tf.Tensor | number,
): tf.Tensor {
  const sums = tf.add(tf.expandDims(query, 2), tf.expandDims(key, 1));
  return tf.sum(tf.mul(tf.tanh(tf.mul(sums, inside)), outside), -1);
}

class Attention extends AttentionLayer {
  static readonly className = 'Attention';
  private readonly scoreMode: 'dot' | 'concat';
  private factor: tf.LayerVariable | null = null;

  constructor({ scoreMode = 'dot', ...options }: AttentionOptions = {}) {
    super(options);
    this.scoreMode = scoreMode;
    if (!['dot', 'concat'].includes(scoreMode)) {
      refuseOption(this, 'scoreMode', scoreMode, 'dot or concat');
    }
  }

  override build(): void {
    const ones = tf.initializers.ones();
    const number = (name: string) => this.addWeight(name, [], 'float32', ones);
    this.scale = this.useScale ? number('scale') : null;
    this.factor = this.scoreMode === 'concat' ? number('concat_score_weight') : null;
    this.built = true;
  }

  protected scores(query: tf.Tensor, key: tf.Tensor): tf.Tensor {
    const scale = this.scale?.read() ?? 1;
    return this.factor
      ? tf.mul(sumsOfTanh(query, key, scale, 1), this.factor.read())
      : tf.mul(tf.matMul(query, key, false, true), scale);
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), scoreMode: this.scoreMode };
  }
}

class AdditiveAttention extends AttentionLayer {
  static readonly className = 'AdditiveAttention';

  constructor(options: AdditiveAttentionOptions = {}) {
    super({ ...options, useScale: options.useScale ?? true });
  }

  override build(inputShape: Shape | Shape[]): void {
    const [query] = inputShape as Shape[];
    const channels = query?.at(-1) as number;
    // Keras's glorotUniform of a vector; tfjs takes the root of its length for that.
    const most = Math.sqrt(3 / channels);
    const initializer = tf.initializers.randomUniform({ minval: -most, maxval: most });
    this.scale = this.useScale ? this.addWeight('scale', [channels], 'float32', initializer) : null;
    this.built = true;
  }

  protected scores(query: tf.Tensor, key: tf.Tensor): tf.Tensor {
    return sumsOfTanh(query, key, 1, this.scale?.read() ?? 1);
  }
}

registerLayer(Attention);
registerLayer(AdditiveAttention);

/**
 * Attention by products (Luong's): each step of a query, `[batch, steps, channels]`, gathers from the
 * steps of a value what it attends to. It is applied to `[query, value]` or `[query, value, key]`; the key,
 * which is the value if left out, has as many channels as the query.
 *
 * @param options How steps are compared.
 * @throws Error if the mode is another one, or if it is not applied to a query and a value.
 * @see https://keras.io/api/layers/attention_layers/attention/
 */
export function attention(options?: AttentionOptions): tf.layers.Layer {
  return new Attention(options);
}

/**
 * Attention by sums (Bahdanau's), applied as {@link attention} is.
 *
 * @param options Whether each channel has a factor.
 * @throws Error if it is not applied to a query and a value.
 * @see https://keras.io/api/layers/attention_layers/additive_attention/
 */
export function additiveAttention(options?: AdditiveAttentionOptions): tf.layers.Layer {
  return new AdditiveAttention(options);
}
