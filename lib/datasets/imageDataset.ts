import type * as tf from '../tensorflow';

// These two are types, not interfaces, because `tf.dispose` takes only types.

/**
 * Pictures and the class number of each.
 *
 * @typeParam Images `tf.Tensor3D` for grey pictures, `tf.Tensor4D` for those with colour channels.
 */
export type LabelledImages<Images extends tf.Tensor = tf.Tensor3D> = {
  /** float32, shape `[n, height, width]` or `[n, height, width, channels]`, values 0 to 255. */
  readonly images: Images;
  /** int32, shape `[n]`: class numbers from 0. */
  readonly labels: tf.Tensor1D;
};

/**
 * A dataset in its two published parts. The tensors are the caller's to dispose.
 *
 * @typeParam Images `tf.Tensor3D` for grey pictures, `tf.Tensor4D` for those with colour channels.
 */
export type ImageDataset<Images extends tf.Tensor = tf.Tensor3D> = {
  /** Pictures for training. */
  readonly train: LabelledImages<Images>;
  /** Pictures for testing. */
  readonly test: LabelledImages<Images>;
};
