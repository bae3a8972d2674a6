/** Normalisations that tfjs lacks. */
import * as tf from '../tensorflow';
import { KerasLayer, type LayerOptions, onlyShape, registerLayer, type Shape } from './kerasLayer';
import { type InitializerOption, type WeightSettings, weightSettings } from './weightSettings';

/** Options of {@link normalization}. */
export interface NormalizationOptions extends LayerOptions {
  /** The axis whose places have a mean and a variance each; null for one of all; the last if left out. */
  axis?: number | null;
  /** The mean: one number, or one for each place of the axis. Left out, it is a weight, from 0. */
  mean?: number | number[] | null;
  /** The variance: one number, or one for each place of the axis. Left out, it is a weight, from 1. */
  variance?: number | number[] | null;
  /** Whether it undoes a normalisation instead; false if left out. */
  invert?: boolean;
}

type NormalizationSettings = Required<Omit<NormalizationOptions, keyof LayerOptions>>;

class Normalization extends KerasLayer<NormalizationSettings> {
  static readonly className = 'Normalization';
  private meanWeight: tf.LayerVariable | null = null;
  private varianceWeight: tf.LayerVariable | null = null;

  constructor(options: NormalizationOptions = {}) {
    const { axis = -1, mean = null, variance = null, invert = false } = options;
    const only = Array.isArray(axis) ? ((axis as number[])[0] ?? null) : axis;
    super(options, { axis: only, mean, variance, invert });
    this.supportsMasking = true;
    if ((mean === null) !== (variance === null)) {
      throw new Error(`Normalization "${this.name}" needs both mean and variance, or neither.`);
    }
  }

  override build(inputShape: Shape | Shape[]): void {
    if (this.options.mean === null) {
      const sizes = this.broadcast(onlyShape(inputShape)).filter((size) => size !== 1);
      const add = (
        name: string,
        shape: number[],
        first: 'zeros' | 'ones',
        dtype: 'float32' | 'int32' = 'float32',
      ) => this.addWeight(name, shape, dtype, tf.initializers[first](), undefined, false);
      this.meanWeight = add('mean', sizes, 'zeros');
      this.varianceWeight = add('variance', sizes, 'ones');
      // Keras keeps the number of values seen, and does not compute with it.
      add('count', [], 'zeros', 'int32');
    }
    this.built = true;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    const value = (given: number | number[] | null, weight: tf.LayerVariable | null) => {
      const tensor = weight ? weight.read() : tf.tensor(given as number[]).flatten();
      return tensor.size === 1
        ? tf.reshape(tensor, [])
        : tf.reshape(tensor, this.broadcast(input.shape));
    };
    const { mean, variance, invert } = this.options;
    const center = value(mean, this.meanWeight);
    const spread = tf.maximum(tf.sqrt(value(variance, this.varianceWeight)), 1e-7);
    return invert ? tf.add(center, tf.mul(input, spread)) : tf.div(tf.sub(input, center), spread);
  }

  /** The shape of mean and variance beside that of the input. */
  private broadcast(shape: Shape): number[] {
    const { axis } = this.options;
    const kept = axis === null ? -1 : axis < 0 ? shape.length + axis : axis;
    return shape.map((size, i) => (i === kept ? (size as number) : 1));
  }
}

/** Options of {@link groupNormalization}. */
export interface GroupNormalizationOptions extends LayerOptions {
  /** The number of groups; divides the channels; -1 for as many as channels; 32 if left out. */
  groups?: number;
  /** Added to the variance; 0.001 if left out. */
  epsilon?: number;
  /** Whether an offset is learned for each channel; true if left out. */
  center?: boolean;
  /** Whether a factor is learned for each channel; true if left out. */
  scale?: boolean;
  /** How the offsets start; zeros if left out. */
  betaInitializer?: InitializerOption;
  /** How the factors start; ones if left out. */
  gammaInitializer?: InitializerOption;
}

