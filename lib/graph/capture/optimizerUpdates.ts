/**
 * One step of each tfjs optimiser as graph nodes. Where TensorFlow has a kernel that computes the
 * same as tfjs (SGD, momentum, Adam, Adamax, RMSProp, Adadelta), that single kernel goes over the
 * weights once, in place of tfjs's ten or so operations. Adagrad has no kernel with the epsilon under
 * the root.
 *
 * The optimiser's own variables are used and updated, so that eager training, saving and a second
 * `fit` go on from them. Kernels: tensorflow/core/ops/training_ops.cc.
 */
import { type Attributes, bool, type } from '../../native/attributes';
import { DT_FLOAT } from '../../native/backend';
import { NotCompilableError } from '../../native/notCompilableError';
import { SlotOptimizer } from '../../optimizers/slotOptimizer';
import { namedGradients, prepareStep } from '../../optimizers/stepSettings';
import * as tf from '../../tensorflow';
import {
  internals,
  type NamedGradients,
  type OptimizerField,
  type OptimizerInternals,
  type Slot,
} from '../../tfjsInternals';
import type { Recorder } from './recorder';
import type { Replacements } from './replacements';

const UPDATES: { optimizer: { prototype: tf.Optimizer }; update: (step: Step) => void }[] = [
  { optimizer: tf.SGDOptimizer, update: sgd },
  { optimizer: tf.MomentumOptimizer, update: momentum },
  { optimizer: tf.AdamOptimizer, update: adam },
  { optimizer: tf.AdamaxOptimizer, update: adamax },
  { optimizer: tf.RMSPropOptimizer, update: rmsProp },
  { optimizer: tf.AdagradOptimizer, update: adagrad },
  { optimizer: tf.AdadeltaOptimizer, update: adadelta },
  { optimizer: SlotOptimizer, update: slotOptimizer },
];

/** @throws NotCompilableError if the optimiser is not one of tfjs's own, or of `lib/optimizers`. */
export function requireKnownOptimizer(optimizer: tf.Optimizer): void {
  const { applyGradients } = optimizer;
  if (
    !UPDATES.some(({ optimizer: { prototype } }) => prototype.applyGradients === applyGradients)
  ) {
    throw new NotCompilableError(
      `The optimiser ${optimizer.getClassName()} is neither one of tfjs's own (SGD, Momentum, Adam, ` +
        'Adamax, RMSProp, Adagrad, Adadelta) nor one of training.optimizers.',
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
          recorder.assumeTrained();
          tf.tidy(() => {
            recorder.origins.inPhase('update', () => {
              const prepared = prepareStep(this, gradients, (name, read) => {
                return recorder.parameter(this, name, read);
              });
              update(new Step(recorder, internals(this), weightGradients(prepared)));
            });
          });
          recorder.optimizers.push(this);
        },
    );
  }
}

/** A variable and its gradient. */
interface WeightGradient {
  weight: tf.Variable;
  /** Missing for a weight that the loss does not depend on. */
  gradient: tf.Tensor | null;
}

function weightGradients(gradients: NamedGradients): WeightGradient[] {
  return namedGradients(gradients).map(({ name, tensor }) => {
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
    return { weight, gradient: tensor };
  });
}

/** An optimiser's list of slots, and what is added to a weight's name for them. */
type Slots = [list: OptimizerField<Slot[]> | (() => Slot[]), suffix: string];

/** One step of an optimiser, while it is recorded. */
class Step {
  constructor(
    private readonly recorder: Recorder,
    readonly optimizer: OptimizerInternals,
    private readonly gradients: WeightGradient[],
  ) {}

  /** A number of the optimiser, which JavaScript may change between runs. */
  number(name: OptimizerField<number>, read: () => number = () => this.optimizer[name]): tf.Scalar {
    return this.recorder.parameter(this.optimizer, name, read);
  }

  /** As above, of numbers that have no field. */
  computed(name: string, read: () => number): tf.Scalar {
    return this.recorder.parameter(this.optimizer, name, read);
  }

  /** Updates each weight with its slots; none, as in tfjs, where there is no gradient. */
  forEach(
    slots: Slots[],
    update: (weight: tf.Variable, gradient: tf.Tensor, slots: tf.Variable[]) => void,
    initialValue = 0,
  ): void {
    for (const [index, { weight, gradient }] of this.gradients.entries()) {
      const variables = slots.map((list) => this.slot(list, weight, index, initialValue));
      if (gradient) {
        update(weight, gradient, variables);
      }
    }
  }

  /** Updates each weight with one fused kernel. */
  apply(
    op: string,
    slots: Slots[],
    inputs: (gradient: tf.Tensor) => tf.Tensor[],
    attributes: Attributes = {},
  ): void {
    this.forEach(slots, (weight, gradient, variables) => {
      const all = { T: type(DT_FLOAT), ...attributes };
      this.recorder.updateInPlace(op, [weight, ...variables], inputs(gradient), all);
    });
  }

