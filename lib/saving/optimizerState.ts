import type { SlotOptimizer } from '../optimizers/slotOptimizer';
import { alignSlots, slotLists, slotsOfWeights } from '../optimizers/slots';
import { stepSettingsOf } from '../optimizers/stepSettings';
import * as tf from '../tensorflow';
import { internals, type Slot } from '../tfjsInternals';
import { innerModel } from '../training/compiledModel';

/**
 * What an optimiser remembers between steps, in Keras's names and units: one tensor per trainable
 * weight and slot, as in `slots.momentum[i]` for the i-th trainable weight.
 */
export interface OptimizerState {
  iterations: number;
  slots: Record<string, tf.Tensor[]>;
}

/** One kind of an optimiser's slots. */
interface SlotKind {
  /** Its name in Keras 3. */
  name: string;
  /** What it holds before the first step. */
  initialValue: number;
  /** Keras's value divided by tfjs's. */
  scale: number;
  /** False where Keras does without it (and tfjs holds values that no step reads). */
  inKeras: boolean;
}

/** The kinds of an optimiser's slots, in its order. */
export function slotKinds(optimizer: tf.Optimizer): SlotKind[] {
  const config = optimizer.getConfig() as Record<string, number | boolean>;
  const slot = (name: string, options: Partial<SlotKind> = {}): SlotKind => {
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

/** The weights that a model's optimiser has slots for: also those that were frozen since. */
function trainedWeights(model: tf.LayersModel): tf.LayerVariable[] {
  return innerModel(model).collectedTrainableWeights ?? model.trainableWeights;
}

/** The name by which the optimiser knows a weight. */
function nameOf(weight: tf.LayerVariable): string {
  return internals(weight).val.name;
}

/** Copies the state of a model's optimiser; the caller disposes the tensors. */
export function readOptimizerState(model: tf.LayersModel): OptimizerState {
  const { optimizer } = model;
  const trained = trainedWeights(model);
  const lists = slotsOfWeights(optimizer, trained.map(nameOf));
  const slots: Record<string, tf.Tensor[]> = {};
  for (const [kind, { name, inKeras, scale, initialValue }] of slotKinds(optimizer).entries()) {
    if (inKeras) {
      slots[name] = model.trainableWeights.map((weight) => {
        const slot = lists[kind]?.[trained.indexOf(weight)];
        return slot
          ? tf.mul(slot.variable, scale)
          : tf.fill(weight.shape as number[], initialValue);
      });
    }
  }
  return { iterations: optimizer.iterations, slots };
}

/** Throws if the optimiser cannot be given a state at that learning rate. */
export function requireRestorable(optimizer: tf.Optimizer, learningRate: number): void {
  if (optimizer.getClassName() === 'Momentum' && learningRate === 0) {
    throw new Error('Momentum cannot be restored at a learning rate of 0.');
  }
}

/** Gives a model's optimiser a state; the tensors stay the caller's. */
export async function writeOptimizerState(
  model: tf.LayersModel,
  { iterations, slots }: OptimizerState,
): Promise<void> {
  const { optimizer, trainableWeights } = model;
  requireRestorable(optimizer, learningRateOf(optimizer));
  const trained = trainedWeights(model);
  const names = trained.map(nameOf);
  const present = slotsOfWeights(optimizer, names);
  const values = slotKinds(optimizer).map(({ name, inKeras, scale, initialValue }, kind) =>
    trained.map((weight, i) => {
      const stored = slots[name]?.[trainableWeights.indexOf(weight)];
      if (stored) {
        return tf.div(stored, scale);
      }
      if (inKeras && trainableWeights.includes(weight)) {
        throw new Error(`The optimizer state has no ${name} for the weight ${weight.name}.`);
      }
      const before = present[kind]?.[i];
      return before ? tf.clone(before.variable) : tf.fill(weight.shape as number[], initialValue);
    }),
  );
  if (present.length > 0) {
    alignSlots(optimizer, names);
    setSlots(slotLists(optimizer), names, values);
    setCounters(optimizer, iterations);
  } else {
    await makeSlots(optimizer, iterations, names, values);
  }
  tf.dispose(values);
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

/** The variables stay the same ones: a compiled training step holds on to them. */
function setSlots(lists: (Slot | undefined)[][], weights: string[], values: tf.Tensor[][]): void {
  for (const [kind, list] of lists.entries()) {
    for (const [i, value] of values[kind]?.entries() ?? []) {
      if (list[i]) {
        list[i].variable.assign(value);
      } else {
        list[i] = {
          originalName: `${weights[i]}/${kind}`,
          variable: tf.variable(value, false),
        };
      }
    }
  }
}

/** Gives an optimiser that was not used yet its slots; it makes variables of its own from them. */
async function makeSlots(
  optimizer: tf.Optimizer,
  iterations: number,
  weights: string[],
  values: tf.Tensor[][],
): Promise<void> {
  const named = values.map((ofKind, kind) =>
    ofKind.map((tensor, i) => ({ name: `${weights[i]}/${kind}`, tensor })),
  );
  if (isAdamax(optimizer)) {
    const [first = [], norm = []] = named.map((ofKind) =>
      ofKind.map(({ name, tensor }) => ({
        originalName: name,
        variable: tf.variable(tensor, false),
      })),
    );
    Object.assign(optimizer, { accumulatedFirstMoment: first, accumulatedWeightedInfNorm: norm });
    setCounters(optimizer, iterations);
    return;
  }
  const counter = tf.scalar(iterations, 'int32');
  await optimizer.setWeights([{ name: 'iter', tensor: counter }, ...named.flat()]);
  counter.dispose();
}
