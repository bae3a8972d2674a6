/** A step function of the user's own as a graph: what `tf.function` is in Python. */

import { NotCompilableError } from '../native/notCompilableError';
import * as tf from '../tensorflow';
import { Program } from './program';

/** What a step may return. */
export type StepResult =
  | tf.Tensor
  | tf.Tensor[]
  | { [name: string]: tf.Tensor }
  | null
  | undefined
  // biome-ignore lint/suspicious/noConfusingVoidType: the return type of a function without return
  | void;

/** A compiled step: called like the original one. */
export interface CompiledStep<Inputs extends tf.Tensor[], Result extends StepResult> {
  /**
   * Runs the step as one graph. Inputs of other shapes than before are captured first.
   *
   * @param inputs the step's arguments; not disposed.
   * @returns What the step returns; the caller disposes it.
   * @throws NotCompilableError if the step does what a graph cannot repeat.
   */
  (...inputs: Inputs): Result;
  /** Releases the graphs. The variables keep their values. */
  dispose(): void;
}

/** Options of {@link compile}. */
export interface CompileOptions {
  /**
   * Whether the thread that calls the step does all the work itself. That is faster for a step of a few
   * small operations, such as the answer for one picture: it is finished before another thread has
   * woken up. Left out: yes if the step trains nothing and is little work for inputs of all the shapes
   * that it has been called with, else all cores share the work.
   */
  onCallingThread?: boolean;
}

/**
 * Compiles a function of tensors: a training step with `optimizer.minimize`, an evaluation, any
 * computation with tfjs operations. At the first call with inputs of some shapes the function runs
 * op by op and is recorded; from then on the whole of it is one call of TensorFlow. Variables
 * (`tf.variable`), which of them are trained, and the optimiser's learning rate may change between
 * calls, from inside and outside; every other value that the function takes from its surroundings
 * stays as it was at the first call, and JavaScript's own side effects (printing, counting) happen at
 * that call only.
 *
 * @typeParam Inputs the tensors that the step takes.
 * @typeParam Result what the step returns: a tensor, an array or a record of them, or nothing.
 * @param step takes and returns tensors only; not asynchronous.
 * @param options which threads run it.
 * @returns a function that is called like the step. It throws {@link NotCompilableError}, at the
 *   first call with inputs of some shapes, if the step does what a graph cannot repeat.
 *
 * @example
 * const step = graph.compile((images: tf.Tensor4D, labels: tf.Tensor1D) =>
 *   optimizer.minimize(() => loss(images, labels), true));
 * const value = step(images, labels);
 */
export function compile<Inputs extends tf.Tensor[], Result extends StepResult>(
  step: (...inputs: Inputs) => Result,
  { onCallingThread }: CompileOptions = {},
): CompiledStep<Inputs, Result> {
  if (typeof step !== 'function') {
    throw new TypeError(`graph.compile takes a function of tensors, not ${typeof step}.`);
  }
  const program = new Program({ onCallingThread });
  /** Puts the results of each compiled function together again. */
  const assemblers = new Map<string, (tensors: tf.Tensor[]) => Result>();

  const run = (...inputs: Inputs): Result => {
    const key = inputs.map(({ dtype, shape }) => `${dtype}[${shape}]`).join(' ');
    if (!program.has(key)) {
      requireTensors(inputs);
      const body = (tensors: tf.Tensor[]) => {
        const { tensors: results, assemble } = takeApart(step(...(tensors as Inputs)));
        assemblers.set(key, assemble);
        return results;
      };
      program.add(key, body, inputs, false);
    }
    const assemble = assemblers.get(key) as (tensors: tf.Tensor[]) => Result;
    return assemble(program.runTensors(key, inputs));
  };
  const compiled = Object.assign(run, { dispose: () => program.dispose() });
  sources.set(compiled, step);
  return compiled;
}

function requireTensors(inputs: readonly unknown[]): void {
  const wrong = inputs.findIndex((input) => !(input instanceof tf.Tensor));
  if (wrong >= 0) {
    throw new TypeError(
      `A compiled step takes tensors only, but its argument ${wrong + 1} is ${inputs[wrong]}. ` +
        'Make a tensor of it, such as tf.scalar(0.1), or let the function read it from outside.',
    );
  }
}

/** The functions that compiled steps were made of. */
const sources = new WeakMap<object, unknown>();

/** The function that a compiled step was made of; any other function is its own. */
export function sourceOf<Step extends object>(step: Step): Step {
  return (sources.get(step) as Step | undefined) ?? step;
}

interface Parts<Result> {
  tensors: tf.Tensor[];
  assemble(tensors: tf.Tensor[]): Result;
}

export function takeApart<Result extends StepResult>(result: Result): Parts<Result> {
  if (result === undefined || result === null) {
    return { tensors: [], assemble: () => result };
  }
  if (result instanceof tf.Tensor) {
    return { tensors: [result], assemble: ([tensor]) => tensor as Result };
  }
  if (result instanceof Promise) {
    throw new NotCompilableError('The function is asynchronous (it returns a promise).');
  }
  const names = Object.keys(result);
  const tensors: unknown[] = Object.values(result);
  if (typeof result !== 'object' || !tensors.every((tensor) => tensor instanceof tf.Tensor)) {
    throw new NotCompilableError(
      'The function returns something else than a tensor, an array or a record of tensors.',
    );
  }
  return {
    tensors,
    assemble: (made) =>
      (Array.isArray(result)
        ? made
        : Object.fromEntries(names.map((name, index) => [name, made[index]]))) as Result,
  };
}