  /** A slot's variable, made if this is the optimiser's first step, as tfjs makes it. */
  private slot(
    [given, suffix]: Slots,
    weight: tf.Variable,
    index: number,
    initialValue: number,
  ): tf.Variable {
    const { optimizer, recorder } = this;
    const list = typeof given === 'string' ? () => optimizer[given] : given;
    list()[index] ??= {
      originalName: `${weight.name}/${suffix}`,
      variable: recorder.paused(() => tf.variable(tf.fill(weight.shape, initialValue), false)),
    };
    const { variable } = list()[index] as Slot;
    // `optimizer.setWeights` puts new variables in the place of the old ones.
    recorder.assumptions.push(() => list()[index]?.variable === variable);
    return variable;
  }
}

const scalarValues = new WeakMap<tf.Tensor, number>();

/** A scalar tensor's value, read from TensorFlow once per tensor. */
function scalarValue(scalar: tf.Scalar): number {
  const value = scalarValues.get(scalar) ?? scalar.dataSync()[0] ?? Number.NaN;
  scalarValues.set(scalar, value);
  return value;
}

function sgd(step: Step): void {
  const rate = step.number('learningRate', () => -scalarValue(step.optimizer.c));
  step.apply('ResourceApplyGradientDescent', [], (gradient) => [rate, gradient]);
}

function momentum(step: Step): void {
  const { optimizer } = step;
  const rate = step.number('learningRate', () => -scalarValue(optimizer.c));
  const factor = step.number('momentum', () => scalarValue(optimizer.m));
  step.apply(
    'ResourceApplyMomentum',
    [['accumulations', 'momentum']],
    (gradient) => [rate, gradient, factor],
    { use_nesterov: bool(optimizer.useNesterov) },
  );
}

function adam(step: Step): void {
  const { accBeta1, accBeta2 } = step.optimizer;
  const rate = step.number('learningRate');
  const [beta1, beta2] = [step.number('beta1'), step.number('beta2')];
  const numbers = [accBeta1, accBeta2, rate, beta1, beta2, step.number('epsilon')];
  const slots: Slots[] = [
    ['accumulatedFirstMoment', 'm'],
    ['accumulatedSecondMoment', 'v'],
  ];
  step.apply('ResourceApplyAdam', slots, (gradient) => [...numbers, gradient]);
  accBeta1.assign(tf.mul(accBeta1, beta1));
  accBeta2.assign(tf.mul(accBeta2, beta2));
}

function adamax(step: Step): void {
  const { accBeta1, iteration } = step.optimizer;
  const [rate, decay] = [step.number('learningRate'), step.number('decay')];
  const [beta1, beta2] = [step.number('beta1'), step.number('beta2')];
  const epsilon = step.number('epsilon');
  const decayedRate = tf.div(rate, tf.add(tf.mul(iteration, decay), 1));
  const numbers = [accBeta1, decayedRate, beta1, beta2, epsilon];
  const slots: Slots[] = [
    ['accumulatedFirstMoment', 'm'],
    ['accumulatedWeightedInfNorm', 'v'],
  ];
  step.apply('ResourceApplyAdaMax', slots, (gradient) => [...numbers, gradient]);
  iteration.assign(tf.add(iteration, 1));
  accBeta1.assign(tf.mul(accBeta1, beta1));
}

function rmsProp(step: Step): void {
  const names = ['learningRate', 'decay', 'momentum', 'epsilon'] as const;
  const numbers = names.map((name) => step.number(name));
  const { centered } = step.optimizer;
  const slots: Slots[] = [
    ['accumulatedMeanSquares', 'rms'],
    ['accumulatedMoments', 'momentum'],
  ];
  step.apply(
    centered ? 'ResourceApplyCenteredRMSProp' : 'ResourceApplyRMSProp',
    centered ? [['accumulatedMeanGrads', 'mg'], ...slots] : slots,
    (gradient) => [...numbers, gradient],
  );
}

function adagrad(step: Step): void {
  const rate = step.number('learningRate');
  step.forEach(
    [['accumulatedGrads', 'accumulator']],
    (weight, gradient, slots) => {
      const [sum] = slots as [tf.Variable];
      sum.assign(tf.add(sum, tf.square(gradient)));
      const scale = tf.sqrt(tf.add(sum, tf.backend().epsilon()));
      weight.assign(tf.sub(weight, tf.mul(tf.div(gradient, scale), rate)));
    },
    step.optimizer.initialAccumulatorValue,
  );
}

function adadelta(step: Step): void {
  const names = ['learningRate', 'rho', 'epsilon'] as const;
  const numbers = names.map((name) => step.number(name));
  const slots: Slots[] = [
    ['accumulatedGrads', 'accum_grad'],
    ['accumulatedUpdates', 'accum_var'],
  ];
  step.apply('ResourceApplyAdadelta', slots, (gradient) => [...numbers, gradient]);
}

/** The step of an optimiser of `lib/optimizers`, in its own operations. */
function slotOptimizer(step: Step): void {
  const optimizer = step.optimizer as unknown as SlotOptimizer;
  const scalars = Object.fromEntries(
    Object.keys(optimizer.scalars()).map((name) => {
      return [name, step.computed(name, () => optimizer.scalars()[name] as number)];
    }),
  );
  const slots = optimizer.slotNames.map(
    (name, kind): Slots => [() => optimizer.slotsOf(kind), name],
  );
  step.forEach(
    slots,
    (weight, gradient, variables) => optimizer.step(weight, gradient, variables, scalars),
    optimizer.initialValue,
  );
}