class GroupNormalization extends KerasLayer<{
  groups: number;
  epsilon: number;
  center: boolean;
  scale: boolean;
}> {
  static readonly className = 'GroupNormalization';
  private readonly betaSettings: WeightSettings;
  private readonly gammaSettings: WeightSettings;
  private beta: tf.LayerVariable | null = null;
  private gamma: tf.LayerVariable | null = null;

  constructor(options: GroupNormalizationOptions = {}) {
    const { groups = 32, epsilon = 0.001, center = true, scale = true } = options;
    super(options, { groups, epsilon, center, scale });
    this.betaSettings = weightSettings('beta', options, 'zeros');
    this.gammaSettings = weightSettings('gamma', options, 'ones');
    this.supportsMasking = true;
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = onlyShape(inputShape).at(-1) as number;
    if (channels % this.groupsOf(channels) !== 0) {
      throw new Error(
        `GroupNormalization "${this.name}" has ${this.options.groups} groups, ` +
          `which do not divide the ${channels} channels of its input.`,
      );
    }
    const add = (name: string, { initializer, regularizer, constraint }: WeightSettings) =>
      this.addWeight(name, [channels], 'float32', initializer, regularizer, true, constraint);
    this.gamma = this.options.scale ? add('gamma', this.gammaSettings) : null;
    this.beta = this.options.center ? add('beta', this.betaSettings) : null;
    this.built = true;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    const channels = input.shape.at(-1) as number;
    const groups = this.groupsOf(channels);
    const inGroups = tf.reshape(input, [input.shape[0] as number, -1, groups, channels / groups]);
    const { mean, variance } = tf.moments(inGroups, [1, 3], true);
    const deviation = tf.sqrt(tf.add(variance, this.options.epsilon));
    const normal = tf.reshape(tf.div(tf.sub(inGroups, mean), deviation), input.shape);
    const scaled = this.gamma ? tf.mul(normal, this.gamma.read()) : normal;
    return this.beta ? tf.add(scaled, this.beta.read()) : scaled;
  }

  override getConfig(): tf.serialization.ConfigDict {
    return { ...super.getConfig(), ...this.betaSettings.config, ...this.gammaSettings.config };
  }

  private groupsOf(channels: number): number {
    return this.options.groups === -1 ? channels : this.options.groups;
  }
}

/** Options of {@link unitNormalization}. */
export interface UnitNormalizationOptions extends LayerOptions {
  /** The axis along which vectors get the length 1; the last if left out. */
  axis?: number;
}

class UnitNormalization extends KerasLayer<{ axis: number }> {
  static readonly className = 'UnitNormalization';

  constructor(options: UnitNormalizationOptions = {}) {
    super(options, { axis: options.axis ?? -1 });
    this.supportsMasking = true;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    const squares = tf.sum(tf.square(input), this.options.axis, true);
    return tf.div(input, tf.sqrt(tf.maximum(squares, 1e-12)));
  }
}

/** Options of {@link rmsNormalization}. */
export interface RmsNormalizationOptions extends LayerOptions {
  /** Added to the mean square; 0.000001 if left out. */
  epsilon?: number;
}

class RMSNormalization extends KerasLayer<{ epsilon: number }> {
  static readonly className = 'RMSNormalization';
  private scale!: tf.LayerVariable;

  constructor(options: RmsNormalizationOptions = {}) {
    super(options, { epsilon: options.epsilon ?? 1e-6 });
  }

  override build(inputShape: Shape | Shape[]): void {
    const channels = onlyShape(inputShape).at(-1) as number;
    this.scale = this.addWeight('scale', [channels], 'float32', tf.initializers.ones());
    this.built = true;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    const meanSquare = tf.mean(tf.square(input), -1, true);
    const root = tf.sqrt(tf.add(meanSquare, this.options.epsilon));
    return tf.mul(tf.div(input, root), this.scale.read());
  }
}

for (const layerClass of [Normalization, GroupNormalization, UnitNormalization, RMSNormalization]) {
  registerLayer(layerClass);
}

/**
 * Takes a mean off and divides by the root of a variance: those given, or weights that come from a
 * file of Keras, where `adapt` computed them from the data.
 *
 * @param options Mean and variance.
 * @throws Error if only one of mean and variance is given.
 * @see https://keras.io/api/layers/preprocessing_layers/numerical/normalization/
 */
export function normalization(options?: NormalizationOptions): tf.layers.Layer {
  return new Normalization(options);
}

/**
 * Normalises each sample within groups of its channels, the last axis.
 *
 * @param options Groups, and what is learned.
 * @throws Error when it is built, if the groups do not divide the channels.
 * @see https://keras.io/api/layers/normalization_layers/group_normalization/
 */
export function groupNormalization(options?: GroupNormalizationOptions): tf.layers.Layer {
  return new GroupNormalization(options);
}

/**
 * Divides vectors by their length.
 *
 * @param options The axis.
 * @see https://keras.io/api/layers/normalization_layers/unit_normalization/
 */
export function unitNormalization(options?: UnitNormalizationOptions): tf.layers.Layer {
  return new UnitNormalization(options);
}

/**
 * Divides by the root of the mean square of the channels, the last axis, and learns a factor for each.
 *
 * @param options What is added to the mean square.
 * @see https://keras.io/api/layers/normalization_layers/rms_normalization/
 */
export function rmsNormalization(options?: RmsNormalizationOptions): tf.layers.Layer {
  return new RMSNormalization(options);
}
