export type { AnyCallback, Callback, Logs, TrainingParameters } from './callback';
export { CSVLogger, type CSVLoggerOptions } from './csvLogger';
export { EarlyStopping, type EarlyStoppingOptions } from './earlyStopping';
export { LearningRateScheduler, type LearningRateSchedulerOptions } from './learningRateScheduler';
export type { MonitorMode, MonitorOptions } from './monitor';
export { ReduceLROnPlateau, type ReduceLROnPlateauOptions } from './reduceLROnPlateau';
export { TerminateOnNaN } from './terminateOnNaN';
