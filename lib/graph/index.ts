/**
 * Compiled training: a whole step as one TensorFlow graph, what `tf.function` is in Python. `fit`,
 * `evaluate` and `predict` use it by themselves; {@link compile} is for loops of your own.
 *
 * @module
 */
import './softmaxCrossentropy';

export type { BatchRunner } from './batchRunner';
export {
  type AnswerRunner,
  type CompileModelOptions,
  callsCustomCode,
  compileAnswers,
  compileModel,
  type Use,
} from './compileModel';
export { type CompiledStep, compile, type StepResult } from './compileStep';
export { describe, draw, type InputsAndOptions, type StageOptions } from './describe';
export { NotCompilableError } from './notCompilableError';
export type { Stage } from './passes/index';
