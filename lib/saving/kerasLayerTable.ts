import type { JsonObject } from './json';

/** How the options of one layer class in Keras and in tfjs belong together. */
export interface LayerOptions {
  /** Same name and meaning on both sides. */
  shared: string[];
  /** Options with another name in Keras 3, by that name. */
  renamed?: Record<string, string>;
  /** Options that only Keras has, or only in one value both sides agree on: that value. */
  fixed?: JsonObject;
  /** Options that Keras 2 lacks, with the value that it computes with. */
  onlyKeras3?: JsonObject;
  /** Options of Keras that have no effect as long as the others are as here. */
  withoutEffect?: string[];
}

const weightOptions = (...weights: string[]) =>
  weights.flatMap((weight) => [
    `${weight}_initializer`,
    `${weight}_regularizer`,
    `${weight}_constraint`,
  ]);
const activationAndBias = ['activation', 'use_bias', ...weightOptions('bias')];
const channelsLast = { data_format: 'channels_last' };
const convolutionShape = ['kernel_size', 'strides', 'padding', 'dilation_rate'];

const convolution: LayerOptions = {
  shared: [
    'filters',
    ...convolutionShape,
    'groups',
    ...activationAndBias,
    ...weightOptions('kernel'),
  ],
  fixed: channelsLast,
};
const transposedConvolution = (dimensions: number): LayerOptions => ({
  shared: [
    'filters',
    'kernel_size',
    'strides',
    'padding',
    'output_padding',
    ...activationAndBias,
    ...weightOptions('kernel'),
  ],
  fixed: { ...channelsLast, groups: 1, dilation_rate: Array(dimensions).fill(1) },
});
const depthwiseConvolution: LayerOptions = {
  shared: [
    ...convolutionShape,
    'depth_multiplier',
    ...activationAndBias,
    ...weightOptions('depthwise'),
  ],
  fixed: { ...channelsLast, groups: 1 },
  // Keras 2 notes it of the kernel that there is none of.
  withoutEffect: ['kernel_initializer'],
};
const separableConvolution: LayerOptions = {
  ...depthwiseConvolution,
  shared: ['filters', ...depthwiseConvolution.shared, ...weightOptions('pointwise')],
};
const pooling: LayerOptions = { shared: ['pool_size', 'strides', 'padding'], fixed: channelsLast };
const globalPooling: LayerOptions = { shared: ['keepdims'], fixed: channelsLast };
const merge: LayerOptions = { shared: [] };

const spatialDropout: LayerOptions = {
  shared: ['rate', 'noise_shape', 'seed'],
  fixed: channelsLast,
};

const recurrent: LayerOptions = {
  shared: [
    'units',
    ...activationAndBias,
    ...weightOptions('kernel', 'recurrent'),
    'dropout',
    'recurrent_dropout',
    'return_sequences',
    'return_state',
    'go_backwards',
    'stateful',
    'unroll',
  ],
  // How it is computed, not what. A seed draws other numbers on each side anyway.
  // zero_output_for_mask has an effect with masks only: see modelConfigFromKeras.
  withoutEffect: ['implementation', 'use_cudnn', 'seed', 'zero_output_for_mask'],
};
const gatedRecurrent = (...others: string[]): LayerOptions => ({
  ...recurrent,
  shared: [...recurrent.shared, 'recurrent_activation', ...others],
});

const normalization = (...others: string[]): LayerOptions => ({
  shared: ['axis', 'epsilon', 'center', 'scale', ...weightOptions('beta', 'gamma'), ...others],
  withoutEffect: ['renorm_momentum'],
});

/** A layer of pictures; bounding boxes are another input, which no layer has here. */
const pictures = (...shared: string[]): LayerOptions => ({
  shared,
  fixed: channelsLast,
  // Random numbers are others on each side anyway.
  withoutEffect: ['bounding_box_format', 'rng_type', 'seed'],
});
const movedPictures = (...factors: string[]): LayerOptions =>
  pictures(...factors, 'fill_mode', 'interpolation', 'fill_value');

