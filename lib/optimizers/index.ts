/**
 * Keras's optimisers with its names and default settings, and its schedules of learning rates.
 *
 * @module
 */
export {
  type AdadeltaOptions,
  type AdagradOptions,
  type AdamaxOptions,
  type AdamOptions,
  adadelta,
  adagrad,
  adam,
  adamax,
  adamW,
  nadam,
  type OptimizerOptions,
  type RmspropOptions,
  rmsprop,
  type SgdOptions,
  sgd,
} from './factories';
export {
  type CosineDecayOptions,
  type CosineDecayRestartsOptions,
  cosineDecay,
  cosineDecayRestarts,
  type DecayOptions,
  exponentialDecay,
  inverseTimeDecay,
  type LearningRateSchedule,
  type PiecewiseConstantDecayOptions,
  type PolynomialDecayOptions,
  piecewiseConstantDecay,
  polynomialDecay,
} from './schedules';
export type { StepSettings } from './stepSettings';
