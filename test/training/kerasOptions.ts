/** The optimisers and losses of fixtures/keras_options.py, made here. */
import { training } from '../../lib/index';
import type * as tf from '../../lib/tensorflow';

const { optimizers } = training;

export const optimizerCases: Record<string, () => tf.Optimizer> = {
  'SGD with weight decay': () =>
    optimizers.sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.1 }),
  'SGD clipped by norm': () => optimizers.sgd({ learningRate: 0.3, clipnorm: 0.05 }),
  'SGD clipped by value': () => optimizers.sgd({ learningRate: 0.3, clipvalue: 0.02 }),
  'SGD clipped by the norm of all': () =>
    optimizers.sgd({ learningRate: 0.3, globalClipnorm: 0.1 }),
  'Adam with amsgrad': () => optimizers.adam({ learningRate: 0.1, beta2: 0.9, amsgrad: true }),
  'Adam clipped, with weight decay': () =>
    optimizers.adam({ learningRate: 0.05, clipnorm: 0.1, weightDecay: 0.2 }),
  AdamW: () => optimizers.adamW({ learningRate: 0.05 }),
  'AdamW with amsgrad': () =>
    optimizers.adamW({ learningRate: 0.05, weightDecay: 0.3, amsgrad: true }),
  Nadam: () => optimizers.nadam({ learningRate: 0.05 }),
  'Nadam with other settings': () =>
    optimizers.nadam({
      learningRate: 0.05,
      beta1: 0.8,
      beta2: 0.95,
      epsilon: 1e-3,
      weightDecay: 0.1,
    }),
  'Adamax clipped': () => optimizers.adamax({ learningRate: 0.05, clipvalue: 0.01 }),
  'RMSprop with weight decay': () =>
    optimizers.rmsprop({ learningRate: 0.01, momentum: 0.5, weightDecay: 0.2 }),
  'Adagrad with another epsilon': () => optimizers.adagrad({ learningRate: 0.1, epsilon: 0.01 }),
  'Adadelta with weight decay': () => optimizers.adadelta({ learningRate: 1, weightDecay: 0.05 }),
  'SGD, exponential': () =>
    optimizers.sgd({
      learningRate: optimizers.exponentialDecay({
        initialLearningRate: 0.5,
        decaySteps: 2,
        decayRate: 0.7,
      }),
    }),
  'SGD with momentum, exponential staircase': () =>
    optimizers.sgd({
      learningRate: optimizers.exponentialDecay({
        initialLearningRate: 0.3,
        decaySteps: 2,
        decayRate: 0.7,
        staircase: true,
      }),
      momentum: 0.9,
      nesterov: true,
    }),
  'SGD with momentum, piecewise': () =>
    optimizers.sgd({
      learningRate: optimizers.piecewiseConstantDecay({
        boundaries: [2, 5],
        values: [0.3, 0.1, 0.02],
      }),
      momentum: 0.9,
    }),
  'Adam, cosine': () =>
    optimizers.adam({
      learningRate: optimizers.cosineDecay({
        initialLearningRate: 0.1,
        decaySteps: 6,
        alpha: 0.1,
      }),
    }),
  'AdamW, cosine with warm-up': () =>
    optimizers.adamW({
      learningRate: optimizers.cosineDecay({
        initialLearningRate: 0,
        decaySteps: 5,
        warmupTarget: 0.1,
        warmupSteps: 3,
      }),
      weightDecay: 0.1,
    }),
  'Nadam, cosine with restarts': () =>
    optimizers.nadam({
      learningRate: optimizers.cosineDecayRestarts({
        initialLearningRate: 0.1,
        firstDecaySteps: 2,
        tMul: 1.5,
        mMul: 0.8,
        alpha: 0.05,
      }),
    }),
  'RMSprop, polynomial': () =>
    optimizers.rmsprop({
      learningRate: optimizers.polynomialDecay({
        initialLearningRate: 0.05,
        decaySteps: 5,
        endLearningRate: 0.01,
        power: 2,
      }),
    }),
  'Adamax, polynomial in cycles': () =>
    optimizers.adamax({
      learningRate: optimizers.polynomialDecay({
        initialLearningRate: 0.05,
        decaySteps: 3,
        endLearningRate: 0.01,
        cycle: true,
      }),
    }),
  'Adagrad, inverse time': () =>
    optimizers.adagrad({
      learningRate: optimizers.inverseTimeDecay({
        initialLearningRate: 0.2,
        decaySteps: 2,
        decayRate: 0.5,
        staircase: true,
      }),
    }),
  'Adadelta, inverse time': () =>
    optimizers.adadelta({
      learningRate: optimizers.inverseTimeDecay({
        initialLearningRate: 1,
        decaySteps: 2,
        decayRate: 0.5,
      }),
    }),
  'amsgrad, exponential': () =>
    optimizers.adam({
      learningRate: optimizers.exponentialDecay({
        initialLearningRate: 0.1,
        decaySteps: 3,
        decayRate: 0.5,
      }),
      amsgrad: true,
    }),
};

