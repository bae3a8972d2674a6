/**
 * Compiled training: a whole step as one TensorFlow graph, what `tf.function` is in Python. `fit`,
 * `evaluate` and `predict` use it by themselves; {@link compile} is for loops of your own.
 *
 * @module
 */
import '../native/batchNormalization';
import '../native/softmaxCrossentropy';

export { NotCompilableError } from '../native/notCompilableError';
export type { BatchRunner } from '../training/runners/batchRunner';
export { type CompileModelOptions, compileModel, type Use } from '../training/runners/compileModel';
export { type CompiledStep, type CompileOptions, compile, type StepResult } from './compileStep';
export type { Stage } from './passes/index';
export { describe, draw, type InputsAndOptions, type StageOptions } from './view/describe';
