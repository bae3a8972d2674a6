/**
 * One step of each tfjs optimiser as graph nodes. Where TensorFlow has a kernel that computes the
 * same as tfjs (SGD, momentum, Adam, Adamax, RMSProp, Adadelta), that single kernel goes over the
 * weights once, in place of tfjs's ten or so operations. Adagrad has no kernel with the epsilon under
 * the root.
 *
 * The optimiser's own variables are used and updated, so that eager training, saving and a second
 * `fit` go on from them. Kernels: tensorflow/core/ops/training_ops.cc.
 */
import * as tf from '../tensorflow';
import { type AttributeValue, bool, type as typeAttribute } from './graphNode';
import { DT_FLOAT } from './native';
import { NotCompilableError } from './notCompilableError';
import type { Recorder } from './recorder';
import type { Replacements } from './replacements';
import type {
  AdadeltaFields,
  AdagradFields,
  AdamaxFields,
  AdamFields,
  MomentumFields,
  RmsPropFields,
  SgdFields,
  Slot,
} from './tfjsInternals';

/** A variable, its gradient, and its place among the optimiser's variables. */
interface WeightGradient {
  weight: tf.Variable;
  /** Missing for a weight that the loss does not depend on. */
  gradient: tf.Tensor | undefined;
  index: number;
}

type NamedGradients = tf.NamedTensorMap | { name: string; tensor: tf.Tensor }[];

type Update = (recorder: Recorder, optimizer: never, gradients: WeightGradient[]) => void;

const FLOAT_ATTRIBUTES = { T: typeAttribute(DT_FLOAT) };

const UPDATES: { optimizer: { prototype: tf.Optimizer }; update: Update }[] = [
  { optimizer: tf.SGDOptimizer, update: sgd },
  { optimizer: tf.MomentumOptimizer, update: momentum },
  { optimizer: tf.AdamOptimizer, update: adam },
  { optimizer: tf.AdamaxOptimizer, update: adamax },
  { optimizer: tf.RMSPropOptimizer, update: rmsProp },
  { optimizer: tf.AdagradOptimizer, update: adagrad },
  { optimizer: tf.AdadeltaOptimizer, update: adadelta },
];

/** @throws NotCompilableError if the optimiser is not one of tfjs's own. */
export function requireKnownOptimizer(optimizer: tf.Optimizer): void {
  const { applyGradients } = optimizer;
  if (
    !UPDATES.some(({ optimizer: { prototype } }) => prototype.applyGradients === applyGradients)
  ) {
    throw new NotCompilableError(
      `The optimiser ${optimizer.getClassName()} is not one of tfjs's own ` +
        '(SGD, Momentum, Adam, Adamax, RMSProp, Adagrad, Adadelta).',
    );
  }
}

/** Makes tfjs's optimisers put their step into the recorder's graph. */
export function recordOptimizerUpdates(recorder: Recorder, replacements: Replacements): void {
  for (const { optimizer, update } of UPDATES) {
    replacements.method(
      optimizer.prototype,
      'applyGradients',
      () =>
        function (this: tf.Optimizer, gradients: NamedGradients) {
          tf.tidy(() => {
            recorder.origins.inPhase('update', () =>
              update(recorder, this as never, weightGradients(gradients)),
            );
          });
          recorder.optimizers.push(this);
        },
    );
  }
}

function weightGradients(gradients: NamedGradients): WeightGradient[] {
  const named = Array.isArray(gradients)
    ? gradients
    : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
  return named.map(({ name, tensor }, index) => {
    const weight = tf.engine().registeredVariables[name];
    if (weight === undefined) {
      throw new Error(`The optimiser got a gradient for "${name}", but there is no such variable.`);
    }
    if (weight.dtype !== 'float32') {
      // The kernels would end the process.
      throw new TypeError(
        `The variable "${name}" has the type ${weight.dtype}; only float32 can be trained.`,
      );
    }
    return { weight, gradient: tensor ?? undefined, index };
  });
}

