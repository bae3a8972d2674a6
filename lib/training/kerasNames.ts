/** What Keras's names of losses, metrics and optimisers mean here. */

import { adadelta, adagrad, adam, adamax, adamW, nadam, rmsprop, sgd } from '../optimizers/index';
import * as tf from '../tensorflow';
import { kerasFunctions, type RowFunction } from './lossFunctions/rowFunctions';
import * as metricFunctions from './metricFunctions/index';
import { nearestName, plain } from './names';

/** tfjs's own name of a loss or metric, or a function. */
export type Meaning = string | RowFunction;

const {
  huber,
  hinge,
  squaredhinge,
  meansquaredlogarithmicerror,
  kldivergence,
  cosinesimilarity,
  logcosh,
  poisson,
  categoricalhinge,
} = kerasFunctions;

/** Each with its names in Keras; without underscores and in small letters. */
const losses: [meaning: Meaning, ...names: string[]][] = [
  ['meanSquaredError', 'meansquarederror', 'mse'],
  ['meanAbsoluteError', 'meanabsoluteerror', 'mae'],
  ['meanAbsolutePercentageError', 'meanabsolutepercentageerror', 'mape'],
  ['meanSquaredLogarithmicError', 'meansquaredlogarithmicerror', 'msle'],
  ['binaryCrossentropy', 'binarycrossentropy', 'bce'],
  ['categoricalCrossentropy', 'categoricalcrossentropy'],
  ['sparseCategoricalCrossentropy', 'sparsecategoricalcrossentropy'],
  ['kullbackLeiblerDivergence', 'kldivergence', 'kullbackleiblerdivergence', 'kld'],
  ['poisson', 'poisson'],
  ['logcosh', 'logcosh'],
  ['cosineProximity', 'cosinesimilarity', 'cosineproximity'],
  ['categoricalHinge', 'categoricalhinge'],
  [hinge, 'hinge'],
  [squaredhinge, 'squaredhinge'],
  [huber, 'huber'],
];

const metrics: [meaning: Meaning, ...names: string[]][] = [
  ['accuracy', 'accuracy'],
  ['acc', 'acc'],
  ['binaryAccuracy', 'binaryaccuracy'],
  ['categoricalAccuracy', 'categoricalaccuracy'],
  [tf.metrics.sparseCategoricalAccuracy, 'sparsecategoricalaccuracy'],
  [metricFunctions.precision(), 'precision'],
  [metricFunctions.recall(), 'recall'],
  [metricFunctions.truePositives(), 'truepositives'],
  [metricFunctions.falsePositives(), 'falsepositives'],
  [metricFunctions.trueNegatives(), 'truenegatives'],
  [metricFunctions.falseNegatives(), 'falsenegatives'],
  [metricFunctions.auc(), 'auc'],
  [metricFunctions.topKCategoricalAccuracy(), 'topkcategoricalaccuracy'],
  [metricFunctions.sparseTopKCategoricalAccuracy(), 'sparsetopkcategoricalaccuracy'],
  [metricFunctions.rootMeanSquaredError(), 'rootmeansquarederror'],
  [metricFunctions.r2Score(), 'r2score'],
  ['mse', 'meansquarederror', 'mse'],
  ['mae', 'meanabsoluteerror', 'mae'],
  ['mape', 'meanabsolutepercentageerror', 'mape'],
  [meansquaredlogarithmicerror, 'meansquaredlogarithmicerror', 'msle'],
  [tf.metrics.binaryCrossentropy, 'binarycrossentropy', 'bce'],
  ['categoricalCrossentropy', 'categoricalcrossentropy'],
  ['sparseCategoricalCrossentropy', 'sparsecategoricalcrossentropy'],
  [kldivergence, 'kldivergence', 'kullbackleiblerdivergence', 'kld'],
  [cosinesimilarity, 'cosinesimilarity'],
  [logcosh, 'logcosh', 'logcosherror'],
  [hinge, 'hinge'],
  [squaredhinge, 'squaredhinge'],
  [categoricalhinge, 'categoricalhinge'],
  [poisson, 'poisson'],
];

/** With Keras's default settings, which are others than tfjs's. */
const optimizers: Record<string, () => tf.Optimizer> = {
  sgd,
  adam,
  adamw: adamW,
  nadam,
  rmsprop,
  adagrad,
  adadelta,
  adamax,
};

/** Keras's others. */
const optimizersOfKerasOnly = ['adafactor', 'ftrl', 'lamb', 'lion', 'lossscaleoptimizer', 'muon'];

/** @throws TypeError that names the nearest one, if there is no such loss. */
export function lossNamed(name: string): Meaning {
  return named(losses, name, 'loss');
}

/** @throws TypeError that names the nearest one, if there is no such metric. */
export function metricNamed(name: string): Meaning {
  if (plain(name) === 'f1score') {
    throw new TypeError(
      'The metric "f1_score" needs an average: give training.metrics.f1Score({ average: \'macro\' }).',
    );
  }
  return named(metrics, name, 'metric');
}

/** @throws TypeError that names the nearest one, if there is no such optimiser. */
export function optimizerNamed(name: string): tf.Optimizer {
  const make = optimizers[plain(name)];
  if (optimizersOfKerasOnly.includes(plain(name))) {
    throw new TypeError(
      `Keras's optimiser "${name}" is not supported; supported are ` +
        `${Object.keys(optimizers).join(', ')}.`,
    );
  }
  if (!make) {
    throw new TypeError(
      `There is no optimiser "${name}". ${nearestName(name, Object.keys(optimizers))}`,
    );
  }
  return make();
}

function named(table: typeof losses, name: string, kind: 'loss' | 'metric'): Meaning {
  const entry = table.find(([, ...names]) => names.includes(plain(name)));
  if (!entry) {
    const known = table.map(([meaning, first]) => (typeof meaning === 'string' ? meaning : first));
    throw new TypeError(`There is no ${kind} "${name}". ${nearestName(name, known as string[])}`);
  }
  return entry[0];
}
