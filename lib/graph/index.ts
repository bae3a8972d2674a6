export type { BatchRunner } from './batchRunner';
export { type CompileModelOptions, compileModel } from './compileModel';
export { type CompiledStep, compile, type StepResult } from './compileStep';
export { NotCompilableError } from './notCompilableError';
