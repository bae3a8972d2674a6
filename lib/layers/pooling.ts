/** Poolings over whole sequences, pictures and volumes, also with their dimensions kept. */
import { meanOfSteps } from '../corrections/maskedValues';
import * as tf from '../tensorflow';
import {
  type CallOptions,
  KerasLayer,
  type LayerOptions,
  registerLayer,
  type Shape,
} from './kerasLayer';

/** Options of the global poolings. */
export interface GlobalPoolingOptions extends LayerOptions {
  /** Whether the dimensions that are pooled stay, as 1; false if left out. */
  keepdims?: boolean;
}

abstract class GlobalPooling extends KerasLayer<{ keepdims: boolean }> {
  constructor(
    private readonly dimensions: number,
    { keepdims = false, ...options }: GlobalPoolingOptions = {},
  ) {
    super(options, { keepdims });
  }

  protected override shapeAfter([batch = null, ...inner]: Shape): Shape {
    const kept = this.options.keepdims ? Array<number>(this.dimensions).fill(1) : [];
    return [batch, ...kept, inner.at(-1) ?? null];
  }
}

function globalPooling(className: string, dimensions: number, reduce: typeof tf.mean) {
  const axes = Array.from({ length: dimensions }, (_, i) => i + 1);
  const layerClass = class extends GlobalPooling {
    static readonly className = className;
    constructor(options?: GlobalPoolingOptions) {
      super(dimensions, options);
    }

    protected compute(input: tf.Tensor): tf.Tensor {
      return reduce(input, axes, this.options.keepdims);
    }
  };
  registerLayer(layerClass);
  return layerClass;
}

/** Of a sequence with a mask, only the steps that count are averaged. */
class GlobalAveragePooling1D extends GlobalPooling {
  static readonly className = 'GlobalAveragePooling1D';

  constructor(options?: GlobalPoolingOptions) {
    super(1, options);
    this.supportsMasking = true;
  }

  protected compute(input: tf.Tensor, options: CallOptions): tf.Tensor {
    return meanOfSteps(input, options.mask, this.options.keepdims);
  }

  /** There are no steps any more. */
  override computeMask(): tf.Tensor {
    return null as unknown as tf.Tensor;
  }
}
registerLayer(GlobalAveragePooling1D);

const GlobalAveragePooling2D = globalPooling('GlobalAveragePooling2D', 2, tf.mean);
const GlobalAveragePooling3D = globalPooling('GlobalAveragePooling3D', 3, tf.mean);
const GlobalMaxPooling1D = globalPooling('GlobalMaxPooling1D', 1, tf.max);
const GlobalMaxPooling2D = globalPooling('GlobalMaxPooling2D', 2, tf.max);
const GlobalMaxPooling3D = globalPooling('GlobalMaxPooling3D', 3, tf.max);

/**
 * The mean of each channel over a sequence, `[batch, steps, channels]`.
 *
 * @param options Whether the dimension stays.
 * @see https://keras.io/api/layers/pooling_layers/global_average_pooling1d/
 */
export function globalAveragePooling1d(options?: GlobalPoolingOptions): tf.layers.Layer {
  return new GlobalAveragePooling1D(options);
}

/**
 * The mean of each channel over a picture, `[batch, height, width, channels]`.
 *
 * @param options Whether the dimensions stay.
 * @see https://keras.io/api/layers/pooling_layers/global_average_pooling2d/
 */
export function globalAveragePooling2d(options?: GlobalPoolingOptions): tf.layers.Layer {
  return new GlobalAveragePooling2D(options);
}

/**
 * The mean of each channel over a volume, `[batch, depth, height, width, channels]`.
 *
 * @param options Whether the dimensions stay.
 * @see https://keras.io/api/layers/pooling_layers/global_average_pooling3d/
 */
export function globalAveragePooling3d(options?: GlobalPoolingOptions): tf.layers.Layer {
  return new GlobalAveragePooling3D(options);
}

/**
 * The greatest value of each channel over a sequence, `[batch, steps, channels]`.
 *
 * @param options Whether the dimension stays.
 * @see https://keras.io/api/layers/pooling_layers/global_max_pooling1d/
 */
export function globalMaxPooling1d(options?: GlobalPoolingOptions): tf.layers.Layer {
  return new GlobalMaxPooling1D(options);
}

/**
 * The greatest value of each channel over a picture, `[batch, height, width, channels]`.
 *
 * @param options Whether the dimensions stay.
 * @see https://keras.io/api/layers/pooling_layers/global_max_pooling2d/
 */
export function globalMaxPooling2d(options?: GlobalPoolingOptions): tf.layers.Layer {
  return new GlobalMaxPooling2D(options);
}

/**
 * The greatest value of each channel over a volume, `[batch, depth, height, width, channels]`.
 *
 * @param options Whether the dimensions stay.
 * @see https://keras.io/api/layers/pooling_layers/global_max_pooling3d/
 */
export function globalMaxPooling3d(options?: GlobalPoolingOptions): tf.layers.Layer {
  return new GlobalMaxPooling3D(options);
}