/** A slot's variable, made if this is the optimiser's first step, as tfjs makes it. */
function slot(
  recorder: Recorder,
  slotsOf: () => Slot[],
  { weight, index }: WeightGradient,
  name: string,
  initialValue = 0,
): tf.Variable {
  let found = slotsOf()[index];
  if (found === undefined) {
    const variable = recorder.paused(() => tf.variable(tf.fill(weight.shape, initialValue), false));
    found = { originalName: `${weight.name}/${name}`, variable };
    slotsOf()[index] = found;
  }
  const { variable } = found;
  // `optimizer.setWeights` puts new variables in the place of the old ones.
  recorder.assumptions.push(() => slotsOf()[index]?.variable === variable);
  return variable;
}

/** One fused kernel for one weight; skipped, as in tfjs, where there is no gradient. */
function apply(
  recorder: Recorder,
  op: string,
  { weight, gradient }: WeightGradient,
  slots: tf.Variable[],
  inputs: (gradient: tf.Tensor) => tf.Tensor[],
  attributes: Record<string, AttributeValue> = {},
): void {
  if (gradient !== undefined) {
    recorder.updateInPlace(op, [weight, ...slots], inputs(gradient), {
      ...FLOAT_ATTRIBUTES,
      ...attributes,
    });
  }
}

const scalarValues = new WeakMap<tf.Tensor, number>();

/** A scalar tensor's value, read from TensorFlow once per tensor. */
function scalarValue(scalar: tf.Scalar): number {
  let value = scalarValues.get(scalar);
  if (value === undefined) {
    [value] = scalar.dataSync();
    scalarValues.set(scalar, value as number);
  }
  return value as number;
}

function sgd(recorder: Recorder, optimizer: SgdFields, gradients: WeightGradient[]): void {
  const rate = recorder.parameter(optimizer, 'learningRate', () => -scalarValue(optimizer.c));
  for (const item of gradients) {
    apply(recorder, 'ResourceApplyGradientDescent', item, [], (gradient) => [rate, gradient]);
  }
}

function momentum(
  recorder: Recorder,
  optimizer: MomentumFields,
  gradients: WeightGradient[],
): void {
  const rate = recorder.parameter(optimizer, 'learningRate', () => -scalarValue(optimizer.c));
  const factor = recorder.parameter(optimizer, 'momentum', () => scalarValue(optimizer.m));
  for (const item of gradients) {
    const accumulation = slot(recorder, () => optimizer.accumulations, item, 'momentum');
    apply(
      recorder,
      'ResourceApplyMomentum',
      item,
      [accumulation],
      (gradient) => [rate, gradient, factor],
      { use_nesterov: bool(optimizer.useNesterov) },
    );
  }
}

function adam(recorder: Recorder, optimizer: AdamFields, gradients: WeightGradient[]): void {
  const { accBeta1, accBeta2 } = optimizer;
  const rate = recorder.parameter(optimizer, 'learningRate', () => optimizer.learningRate);
  const beta1 = recorder.parameter(optimizer, 'beta1', () => optimizer.beta1);
  const beta2 = recorder.parameter(optimizer, 'beta2', () => optimizer.beta2);
  const epsilon = recorder.parameter(optimizer, 'epsilon', () => optimizer.epsilon);
  for (const item of gradients) {
    const first = slot(recorder, () => optimizer.accumulatedFirstMoment, item, 'm');
    const second = slot(recorder, () => optimizer.accumulatedSecondMoment, item, 'v');
    apply(recorder, 'ResourceApplyAdam', item, [first, second], (gradient) => [
      accBeta1,
      accBeta2,
      rate,
      beta1,
      beta2,
      epsilon,
      gradient,
    ]);
  }
  accBeta1.assign(tf.mul(accBeta1, beta1));
  accBeta2.assign(tf.mul(accBeta2, beta2));
}

