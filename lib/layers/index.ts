/**
 * Layers that Keras has and TensorFlow.js lacks, or has without some of their options. They are used
 * as those of `tf.layers` are; files from Keras that hold them load.
 *
 * @module
 */
export type { EluOptions, ReluOptions, SoftmaxOptions } from './activations';
export { elu, relu, softmax } from './activations';
export type { ActivityRegularizationOptions } from './activityRegularization';
export { activityRegularization } from './activityRegularization';
export type { MultiHeadAttentionOptions } from './attention';
export { multiHeadAttention } from './attention';
export type {
  RandomBrightnessOptions,
  RandomContrastOptions,
  RandomFactor,
  RandomFlipOptions,
  RandomMoveOptions,
  RandomRotationOptions,
  RandomTranslationOptions,
  RandomZoomOptions,
} from './augmentation';
export {
  randomBrightness,
  randomContrast,
  randomFlip,
  randomRotation,
  randomTranslation,
  randomZoom,
} from './augmentation';
export type {
  CroppingOptions,
  UpSampling2dOptions,
  UpSamplingOptions,
  ZeroPaddingOptions,
} from './borders';
export {
  cropping1d,
  cropping3d,
  upSampling1d,
  upSampling2d,
  upSampling3d,
  zeroPadding1d,
  zeroPadding3d,
} from './borders';
export type { ConvolutionOptions } from './convolution';
export { conv1d, conv2d, conv3d } from './convolution';
export type {
  DepthwiseConv1dOptions,
  SeparableConv1dOptions,
  SequenceConvolutionOptions,
} from './depthwise';
export { depthwiseConv1d, separableConv1d } from './depthwise';
export type { AdditiveAttentionOptions, AttentionOptions } from './dotAttention';
export { additiveAttention, attention } from './dotAttention';
export type { LayerOptions } from './kerasLayer';
export { subtract } from './merging';
export type { SpatialDropoutOptions } from './noise';
export { spatialDropout2d, spatialDropout3d } from './noise';
export type {
  GroupNormalizationOptions,
  NormalizationOptions,
  RmsNormalizationOptions,
  UnitNormalizationOptions,
} from './normalization';
export {
  groupNormalization,
  normalization,
  rmsNormalization,
  unitNormalization,
} from './normalization';
export type { GlobalPoolingOptions } from './pooling';
export {
  globalAveragePooling1d,
  globalAveragePooling2d,
  globalAveragePooling3d,
  globalMaxPooling1d,
  globalMaxPooling2d,
  globalMaxPooling3d,
} from './pooling';
export type { GruOptions } from './recurrent';
export { gru } from './recurrent';
export type { ResizingOptions } from './resizing';
export { resizing } from './resizing';
export type { Conv1dTransposeOptions, ConvTransposeOptions } from './transposed';
export { conv1dTranspose, conv2dTranspose, conv3dTranspose } from './transposed';
export type { ConstraintOption, InitializerOption, RegularizerOption } from './weightSettings';