const { losses } = training;

export const lossCases: Record<string, training.Loss> = {
  Huber: losses.huber({ delta: 0.3 }),
  'log-cosh': 'log_cosh',
  'mean squared error': 'mean_squared_error',
  'mean absolute error': 'mae',
  'mean absolute percentage error': 'mape',
  'mean squared logarithmic error': 'msle',
  Poisson: 'poisson',
  'Kullback-Leibler': 'kl_divergence',
  'cosine similarity': 'cosine_similarity',
  hinge: 'hinge',
  'hinge of 0 and 1': 'hinge',
  'squared hinge': 'squared_hinge',
  'categorical hinge': 'categorical_hinge',
  'binary cross-entropy': losses.binaryCrossentropy(),
  'binary cross-entropy, smoothed': losses.binaryCrossentropy({ labelSmoothing: 0.2 }),
  'binary cross-entropy of logits': losses.binaryCrossentropy({ fromLogits: true }),
  'binary cross-entropy of logits, smoothed': losses.binaryCrossentropy({
    fromLogits: true,
    labelSmoothing: 0.1,
  }),
  'categorical cross-entropy': losses.categoricalCrossentropy(),
  'categorical cross-entropy, smoothed': losses.categoricalCrossentropy({ labelSmoothing: 0.1 }),
  'categorical cross-entropy of logits': losses.categoricalCrossentropy({ fromLogits: true }),
  'categorical cross-entropy of logits, smoothed': losses.categoricalCrossentropy({
    fromLogits: true,
    labelSmoothing: 0.3,
  }),
  'sparse categorical cross-entropy': losses.sparseCategoricalCrossentropy(),
  'sparse categorical cross-entropy of logits': losses.sparseCategoricalCrossentropy({
    fromLogits: true,
  }),
};

const { metrics } = training;

export const metricCases: Record<string, { loss: training.Loss; metrics: training.Metric[] }> = {
  'of numbers': {
    loss: 'mse',
    metrics: [
      'root_mean_squared_error',
      'mean_absolute_error',
      'mse',
      'logcosh',
      'cosine_similarity',
      metrics.r2Score(),
    ],
  },
  'of classes': {
    loss: 'sparse_categorical_crossentropy',
    metrics: [metrics.sparseTopKCategoricalAccuracy({ k: 2 }), 'sparse_categorical_accuracy'],
  },
  'of one-hot classes': {
    loss: 'categorical_crossentropy',
    metrics: [
      metrics.topKCategoricalAccuracy({ k: 2 }),
      'categorical_accuracy',
      'categorical_hinge',
      'poisson',
      metrics.f1Score({ average: 'macro', name: 'macro' }),
      metrics.f1Score({ average: 'micro', name: 'micro' }),
      metrics.f1Score({ average: 'weighted', name: 'weighted' }),
      'AUC',
    ],
  },
  'of yes and no': {
    loss: 'binary_crossentropy',
    metrics: [
      metrics.auc(),
      metrics.auc({ name: 'auc_pr', curve: 'PR' }),
      metrics.auc({ name: 'auc_coarse', numThresholds: 5 }),
      'precision',
      'recall',
      metrics.precision({ name: 'precision_low', thresholds: 0.3 }),
      metrics.recall({ name: 'recall_low', thresholds: 0.3 }),
      metrics.binaryAccuracy({ name: 'binary_accuracy_low', threshold: 0.3 }),
      metrics.f1Score({ average: 'macro', threshold: 0.5, name: 'f1' }),
      metrics.truePositives({ name: 'tp' }),
      metrics.falsePositives({ name: 'fp' }),
      metrics.trueNegatives({ name: 'tn' }),
      metrics.falseNegatives({ name: 'fn' }),
    ],
  },
};
