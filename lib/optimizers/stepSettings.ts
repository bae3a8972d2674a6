/**
 * What Keras's optimisers do before each step, whatever their algorithm is: they clip gradients and let
 * weights decay. And learning rates that follow a schedule.
 */
import * as tf from '@tensorflow/tfjs-node';
import { internals, type NamedGradients } from '../tfjsInternals';
import type { LearningRateSchedule } from './schedules';
import { alignSlots } from './slots';

type NamedGradient = Exclude<NamedGradients, tf.NamedTensorMap>[number];

/** Options that all optimisers have. */
export interface StepSettings {
  /** Each step, each weight loses this part of itself times the learning rate. */
  weightDecay?: number;
  /** The norm that the gradient of each weight has at most. */
  clipnorm?: number;
  /** What each number of a gradient lies between, with and without a minus sign. */
  clipvalue?: number;
  /** The norm that all gradients together have at most. */
  globalClipnorm?: number;
}

/** A number that may change between steps, as a scalar tensor. */
export type ScalarSource = (name: string, read: () => number) => tf.Scalar;

interface Settings extends StepSettings {
  schedule?: LearningRateSchedule;
}

const allSettings = new WeakMap<tf.Optimizer, Settings>();

/** @throws RangeError for a number that is not above 0, or if gradients are to be clipped twice. */
export function setStepSettings(
  optimizer: tf.Optimizer,
  settings: { [Name in keyof StepSettings]: number | undefined },
): void {
  const wanted = Object.entries(settings).filter(([, value]) => value !== undefined);
  for (const [name, value] of wanted) {
    if (!Number.isFinite(value) || value < 0 || (name !== 'weightDecay' && value === 0)) {
      throw new RangeError(`${name} must be a number above 0, not ${value}.`);
    }
  }
  const clips = wanted.map(([name]) => name).filter((name) => name !== 'weightDecay');
  if (clips.length > 1) {
    throw new RangeError(
      `NamedGradients can be clipped in one way only, not by ${clips.join(', ')}.`,
    );
  }
  if (wanted.length > 0) {
    allSettings.set(optimizer, { ...allSettings.get(optimizer), ...Object.fromEntries(wanted) });
  }
}

export function stepSettingsOf(optimizer: tf.Optimizer): Readonly<Settings> {
  return allSettings.get(optimizer) ?? {};
}

/** Has the field `learningRate` of an optimiser follow a schedule. It can then not be set. */
export function followSchedule(optimizer: tf.Optimizer, schedule: LearningRateSchedule): void {
  allSettings.set(optimizer, { ...allSettings.get(optimizer), schedule });
  Object.defineProperty(optimizer, 'learningRate', {
    get: () => schedule.at(optimizer.iterations),
    set: (rate: number) => {
      throw new TypeError(
        `The learning rate follows ${schedule.className}; it cannot be set (here to ${rate}). ` +
          'Compile with a number as the learning rate to have a callback change it.',
      );
    },
  });
}

/** NamedGradients in one form. */
export function namedGradients(gradients: NamedGradients): NamedGradient[] {
  return Array.isArray(gradients)
    ? gradients
    : Object.entries(gradients).map(([name, tensor]) => ({ name, tensor }));
}

/**
 * Finds each weight's slots, clips gradients and lets weights decay, in Keras's order. To be called
 * within a tidy.
 *
 * Follows https://keras.io/api/optimizers/.
 */
export function prepareStep(
  optimizer: tf.Optimizer,
  gradients: NamedGradients,
  scalar: ScalarSource,
): NamedGradients {
  const settings = allSettings.get(optimizer);
  const named = namedGradients(gradients);
  alignSlots(
    optimizer,
    named.map(({ name }) => name),
  );
  if (!settings) {
    return gradients;
  }
  const { weightDecay } = settings;
  if (weightDecay) {
    const rate = () => internals(optimizer).learningRate;
    const part = scalar('lostPart', () => weightDecay * rate());
    for (const { name, tensor } of named) {
      const weight = tf.engine().registeredVariables[name];
      if (tensor && weight) {
        weight.assign(tf.sub(weight, tf.mul(weight, part)));
      }
    }
  }
  return clipped(named, settings);
}

function clipped(named: NamedGradient[], settings: StepSettings): NamedGradient[] {
  const { clipnorm, clipvalue, globalClipnorm } = settings;
  const each = (clip: (gradient: tf.Tensor) => tf.Tensor) =>
    named.map(({ name, tensor }) => ({ name, tensor: tensor && clip(tensor) }));
  if (clipnorm) {
    return each((gradient) => {
      const norm = tf.sqrt(tf.sum(tf.square(gradient)));
      return tf.mul(gradient, tf.div(clipnorm, tf.maximum(norm, clipnorm)));
    });
  }
  if (globalClipnorm) {
    const squares = named.flatMap(({ tensor }) => (tensor ? [tf.sum(tf.square(tensor))] : []));
    const norm = tf.sqrt(tf.addN(squares));
    const scale = tf.div(globalClipnorm, tf.maximum(norm, globalClipnorm));
    return each((gradient) => tf.mul(gradient, scale));
  }
  return clipvalue ? each((gradient) => tf.clipByValue(gradient, -clipvalue, clipvalue)) : named;
}
