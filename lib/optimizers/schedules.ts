/** Learning rates that depend on the number of steps made, as `keras.optimizers.schedules` has them. */

/** A learning rate for each step. */
export interface LearningRateSchedule {
  /** Keras's name of it: `CosineDecay`. */
  readonly className: string;
  /** Its options, as they were given, with Keras's defaults for the others. */
  readonly options: Readonly<Record<string, number | boolean | readonly number[] | null>>;
  /**
   * The learning rate of a step.
   *
   * @param step counted from 0.
   */
  at(step: number): number;
}

/** Options of {@link exponentialDecay} and {@link inverseTimeDecay}. */
export interface DecayOptions {
  /** The learning rate of the first step. */
  initialLearningRate: number;
  /** In so many steps the rate falls by one `decayRate`. */
  decaySteps: number;
  /** How strongly it falls. */
  decayRate: number;
  /** Whether it falls once in `decaySteps` steps and not with each; false by default. */
  staircase?: boolean;
}

/**
 * `initialLearningRate * decayRate ** (step / decaySteps)`.
 *
 * Follows https://keras.io/api/optimizers/learning_rate_schedules/exponential_decay/.
 *
 * @param options rate, and how fast it falls.
 * @throws RangeError for a number out of range.
 */
export function exponentialDecay(options: DecayOptions): LearningRateSchedule {
  return decay('ExponentialDecay', options, ({ initialLearningRate, decayRate }, periods) => {
    return initialLearningRate * decayRate ** periods;
  });
}

/**
 * `initialLearningRate / (1 + decayRate * step / decaySteps)`.
 *
 * Follows https://keras.io/api/optimizers/learning_rate_schedules/inverse_time_decay/.
 *
 * @param options rate, and how fast it falls.
 * @throws RangeError for a number out of range.
 */
export function inverseTimeDecay(options: DecayOptions): LearningRateSchedule {
  return decay('InverseTimeDecay', options, ({ initialLearningRate, decayRate }, periods) => {
    return initialLearningRate / (1 + decayRate * periods);
  });
}

function decay(
  className: string,
  given: DecayOptions,
  rate: (options: Required<DecayOptions>, periods: number) => number,
): LearningRateSchedule {
  const options = { ...given, staircase: given.staircase ?? false };
  requirePositive(className, options, 'decaySteps');
  return schedule(className, options, (step) => {
    const periods = step / options.decaySteps;
    return rate(options, options.staircase ? Math.floor(periods) : periods);
  });
}

/** Options of {@link piecewiseConstantDecay}. */
export interface PiecewiseConstantDecayOptions {
  /** Rising numbers of steps: up to and with each, the rate stays as it is. */
  boundaries: readonly number[];
  /** The rates before, between and after the boundaries: one more than these. */
  values: readonly number[];
}

/**
 * `values[0]` up to step `boundaries[0]`, then `values[1]` up to `boundaries[1]`, and so on.
 *
 * Follows https://keras.io/api/optimizers/learning_rate_schedules/piecewise_constant_decay/.
 *
 * @param options boundaries and rates.
 * @throws RangeError if the boundaries do not rise, or the values are not one more than them.
 */
export function piecewiseConstantDecay({
  boundaries,
  values,
}: PiecewiseConstantDecayOptions): LearningRateSchedule {
  const rises = boundaries.every((one, i) => i === 0 || one > (boundaries[i - 1] as number));
  if (values.length !== boundaries.length + 1 || boundaries.length === 0 || !rises) {
    throw new RangeError(
      `PiecewiseConstantDecay needs rising boundaries and one value more than these, not boundaries ` +
        `[${boundaries.join(', ')}] and values [${values.join(', ')}].`,
    );
  }
  return schedule('PiecewiseConstantDecay', { boundaries, values }, (step) => {
    const next = boundaries.findIndex((boundary) => step <= boundary);
    return values.at(next) as number;
  });
}

/** Options of {@link polynomialDecay}. */
export interface PolynomialDecayOptions {
  /** The learning rate of the first step. */
  initialLearningRate: number;
  /** After so many steps the rate is `endLearningRate`. */
  decaySteps: number;
  /** The last learning rate; 0.0001 by default. */
  endLearningRate?: number;
  /** 1 (default) is a straight line. */
  power?: number;
  /** Whether `decaySteps` are multiplied whenever they are over; false by default. */
  cycle?: boolean;
}

/**
 * From one rate to another along a polynomial.
 *
 * Follows https://keras.io/api/optimizers/learning_rate_schedules/polynomial_decay/.
 *
 * @param given rates, and in how many steps.
 * @throws RangeError for a number out of range.
 */
