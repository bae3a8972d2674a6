/**
 * Calls a function of tensors once and returns the graph of what it did. All that the
 * run changed is put back: variables, tfjs's methods, its registry of gradients.
 *
 * JavaScript that is not a tfjs operation leaves no trace. Two checks keep that from passing
 * unnoticed: reading a computed tensor's values is an error, and the function is captured twice, so
 * that numbers which differ from call to call (random ones, counters) show.
 */

import { int, type } from '../../native/attributes';
import { DT_INT32, nativeType } from '../../native/backend';
import {
  type Graph,
  type GraphValue,
  graphValue,
  inputOf,
  placeholder,
  scalar,
} from '../../native/graphNode';
import { NotCompilableError } from '../../native/notCompilableError';
import * as tf from '../../tensorflow';
import { showsStages } from '../passes/index';
import { graphDifference } from './difference';
import { intercept } from './interception';
import { copyOf, Recorder, type SessionScope } from './recorder';
import { Replacements } from './replacements';

/** A function of tensors whose results are tensors. */
export type TensorFunction = (inputs: tf.Tensor[]) => tf.Tensor[];

/**
 * What the graph is fed with: the function's inputs themselves, or data sets of which the inputs are
 * some rows, and after them the rows' numbers (int32).
 */
export type Feed = 'inputs' | 'rows';

/** What a function has done. */
export interface Captured {
  /** As the function did it: nothing is left out or rewritten. */
  graph: Graph;
  /** The optimisers that made a step. */
  optimizers: tf.Optimizer[];
  /** When one of these does not hold any more, the function has to be captured again. */
  assumptions: (() => boolean)[];
  /** Whether the function has made variables, which a further run would only use. */
  madeVariables: boolean;
  /** What was called that gives another answer each time, in words; null if nothing was. */
  unrepeatable: string | null;
}

/** What a function is captured with. */
export interface CaptureOptions {
  /** Distinguishes the function's placeholders from those of others in the same session. */
  name: string;
  /** Example tensors: their shapes and types become fixed. */
  inputs: tf.Tensor[];
  feed: Feed;
  scope: SessionScope;
  /** Whether the function is known to do the same at each call. */
  isTrusted?: boolean;
  /** Whether to note the lines that call operations outside of layers: for people only. */
  hasLines?: boolean;
}

/**
 * Captures a function that does the same each time: once, once more to compare (unless that is known),
 * and once before these if it makes at its first call what it keeps (an optimiser's slots …).
 *
 * @throws NotCompilableError if the function does what a graph cannot repeat.
 */
export function captureStable(body: TensorFunction, options: CaptureOptions): Captured {
  const attempt = () => capture(body, options);
  let captured = attempt();
  if (captured.madeVariables) {
    captured = attempt();
  }
  if (options.isTrusted && captured.unrepeatable === null) {
    return captured;
  }
  let last = attempt();
  if (graphDifference(captured.graph, last.graph) !== null) {
    captured = last;
    last = attempt();
  }
  requireRepeatable(captured, last);
  return captured;
}

function requireRepeatable(first: Captured, second: Captured): void {
  if (second.unrepeatable !== null) {
    throw new NotCompilableError(
      `${second.unrepeatable}, which gives another answer at every call; a graph would repeat one.`,
    );
  }
  const difference = graphDifference(first.graph, second.graph);
  if (difference !== null) {
    throw new NotCompilableError(
      'Something that JavaScript computes anew at every call (a random number, a counter …) ' +
        `enters ${difference.place} at the operation ${difference.op}; ` +
        'a graph would repeat it unchanged.',
    );
  }
}

/**
 * Runs a function once and returns what it did.
 *
 * @throws NotCompilableError if the function does what a graph cannot repeat.
 */
export function capture(body: TensorFunction, options: CaptureOptions): Captured {
  const recorder = new Recorder(options.scope, options.hasLines ?? showsStages());
  const replacements = new Replacements();
  const examples = options.inputs.map(copyOf);
  const fed =
    options.feed === 'rows' ? feedRows(options.name, examples) : feedInputs(options.name, examples);
  for (const [example, value] of fed.values) {
    recorder.bind(example, value);
  }
  let results: tf.Tensor[] = [];
  try {
    const noticed = intercept(recorder, replacements);
    results = tf.tidy(() => body(examples));
    for (const result of results) {
      requireType(result);
    }
    const graph: Graph = {
      fed: fed.placeholders.map(({ node }) => node),
      outputs: results.map((result) => recorder.valueOf(result)),
      updates: recorder.finish(),
      rows: examples[0]?.shape[0] ?? 0,
      blocks: new Map(),
      oneCoreEach: null,
    };
    const { optimizers, assumptions } = recorder;
    return { graph, optimizers, assumptions, ...noticed() };
  } finally {
    replacements.restore();
    tf.dispose([examples, results]);
    recorder.restore();
  }
}

interface FedInputs {
  placeholders: GraphValue[];
  /** What stands for each of the function's inputs. */
  values: [tf.Tensor, GraphValue][];
}

function feedInputs(name: string, examples: tf.Tensor[]): FedInputs {
  const values = examples.map((example, index): [tf.Tensor, GraphValue] => [
    example,
    placeholder(`${name}_input_${index}`, requireType(example), example.shape),
  ]);
  return { placeholders: values.map(([, value]) => value), values };
}

/**
 * Picks the rows within the graph. Done outside, by an operation of its own before each run, it
 * costs ten times its own time (0.2 ms for 32 pictures of MNIST): the threads that helped with it are
 * still awake when those of the session want the processor.
 */
function feedRows(name: string, examples: tf.Tensor[]): FedInputs {
  const rows = placeholder(`${name}_rows`, DT_INT32, [examples[0]?.shape[0] ?? 0]);
  const values = examples.map((example, index): [tf.Tensor, GraphValue] => {
    const { shape } = example;
    const dtype = requireType(example);
    const dataSet = placeholder(`${name}_input_${index}`, dtype, [-1, ...shape.slice(1)]);
    const attributes = {
      Tparams: type(dtype),
      Tindices: type(DT_INT32),
      Taxis: type(DT_INT32),
      batch_dims: int(0),
    };
    const inputs = [dataSet, rows, scalar(0, DT_INT32)];
    const value = graphValue('GatherV2', inputs, attributes, [{ shape, dtype }]);
    value.node.origin = { position: -1, phase: 'forward' };
    return [example, value];
  });
  const dataSets = values.map(([, { node }]) => inputOf(node, 0));
  return { placeholders: [...dataSets, rows], values };
}

function requireType(tensor: tf.Tensor): number {
  const number = nativeType(tensor.dtype);
  if (number === undefined) {
    throw new NotCompilableError(
      `A tensor of type ${tensor.dtype} goes in or out; a graph can carry float32, int32 and bool.`,
    );
  }
  return number;
}
