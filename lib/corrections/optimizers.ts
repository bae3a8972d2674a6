/**
 * Optimisers of tfjs whose steps differ from those of Keras's optimisers of the same name. Their
 * state and its names are unchanged.
 */
import * as tf from '@tensorflow/tfjs-node';
import { prepareStep } from '../optimizers/stepSettings';
import {
  internals,
  type NamedGradients,
  type OptimizerInternals,
  type Slot,
} from '../tfjsInternals';

const adam = internals(tf.AdamOptimizer.prototype);
const adamOfTfjs = adam.applyGradients;

/**
 * Keras adds epsilon to the root of the second moment before bias correction, tfjs after it. See
 * https://keras.io/api/optimizers/adam/ on "epsilon hat".
 */
adam.applyGradients = function (gradients) {
  const { epsilon, accBeta2 } = this;
  tf.tidy(() => {
    // tfjs only adds epsilon to a tensor, so it may be a tensor itself.
    Object.assign(this, { epsilon: tf.div(epsilon, tf.sqrt(tf.sub(1, accBeta2))) });
    try {
      adamOfTfjs.call(this, gradients);
    } finally {
      this.epsilon = epsilon;
    }
  });
};

const rmsProp = internals(tf.RMSPropOptimizer.prototype);
const rmsPropOfTfjs = rmsProp.applyGradients;

/** If centred, tfjs subtracts epsilon from the variance instead of adding it. */
rmsProp.applyGradients = function (gradients) {
  const { epsilon, centered } = this;
  this.epsilon = centered ? -epsilon : epsilon;
  try {
    rmsPropOfTfjs.call(this, gradients);
  } finally {
    this.epsilon = epsilon;
  }
};

const adadelta = internals(tf.AdadeltaOptimizer.prototype);

/** tfjs divides by the accumulated gradients of earlier steps, which are 0 at first. */
adadelta.applyGradients = function (gradients) {
  const named = Array.isArray(gradients)
    ? gradients
    : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
  for (const [index, { name, tensor }] of named.entries()) {
    const weight = tf.engine().registeredVariables[name] as tf.Variable;
    const slot = (slots: Slot[], suffix: string) => {
      slots[index] ??= {
        originalName: `${name}/${suffix}`,
        variable: tf.tidy(() => tf.zerosLike(weight).variable(false)),
      };
      return slots[index].variable;
    };
    const gradientSum = slot(this.accumulatedGrads, 'accum_grad');
    const updateSum = slot(this.accumulatedUpdates, 'accum_var');
    if (tensor) {
      tf.tidy(() => adadeltaStep(this, weight, tensor, gradientSum, updateSum));
    }
  }
  this.incrementIterations();
};

/** Follows https://arxiv.org/abs/1212.5701, algorithm 1. */
function adadeltaStep(
  { learningRate, rho, epsilon }: OptimizerInternals,
  weight: tf.Variable,
  gradient: tf.Tensor,
  gradientSum: tf.Variable,
  updateSum: tf.Variable,
): void {
  const average = (before: tf.Tensor, value: tf.Tensor) => before.mul(rho).add(value.mul(1 - rho));
  gradientSum.assign(average(gradientSum, gradient.square()));
  const scale = updateSum.add(epsilon).sqrt().div(gradientSum.add(epsilon).sqrt());
  const update = gradient.mul(scale);
  updateSum.assign(average(updateSum, update.square()));
  weight.assign(weight.sub(update.mul(learningRate)));
}

const { setLearningRate } = tf.MomentumOptimizer.prototype;

/**
 * Keras accumulates steps (learning rate × gradient), tfjs gradients: without this, a new learning
 * rate would also scale the steps made before.
 */
tf.MomentumOptimizer.prototype.setLearningRate = function (rate) {
  const before = this.getConfig().learningRate as number;
  setLearningRate.call(this, rate);
  const { accumulations } = internals(this);
  if (rate !== 0 && rate !== before) {
    for (const { variable } of accumulations) {
      tf.tidy(() => variable.assign(variable.mul(before / rate)));
    }
  }
};

const { dispose } = tf.MomentumOptimizer.prototype;

/** tfjs does not dispose the tensor of the learning rate. */
tf.MomentumOptimizer.prototype.dispose = function () {
  dispose.call(this);
  internals(this).c.dispose();
};

/** Keras's optimisers can clip gradients and apply weight decay before their step. */
const prototypes = [
  tf.SGDOptimizer,
  tf.MomentumOptimizer,
  tf.AdamOptimizer,
  tf.AdamaxOptimizer,
  tf.RMSPropOptimizer,
  tf.AdagradOptimizer,
  tf.AdadeltaOptimizer,
].map(({ prototype }) => prototype as tf.Optimizer);

for (const prototype of prototypes) {
  const { applyGradients } = prototype;
  prototype.applyGradients = function (gradients) {
    tf.tidy(() => {
      const prepared = prepareStep(this, gradients as NamedGradients, (_, read) => {
        return tf.scalar(read());
      });
      applyGradients.call(this, prepared as tf.NamedTensorMap);
    });
  };
}