export function polynomialDecay(given: PolynomialDecayOptions): LearningRateSchedule {
  const options = { endLearningRate: 0.0001, power: 1, cycle: false, ...given };
  const { initialLearningRate, decaySteps, endLearningRate, power, cycle } = options;
  requirePositive('PolynomialDecay', options, 'decaySteps');
  return schedule('PolynomialDecay', options, (step) => {
    const steps = cycle ? decaySteps * Math.max(1, Math.ceil(step / decaySteps)) : decaySteps;
    const left = 1 - Math.min(step, steps) / steps;
    return (initialLearningRate - endLearningRate) * left ** power + endLearningRate;
  });
}

/** Options of {@link cosineDecay}. */
export interface CosineDecayOptions {
  /** The learning rate of the first step. */
  initialLearningRate: number;
  /** In so many steps (after the warm-up) the rate falls to its end. */
  decaySteps: number;
  /** The end, as a part of the highest rate; 0 by default. */
  alpha?: number;
  /** The rate that the warm-up leads to; without it there is none. */
  warmupTarget?: number | null;
  /** The steps of the warm-up; 0 by default. */
  warmupSteps?: number;
}

/**
 * Half a wave of a cosine, after a linear warm-up if that is wanted (Loshchilov and Hutter, 2016).
 *
 * Follows https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay/.
 *
 * @param given rates, and in how many steps.
 * @throws RangeError for a number out of range.
 */
export function cosineDecay(given: CosineDecayOptions): LearningRateSchedule {
  const options = { alpha: 0, warmupTarget: null, warmupSteps: 0, ...given };
  const { initialLearningRate, decaySteps, alpha, warmupTarget } = options;
  requirePositive('CosineDecay', options, 'decaySteps');
  const warmupSteps = warmupTarget === null ? 0 : options.warmupSteps;
  const highest = warmupTarget ?? initialLearningRate;
  return schedule('CosineDecay', options, (step) => {
    if (step < warmupSteps) {
      return initialLearningRate + ((highest - initialLearningRate) * step) / warmupSteps;
    }
    return highest * fallingCosine(Math.min(1, (step - warmupSteps) / decaySteps), 1, alpha);
  });
}

/** Options of {@link cosineDecayRestarts}. */
export interface CosineDecayRestartsOptions {
  /** The learning rate of the first step. */
  initialLearningRate: number;
  /** The steps until the first restart. */
  firstDecaySteps: number;
  /** How many times as many steps each further period has; 2 by default. */
  tMul?: number;
  /** What the rate at each restart is multiplied by; 1 by default. */
  mMul?: number;
  /** The end of each period, as a part of the first rate; 0 by default. */
  alpha?: number;
}

/**
 * Half waves of a cosine, one after the other (Loshchilov and Hutter, 2016).
 *
 * Follows https://keras.io/api/optimizers/learning_rate_schedules/cosine_decay_restarts/.
 *
 * @param given rates, and in how many steps.
 * @throws RangeError for a number out of range.
 */
export function cosineDecayRestarts(given: CosineDecayRestartsOptions): LearningRateSchedule {
  const options = { tMul: 2, mMul: 1, alpha: 0, ...given };
  const { initialLearningRate, firstDecaySteps, tMul, mMul, alpha } = options;
  requirePositive('CosineDecayRestarts', options, 'firstDecaySteps');
  requirePositive('CosineDecayRestarts', options, 'tMul');
  return schedule('CosineDecayRestarts', options, (step) => {
    let [start, steps, restarts] = [0, firstDecaySteps, 0];
    while (step >= start + steps) {
      start += steps;
      steps *= tMul;
      restarts++;
    }
    return initialLearningRate * fallingCosine((step - start) / steps, mMul ** restarts, alpha);
  });
}

function fallingCosine(part: number, height: number, end: number): number {
  return (1 - end) * 0.5 * height * (1 + Math.cos(Math.PI * part)) + end;
}

function schedule(
  className: string,
  options: object,
  at: (step: number) => number,
): LearningRateSchedule {
  for (const [name, value] of Object.entries(options)) {
    if ([value].flat().some((one) => typeof one === 'number' && !Number.isFinite(one))) {
      throw new RangeError(`${className}: ${name} must be finite, not ${value}.`);
    }
  }
  return Object.freeze({
    className,
    options: Object.freeze({ ...options }) as LearningRateSchedule['options'],
    at,
  });
}

function requirePositive(className: string, options: object, name: string): void {
  const value = (options as Record<string, unknown>)[name];
  if (typeof value !== 'number' || !(value > 0)) {
    throw new RangeError(`${className}: ${name} must be above 0, not ${value}.`);
  }
}
