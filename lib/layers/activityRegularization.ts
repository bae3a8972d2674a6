/** A penalty on what another layer puts out. */
import * as tf from '../tensorflow';
import { internals } from '../tfjsInternals';
import { KerasLayer, type LayerOptions, registerLayer } from './kerasLayer';

/** Options of {@link activityRegularization}. */
export interface ActivityRegularizationOptions extends LayerOptions {
  /** What the sum of the absolute values is multiplied by; 0 if left out. */
  l1?: number;
  /** What the sum of the squares is multiplied by; 0 if left out. */
  l2?: number;
}

class ActivityRegularization extends KerasLayer<{ l1: number; l2: number }> {
  static readonly className = 'ActivityRegularization';

  constructor(options: ActivityRegularizationOptions = {}) {
    const { l1 = 0, l2 = 0 } = options;
    super(options, { l1, l2 });
    this.supportsMasking = true;
    internals(this).activityRegularizer = tf.regularizers.l1l2({ l1, l2 });
  }

  override getConfig(): tf.serialization.ConfigDict {
    const { activityRegularizer: _, ...config } = super.getConfig();
    return config;
  }

  protected compute(input: tf.Tensor): tf.Tensor {
    return input;
  }
}
registerLayer(ActivityRegularization);

/**
 * Adds a penalty on its input, divided by the number of rows, to the loss; its output is its input.
 * The layers with weights have the same as an option, `activityRegularizer`.
 *
 * @param options The factors of the penalty.
 * @see https://keras.io/api/layers/regularization_layers/activity_regularization/
 */
export function activityRegularization(options?: ActivityRegularizationOptions): tf.layers.Layer {
  return new ActivityRegularization(options);
}
