/** Losses and metrics that Keras has and tfjs lacks, keeps to itself, or computes otherwise. */

import { absolute } from '../../corrections/absolute';
import * as tf from '../../tensorflow';
import { declareKnownCode } from '../runners/modelCode';
import { describeLoss } from './descriptions';

/**
 * Compares targets with outputs: one value per row, or per moment of a sequence.
 *
 * @param targets what the outputs should be.
 * @param outputs what the model gave.
 */
export type RowFunction = (targets: tf.Tensor, outputs: tf.Tensor) => tf.Tensor;

/** Keras's `keras.config.epsilon()`. */
const epsilon = 1e-7;

const meanOverLast = (compare: RowFunction): RowFunction => {
  return (targets, outputs) => tf.tidy(() => tf.mean(compare(targets.toFloat(), outputs), -1));
};

const logOfPositive = (values: tf.Tensor) => tf.log1p(tf.maximum(values, epsilon));

const atMostOne = (values: tf.Tensor) => tf.clipByValue(values, epsilon, 1);

/** Classes 0 and 1 mean -1 and 1, if there are no others. */
function signs(targets: tf.Tensor): tf.Tensor {
  const areBinary = tf.logicalOr(tf.equal(targets, 0), tf.equal(targets, 1)).all();
  return tf.where(areBinary, tf.sub(tf.mul(2, targets), 1), targets);
}

const margin: RowFunction = (targets, outputs) =>
  tf.maximum(tf.sub(1, tf.mul(signs(targets), outputs)), 0);

function l2Normalized(values: tf.Tensor): tf.Tensor {
  const squares = tf.sum(tf.square(values), -1, true);
  return tf.mul(values, tf.rsqrt(tf.maximum(squares, epsilon ** 2)));
}

/** Huber's loss: a square up to `delta`, from there on a line. */
export function huberLoss(delta: number): RowFunction {
  return meanOverLast((targets, outputs) => {
    const error = tf.abs(tf.sub(targets, outputs));
    const square = tf.mul(0.5, tf.square(error));
    return tf.where(tf.lessEqual(error, delta), square, tf.mul(delta, tf.sub(error, delta / 2)));
  });
}

/** By Keras's names, without underscores and in small letters. */
export const kerasFunctions = {
  /** Follows https://keras.io/api/losses/regression_losses/#huber-function. */
  huber: huberLoss(1),
  /** Follows https://keras.io/api/losses/hinge_losses/#hinge-function. */
  hinge: meanOverLast(margin),
  /** Follows https://keras.io/api/losses/hinge_losses/#squared_hinge-function. */
  squaredhinge: meanOverLast((targets, outputs) => tf.square(margin(targets, outputs))),
  /** Follows https://keras.io/api/losses/regression_losses/#log_cosh-function. */
  logcosh: meanOverLast((targets, outputs) => {
    const error = tf.sub(outputs, targets);
    return tf.sub(tf.add(error, tf.softplus(tf.mul(-2, error))), Math.LN2);
  }),
  /** Follows https://keras.io/api/losses/regression_losses/#mean_squared_logarithmic_error-function. */
  meansquaredlogarithmicerror: meanOverLast((targets, outputs) =>
    tf.squaredDifference(logOfPositive(targets), logOfPositive(outputs)),
  ),
  /** Follows https://keras.io/api/losses/probabilistic_losses/#kl_divergence-function. */
  kldivergence: ((targets, outputs) =>
    tf.tidy(() => {
      const [ofTargets, ofOutputs] = [atMostOne(targets.toFloat()), atMostOne(outputs)];
      return tf.sum(tf.mul(ofTargets, tf.log(tf.div(ofTargets, ofOutputs))), -1);
    })) as RowFunction,
  /** Follows https://keras.io/api/losses/probabilistic_losses/#poisson-function. */
  poisson: meanOverLast((targets, outputs) =>
    tf.sub(outputs, tf.mul(targets, tf.log(tf.add(outputs, epsilon)))),
  ),
  /** Follows https://keras.io/api/losses/hinge_losses/#categorical_hinge-function. */
  categoricalhinge: ((targets, outputs) =>
    tf.tidy(() => {
      const right = tf.sum(tf.mul(targets, outputs), -1);
      const wrong = tf.max(tf.mul(tf.sub(1, targets), outputs), -1);
      return tf.maximum(tf.add(tf.sub(wrong, right), 1), 0);
    })) as RowFunction,
  /** Follows https://keras.io/api/metrics/regression_metrics/#cosinesimilarity-class. */
  cosinesimilarity: ((targets, outputs) =>
    tf.tidy(() =>
      tf.sum(tf.mul(l2Normalized(targets.toFloat()), l2Normalized(outputs)), -1),
    )) as RowFunction,
};

/** By tfjs's names, losses that differ in detail from what tfjs has under these. */
export const lossesOfTfjs: Record<string, RowFunction> = {
  /** Follows https://keras.io/api/losses/regression_losses/#mean_absolute_error-function. */
  meanAbsoluteError: meanOverLast((targets, outputs) => absolute(tf.sub(targets, outputs))),
  /** Follows https://keras.io/api/losses/regression_losses/#mean_absolute_percentage_error-function. */
  meanAbsolutePercentageError: meanOverLast((targets, outputs) => {
    const share = tf.div(tf.sub(targets, outputs), tf.maximum(tf.abs(targets), epsilon));
    return tf.mul(100, absolute(share));
  }),
  /** Follows https://keras.io/api/losses/regression_losses/#cosine_similarity-function. */
  cosineProximity: (targets, outputs) =>
    tf.tidy(() => tf.neg(kerasFunctions.cosinesimilarity(targets, outputs))),
  kullbackLeiblerDivergence: kerasFunctions.kldivergence,
  categoricalHinge: kerasFunctions.categoricalhinge,
};

for (const one of [...Object.values(kerasFunctions), ...Object.values(lossesOfTfjs)]) {
  declareKnownCode(one);
}

/** The classes of these as losses in Keras; the others are metrics only. */
const classNames: Partial<Record<keyof typeof kerasFunctions, string>> = {
  huber: 'Huber',
  hinge: 'Hinge',
  squaredhinge: 'SquaredHinge',
};
for (const [name, className] of Object.entries(classNames)) {
  const loss = kerasFunctions[name as keyof typeof kerasFunctions];
  describeLoss(loss, { className, config: {} });
}