function adamax(recorder: Recorder, optimizer: AdamaxFields, gradients: WeightGradient[]): void {
  const { accBeta1, iteration } = optimizer;
  const rate = recorder.parameter(optimizer, 'learningRate', () => optimizer.learningRate);
  const decay = recorder.parameter(optimizer, 'decay', () => optimizer.decay);
  const beta1 = recorder.parameter(optimizer, 'beta1', () => optimizer.beta1);
  const beta2 = recorder.parameter(optimizer, 'beta2', () => optimizer.beta2);
  const epsilon = recorder.parameter(optimizer, 'epsilon', () => optimizer.epsilon);
  const decayedRate = tf.div(rate, tf.add(tf.mul(iteration, decay), 1));
  for (const item of gradients) {
    const first = slot(recorder, () => optimizer.accumulatedFirstMoment, item, 'm');
    const norm = slot(recorder, () => optimizer.accumulatedWeightedInfNorm, item, 'v');
    apply(recorder, 'ResourceApplyAdaMax', item, [first, norm], (gradient) => [
      accBeta1,
      decayedRate,
      beta1,
      beta2,
      epsilon,
      gradient,
    ]);
  }
  iteration.assign(tf.add(iteration, 1));
  accBeta1.assign(tf.mul(accBeta1, beta1));
}

function rmsProp(recorder: Recorder, optimizer: RmsPropFields, gradients: WeightGradient[]): void {
  const rate = recorder.parameter(optimizer, 'learningRate', () => optimizer.learningRate);
  const decay = recorder.parameter(optimizer, 'decay', () => optimizer.decay);
  const factor = recorder.parameter(optimizer, 'momentum', () => optimizer.momentum);
  const epsilon = recorder.parameter(optimizer, 'epsilon', () => optimizer.epsilon);
  for (const item of gradients) {
    const meanSquare = slot(recorder, () => optimizer.accumulatedMeanSquares, item, 'rms');
    const moment = slot(recorder, () => optimizer.accumulatedMoments, item, 'momentum');
    if (!optimizer.centered) {
      apply(recorder, 'ResourceApplyRMSProp', item, [meanSquare, moment], (gradient) => [
        rate,
        decay,
        factor,
        epsilon,
        gradient,
      ]);
      continue;
    }
    const meanGradient = slot(recorder, () => optimizer.accumulatedMeanGrads, item, 'mg');
    const slots = [meanGradient, meanSquare, moment];
    apply(recorder, 'ResourceApplyCenteredRMSProp', item, slots, (gradient) => [
      rate,
      decay,
      factor,
      epsilon,
      gradient,
    ]);
  }
}

function adagrad(recorder: Recorder, optimizer: AdagradFields, gradients: WeightGradient[]): void {
  const rate = recorder.parameter(optimizer, 'learningRate', () => optimizer.learningRate);
  for (const item of gradients) {
    const initial = optimizer.initialAccumulatorValue;
    const sum = slot(recorder, () => optimizer.accumulatedGrads, item, 'accumulator', initial);
    const { weight, gradient } = item;
    if (gradient !== undefined) {
      sum.assign(tf.add(sum, tf.square(gradient)));
      const scale = tf.sqrt(tf.add(sum, tf.backend().epsilon()));
      weight.assign(tf.sub(weight, tf.mul(tf.div(gradient, scale), rate)));
    }
  }
}

function adadelta(
  recorder: Recorder,
  optimizer: AdadeltaFields,
  gradients: WeightGradient[],
): void {
  const rate = recorder.parameter(optimizer, 'learningRate', () => optimizer.learningRate);
  const rho = recorder.parameter(optimizer, 'rho', () => optimizer.rho);
  const epsilon = recorder.parameter(optimizer, 'epsilon', () => optimizer.epsilon);
  for (const item of gradients) {
    const gradientSum = slot(recorder, () => optimizer.accumulatedGrads, item, 'accum_grad');
    const updateSum = slot(recorder, () => optimizer.accumulatedUpdates, item, 'accum_var');
    apply(recorder, 'ResourceApplyAdadelta', item, [gradientSum, updateSum], (gradient) => [
      rate,
      rho,
      epsilon,
      gradient,
    ]);
  }
}
