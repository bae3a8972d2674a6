/**
 * `fit`, `evaluate` and `predict` as in Keras, with history, progress, callbacks and validation; and
 * what loops of your own need.
 *
 * @module
 */

export * as optimizers from '../optimizers/index';
export { ModelCheckpoint, type ModelCheckpointOptions } from '../saving/index';
export * from './callbacks/index';
export {
  type CompileOptions,
  compile,
  type Loss,
  type LossFunction,
  type Metric,
  type Metrics,
} from './compile';
export type { TensorOrTensors } from './dataChecks';
export type { Batches, DataBatch, DataSource } from './dataSource';
export { type EvaluateOptions, evaluate } from './evaluate';
export { fit } from './fit';
export type { FitOptions, ValidationData } from './fitOptions';
export { type GradientCheck, type GradientPair, gradientCheck } from './gradientCheck';
export { Interrupted } from './interruption';
export * as losses from './lossFunctions/index';
export * as metrics from './metricFunctions/index';
export { type PredictOptions, predict } from './predict';
export { type Predictor, predictor } from './predictor';
export type { Verbosity } from './progress/index';
export { type RandomBatchesOptions, randomBatches } from './randomBatches';
export type { RunOptions } from './runner';
export type { ClassWeight, SampleWeight } from './sampleWeights';
export type { History } from './trainingLoop';
