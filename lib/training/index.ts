export type { Callback, Logs, TrainingParameters } from './callbacks';
export type { TensorOrTensors } from './dataChecks';
export { type EvaluateOptions, evaluate } from './evaluate';
export { type FitOptions, fit, type History } from './fit';
export { Interrupted } from './interruption';
export { type PredictOptions, predict } from './predict';
export type { Verbosity } from './progress';
