/** Shows a step's graph. */

import type { Graph } from '../../native/graphNode';
import type * as tf from '../../tensorflow';
import { capture } from '../capture/capture';
import { type CompiledStep, type StepResult, sourceOf, takeApart } from '../compileStep';
import { runPasses, type Stage } from '../passes/index';
import { SessionVariables } from '../sessionVariables';
import { describeGraph } from './describeGraph';
import { drawGraph } from './drawGraph';

/** Settings of {@link describe} and {@link draw}. */
export interface StageOptions {
  /**
   * The stage after which the graph is shown: `capture`, which is the function as it was called,
   * or one of the passes that turn it into what TensorFlow runs, in their order: `simplify`,
   * `deduplicate`, `foldNormalization`, `shardVariables`, `shardBatch`, `joinSteps`, `transposeOnce`,
   * `joinParts`, `narrowNormalization`, `crop`, `pool`, `multiplyImages`, `skipZeros`, `fuse`,
   * `withoutOneDnn`, `fuseElementwise`, `separateBiasGradients`, `schedule`.
   */
  after?: Stage;
}

/**
 * A step's inputs, optionally followed by settings.
 *
 * @typeParam Inputs the tensors that the step takes.
 */
export type InputsAndOptions<Inputs extends tf.Tensor[]> = [...Inputs] | [...Inputs, StageOptions];

/**
 * Writes the graph of a step as text: one line for each operation with its name, inputs, type, the
 * part of the step that it belongs to (forward, backward, update), the layer or line that called
 * it, and the processor core that is to run it. The step is run once for that, and what it changes
 * is put back.
 *
 * @typeParam Inputs the tensors that the step takes.
 * @param step a function of tensors, as {@link compile} takes or returns it.
 * @param inputs the step's arguments, and {@link StageOptions} after them; without these the step
 *   is shown as it was called. The tensors are not disposed.
 * @throws NotCompilableError if the step does what a graph cannot repeat.
 *
 * @example
 * console.log(graph.describe(step, images, labels, { after: 'shardBatch' }));
 */
export function describe<Inputs extends tf.Tensor[]>(
  step: ((...inputs: Inputs) => StepResult) | CompiledStep<Inputs, StepResult>,
  ...inputs: InputsAndOptions<Inputs>
): string {
  return describeGraph(graphOf(step, inputs, 'capture'));
}

/**
 * Draws the graph of a step: layers (without layers, lines of the function) as boxes that hold
 * their operations; what runs forward is blue, backward orange, and the update of the variables
 * green. Shapes stand at the arrows. Constants and reshapes are left out, and variables are named
 * where they are used.
 *
 * @typeParam Inputs the tensors that the step takes.
 * @param step a function of tensors, as {@link compile} takes or returns it.
 * @param inputs the step's arguments, and {@link StageOptions} after them; without these the step
 *   is drawn after `deduplicate`. The tensors are not disposed.
 * @returns an SVG document.
 * @throws NotCompilableError if the step does what a graph cannot repeat.
 *
 * @example
 * await plots.showSvg(await graph.draw(step, images, labels), 'the graph of a training step');
 */
export async function draw<Inputs extends tf.Tensor[]>(
  step: ((...inputs: Inputs) => StepResult) | CompiledStep<Inputs, StepResult>,
  ...inputs: InputsAndOptions<Inputs>
): Promise<string> {
  return drawGraph(graphOf(step, inputs, 'deduplicate'));
}

function graphOf<Inputs extends tf.Tensor[]>(
  step: (...inputs: Inputs) => StepResult,
  given: InputsAndOptions<Inputs>,
  stage: Stage,
): Graph {
  const last = given.at(-1);
  const hasOptions = last !== undefined && !('dataId' in last);
  const inputs = (hasOptions ? given.slice(0, -1) : given) as Inputs;
  const source = sourceOf(step);
  const { graph } = capture((tensors) => takeApart(source(...(tensors as Inputs))).tensors, {
    name: 'step',
    inputs,
    feed: 'inputs',
    scope: new SessionVariables(),
    hasLines: true,
  });
  return runPasses(graph, (hasOptions ? last.after : undefined) ?? stage);
}