/** Every layer class that can be saved and loaded. */
export const supportedLayers: Record<string, LayerOptions> = {
  Activation: { shared: ['activation'] },
  ActivityRegularization: { shared: ['l1', 'l2'] },
  AdditiveAttention: {
    shared: ['use_scale', 'dropout', 'use_causal_mask'],
    withoutEffect: ['seed'],
  },
  Add: merge,
  AlphaDropout: { shared: ['rate', 'noise_shape', 'seed'] },
  Attention: {
    shared: ['use_scale', 'score_mode', 'dropout', 'use_causal_mask'],
    withoutEffect: ['seed'],
  },
  Average: merge,
  AveragePooling1D: pooling,
  AveragePooling2D: pooling,
  AveragePooling3D: pooling,
  BatchNormalization: normalization(
    'momentum',
    'moving_mean_initializer',
    'moving_variance_initializer',
  ),
  Bidirectional: { shared: ['layer', 'merge_mode'] },
  CenterCrop: pictures('height', 'width'),
  Concatenate: { shared: ['axis'] },
  Conv1D: convolution,
  Conv1DTranspose: transposedConvolution(1),
  Conv2D: convolution,
  Conv2DTranspose: transposedConvolution(2),
  Conv3D: convolution,
  Conv3DTranspose: transposedConvolution(3),
  ConvLSTM2D: {
    ...recurrent,
    shared: [
      'filters',
      ...convolutionShape,
      ...recurrent.shared.filter((option) => option !== 'units' && option !== 'unroll'),
      'recurrent_activation',
      'unit_forget_bias',
    ],
    fixed: channelsLast,
  },
  Cropping1D: { shared: ['cropping'] },
  Cropping3D: { shared: ['cropping'], fixed: channelsLast },
  Cropping2D: { shared: ['cropping'], fixed: channelsLast },
  Dense: { shared: ['units', ...activationAndBias, ...weightOptions('kernel')] },
  DepthwiseConv1D: depthwiseConvolution,
  DepthwiseConv2D: depthwiseConvolution,
  Dot: { shared: ['axes', 'normalize'] },
  Dropout: { shared: ['rate', 'noise_shape', 'seed'] },
  ELU: { shared: ['alpha'] },
  Embedding: {
    shared: ['input_dim', 'output_dim', 'mask_zero', ...weightOptions('embeddings')],
    withoutEffect: ['input_length'],
  },
  Flatten: { shared: [], fixed: channelsLast },
  GRU: gatedRecurrent('reset_after'),
  GaussianDropout: { shared: ['rate'], withoutEffect: ['seed'] },
  GaussianNoise: { shared: ['stddev'], withoutEffect: ['seed'] },
  GlobalAveragePooling1D: globalPooling,
  GlobalAveragePooling2D: globalPooling,
  GlobalAveragePooling3D: globalPooling,
  GlobalMaxPooling1D: globalPooling,
  GlobalMaxPooling2D: globalPooling,
  GlobalMaxPooling3D: globalPooling,
  GroupNormalization: {
    shared: ['groups', 'epsilon', 'center', 'scale', ...weightOptions('beta', 'gamma')],
    fixed: { axis: -1 },
  },
  InputLayer: { shared: [] },
  LSTM: gatedRecurrent('unit_forget_bias'),
  LayerNormalization: normalization(),
  LeakyReLU: { shared: ['alpha'], renamed: { negative_slope: 'alpha' } },
  Masking: { shared: ['mask_value'] },
  MaxPooling1D: pooling,
  MaxPooling2D: pooling,
  MaxPooling3D: pooling,
  Maximum: merge,
  Minimum: merge,
  MultiHeadAttention: {
    shared: [
      'num_heads',
      'key_dim',
      'value_dim',
      'dropout',
      'use_bias',
      'output_shape',
      'use_causal_mask',
      'inputs',
      ...weightOptions('kernel', 'bias'),
    ],
    fixed: { attention_axes: [1], activity_regularizer: null },
    // Keras 2 notes the shapes.
    withoutEffect: ['seed', 'query_shape', 'key_shape', 'value_shape'],
  },
  Multiply: merge,
  Normalization: { shared: ['axis', 'mean', 'variance', 'invert'] },
  PReLU: { shared: ['shared_axes', ...weightOptions('alpha')] },
  Permute: { shared: ['dims'] },
  RMSNormalization: { shared: ['epsilon'], fixed: { axis: -1 } },
  RandomBrightness: pictures('factor', 'value_range'),
  RandomContrast: {
    ...pictures('factor', 'value_range'),
    onlyKeras3: { value_range: [0, 255] },
  },
  RandomFlip: pictures('mode'),
  RandomRotation: movedPictures('factor'),
  RandomTranslation: movedPictures('height_factor', 'width_factor'),
  RandomZoom: movedPictures('height_factor', 'width_factor'),
  ReLU: { shared: ['max_value', 'negative_slope', 'threshold'] },
  RepeatVector: { shared: ['n'] },
  Rescaling: { shared: ['scale', 'offset'] },
  Reshape: { shared: ['target_shape'] },
  Resizing: {
    ...pictures(
      'height',
      'width',
      'interpolation',
      'crop_to_aspect_ratio',
      'pad_to_aspect_ratio',
      'fill_value',
    ),
    fixed: { ...channelsLast, fill_mode: 'constant' },
    onlyKeras3: { pad_to_aspect_ratio: false, fill_value: 0 },
  },
  SeparableConv1D: separableConvolution,
  SeparableConv2D: separableConvolution,
  SimpleRNN: recurrent,
  Softmax: { shared: ['axis'] },
  SpatialDropout1D: spatialDropout,
  SpatialDropout2D: spatialDropout,
  SpatialDropout3D: spatialDropout,
  Subtract: merge,
  ThresholdedReLU: { shared: ['theta'] },
  TimeDistributed: { shared: ['layer'] },
  UnitNormalization: { shared: ['axis'] },
  UpSampling1D: { shared: ['size'] },
  UpSampling3D: { shared: ['size'], fixed: channelsLast },
  UpSampling2D: { shared: ['size', 'interpolation'], fixed: channelsLast },
  ZeroPadding1D: { shared: ['padding'], fixed: channelsLast },
  ZeroPadding3D: { shared: ['padding'], fixed: channelsLast },
  ZeroPadding2D: { shared: ['padding'], fixed: channelsLast },
};
