import type { SlotOptimizer } from '../optimizers/slotOptimizer';
import { stepSettingsOf } from '../optimizers/stepSettings';
import * as tf from '../tensorflow';
import { internals } from '../tfjsInternals';

/**
 * What an optimiser remembers between steps, in Keras's names and units: one tensor per trainable
 * weight and slot, as in `slots.momentum[i]` for the i-th trainable weight.
 */
export interface OptimizerState {
  iterations: number;
  slots: Record<string, tf.Tensor[]>;
}

/** One slot of an optimiser. */
interface Slot {
  /** Its name in Keras 3. */
  name: string;
  /** What it holds before the first step. */
  initialValue: number;
  /** Keras's value divided by tfjs's. */
  scale: number;
  /** False where Keras does without it (and tfjs holds values that no step reads). */
  inKeras: boolean;
}

/** The slots of an optimiser in the order of tfjs's `getWeights`. */
export function slotsOf(optimizer: tf.Optimizer): Slot[] {
  const config = optimizer.getConfig() as Record<string, number | boolean>;
  const slot = (name: string, options: Partial<Slot> = {}): Slot => {
    return { name, initialValue: 0, scale: 1, inKeras: true, ...options };
  };
  const className = optimizer.getClassName();
  switch (className) {
    case 'SGD':
      return [];
    case 'Momentum':
      // Keras sums up steps (-learning rate × gradient), tfjs gradients.
      return [slot('momentum', { scale: -(config.learningRate as number) })];
    case 'Adam':
      return [slot('momentum'), slot('velocity')];
    case 'Adamax':
      return [slot('momentum'), slot('norm')];
    case 'RMSProp':
      return [
        slot('velocity'),
        slot('momentum', { inKeras: (config.momentum as number) > 0 }),
        ...(config.centered ? [slot('average_gradient')] : []),
      ];
    case 'Adagrad':
      return [slot('accumulator', { initialValue: config.initialAccumulatorValue as number })];
    case 'Adadelta':
      return [slot('accumulated_grad'), slot('accumulated_delta_var')];
    case 'ScheduledSGD':
    case 'AmsgradAdam':
    case 'Nadam':
    case 'EpsilonAdagrad': {
      const { slotNames, initialValue } = optimizer as SlotOptimizer;
      return slotNames.map((name) => slot(name, { initialValue }));
    }
    default:
      throw new Error(`The state of the optimizer ${className} cannot be saved or loaded.`);
  }
}

/**
 * Copies an optimiser's state; the caller disposes the tensors. `weights` are the trainable weights
 * in the model's order: before the first step the state is made from their shapes.
 */
export async function readOptimizerState(
  optimizer: tf.Optimizer,
  weights: tf.Tensor[],
): Promise<OptimizerState> {
  const values = await slotValues(optimizer);
  const slots: Record<string, tf.Tensor[]> = {};
  for (const [index, slot] of slotsOf(optimizer).entries()) {
    if (!slot.inKeras) {
      continue;
    }
    slots[slot.name] = weights.map((weight, i) => {
      const value = values[index * weights.length + i];
      return value ? tf.mul(value, slot.scale) : tf.fill(weight.shape, slot.initialValue);
    });
  }
  return { iterations: optimizer.iterations, slots };
}

/** Throws if the optimiser cannot be given a state at that learning rate. */
export function requireRestorable(optimizer: tf.Optimizer, learningRate: number): void {
  if (optimizer.getClassName() === 'Momentum' && learningRate === 0) {
    throw new Error('Momentum cannot be restored at a learning rate of 0.');
  }
}

/** Gives an optimiser a state; the tensors stay the caller's. */
export async function writeOptimizerState(
  optimizer: tf.Optimizer,
  weights: tf.Tensor[],
  { iterations, slots }: OptimizerState,
): Promise<void> {
  requireRestorable(optimizer, learningRateOf(optimizer));
  const before = await slotValues(optimizer);
  const after = slotsOf(optimizer).flatMap((slot) =>
    weights.map((weight, i) => {
      if (!slot.inKeras) {
        return tf.zeros(weight.shape);
      }
      const value = slots[slot.name]?.[i];
      if (!value) {
        throw new Error(`The optimizer state has no ${slot.name} for weight ${i}.`);
      }
      return tf.div(value, slot.scale);
    }),
  );
  if (before.length === after.length) {
    // The variables stay the same ones: a compiled training step holds on to them.
    for (const [i, variable] of before.entries()) {
      variable.assign(after[i] as tf.Tensor);
    }
    setCounters(optimizer, iterations);
  } else {
    await makeSlots(optimizer, iterations, after);
  }
  tf.dispose(after);
}

/** Whether the learning rate follows a schedule: a file then has none beside the optimiser's state. */
export function hasSchedule(optimizer: tf.Optimizer): boolean {
  return stepSettingsOf(optimizer).schedule !== undefined;
}

/** The learning rate the next step will use. */
export function learningRateOf(optimizer: tf.Optimizer): number {
  return (optimizer.getConfig() as { learningRate: number }).learningRate;
}

/** Changes the learning rate; a difference below the precision of float32 counts as none. */
export function setLearningRate(optimizer: tf.Optimizer, rate: number): void {
  if (Math.fround(learningRateOf(optimizer)) === Math.fround(rate)) {
    return;
  }
  const fields = internals(optimizer);
  // SGD and momentum keep a tensor of it; for the others it is a plain field.
  if (fields.setLearningRate) {
    fields.setLearningRate(rate);
  } else {
    fields.learningRate = rate;
  }
}

function isAdamax(optimizer: tf.Optimizer): boolean {
  return optimizer.getClassName() === 'Adamax';
}

function setCounters(optimizer: tf.Optimizer, iterations: number): void {
  const fields = internals(optimizer);
  fields.iterations_ = iterations;
  tf.tidy(() => {
    fields.accBeta1?.assign(tf.scalar(fields.beta1 ** (iterations + 1)));
    fields.accBeta2?.assign(tf.scalar(fields.beta2 ** (iterations + 1)));
    fields.iteration?.assign(tf.scalar(iterations));
  });
}

/** The slots as they are in the optimiser (not copies), slot by slot; none before the first step. */
async function slotValues(optimizer: tf.Optimizer): Promise<tf.Variable[]> {
  if (isAdamax(optimizer)) {
    const fields = internals(optimizer);
    return [...fields.accumulatedFirstMoment, ...fields.accumulatedWeightedInfNorm].map(
      ({ variable }) => variable,
    );
  }
  const [iterations, ...slots] = await optimizer.getWeights();
  iterations?.tensor.dispose();
  return slots.map(({ tensor }) => tensor as tf.Variable);
}

/** Gives an optimiser that was not used yet its slots; it makes variables of its own from them. */
async function makeSlots(
  optimizer: tf.Optimizer,
  iterations: number,
  values: tf.Tensor[],
): Promise<void> {
  if (isAdamax(optimizer)) {
    const fields = internals(optimizer);
    const slots = values.map((value, i) => ({
      originalName: `slot_${i}`,
      variable: tf.variable(value, false),
    }));
    fields.accumulatedFirstMoment = slots.slice(0, slots.length / 2);
    fields.accumulatedWeightedInfNorm = slots.slice(slots.length / 2);
    setCounters(optimizer, iterations);
    return;
  }
  const counter = tf.scalar(iterations, 'int32');
  const slots = values.map((tensor, i) => ({ name: `slot_${i}`, tensor }));
  await optimizer.setWeights([{ name: 'iter', tensor: counter }, ...slots]);
  counter.dispose();
}
