/**
 * Runs a function of tensors once, op by op, and returns the graph of what it did. All that the
 * run changed is put back: variables, tfjs's methods, its registry of gradients.
 *
 * JavaScript that is not a tfjs operation leaves no trace. Two checks keep that from passing
 * unnoticed: reading a computed tensor's values is an error, and the function is traced twice, so
 * that numbers which differ from call to call (random ones, counters) show.
 */
import * as tf from '../tensorflow';
import { useGraphDropout } from './dropout';
import {
  constant,
  type GraphNode,
  type GraphValue,
  graphValue,
  inOrder,
  int,
  placeholder,
  scalar,
  type as typeAttribute,
} from './graphNode';
import { useGraphInitialStates } from './initialState';
import { type DataId, DT_INT32, nativeBackend, nativeType } from './native';
import { useNativeGradients } from './nativeGradients';
import { NotCompilableError } from './notCompilableError';
import { recordOptimizerUpdates } from './optimizerUpdates';
import { Patches } from './patches';
import { useGraphRandomTensors } from './randomTensors';
import { copyOf, Recorder, type SessionScope } from './recorder';
import { integers } from './rewriteNodes';
import { type Unrepeatable, watchUnrepeatable } from './unrepeatable';

/** A function of tensors whose results are tensors. */
export type TensorFunction = (inputs: tf.Tensor[]) => tf.Tensor[];

/**
 * What the graph is fed with: the function's inputs themselves, or data sets of which the inputs are
 * some rows, and after them the rows' numbers (int32).
 */
export type Feed = 'inputs' | 'rows';

/** What a function did with inputs of certain shapes, as a graph. */
export interface Recording {
  /** What is fed, in this order. */
  fed: GraphValue[];
  outputs: { value: GraphValue; dtype: tf.DataType }[];
  /** The nodes that leave the variables' new values in the session. */
  updates: Map<tf.Variable, GraphNode[]>;
  /** Whether the work is divided among the processor's cores; null where it would not be worth it. */
  isDivided: boolean | null;
  /** The optimisers that made a step. */
  optimizers: tf.Optimizer[];
  /** When one of these does not hold any more, the function has to be traced again. */
  assumptions: (() => boolean)[];
}

/** A recording that can be relied on. */
export interface TracedFunction extends Recording {
  /** Records the function once more, to see whether it still does the same. */
  again(inputs: tf.Tensor[]): Recording;
}

/**
 * Traces a function.
 *
 * @param name Distinguishes the function's placeholders from those of others in the same session.
 * @param inputs Example tensors: their shapes and types become fixed.
 * @param feed What the graph is fed with.
 * @throws NotCompilableError if the function does what a graph cannot repeat.
 */
export function trace(
  name: string,
  body: TensorFunction,
  inputs: tf.Tensor[],
  feed: Feed,
  scope: SessionScope,
): TracedFunction {
  let rows = inputs[0]?.shape[0] ?? 0;
  const attempt = (examples = inputs) => traceOnce(name, body, examples, feed, scope, rows);
  let traced = attempt();
  const isDivided = traced.isDivided !== false;
  if (!isDivided) {
    rows = 0;
  }
  // Once more if the function makes its variables at the first call (an optimiser's slots …), if it
  // is better not divided, or if a variable turns out to be needed whole.
  let isOld = traced.madeVariables || !isDivided;
  while (isOld || scope.keepWhole(traced.wantedWhole)) {
    traced = attempt();
    isOld = false;
  }
  if (traced.isMixed) {
    throw new NotCompilableError(
      'A matrix and the variables of its optimiser are divided differently.',
    );
  }
  let last = attempt();
  if (differences(traced, last).length > 0) {
    // What the function makes at its first call and keeps (a constant …) is there from now on.
    traced = last;
    last = attempt();
  }
  requireRepeatable(traced, last);
  return { ...traced, isDivided: isDivided && traced.isDivided, again: attempt };
}

interface Attempt extends Recording {
  madeVariables: boolean;
  /** What was called that gives another answer each time, in words; null if nothing was. */
  unrepeatable: string | null;
  wantedWhole: Set<tf.Variable>;
  isMixed: boolean;
}

function traceOnce(
  name: string,
  body: TensorFunction,
  inputs: tf.Tensor[],
  feed: Feed,
  scope: SessionScope,
  dividedRows: number,
): Attempt {
  const recorder = new Recorder(scope, dividedRows);
  const patches = new Patches();
  const examples = inputs.map(copyOf);
  const { fed, values, shares } =
    feed === 'rows'
      ? rowsOfDataSets(name, examples, recorder.divider.sizes)
      : asFed(name, examples);
  for (const [index, example] of examples.entries()) {
    recorder.bind(example, values[index] as GraphValue);
    recorder.divider.divideInput(example, shares[index]);
  }
  let results: tf.Tensor[] = [];
  try {
    const { made, unrepeatable } = listen(recorder, patches);
    results = tf.tidy(() => body(examples));
    const outputs = results.map((result) => {
      requireType(result);
      return { value: recorder.valueOf(result), dtype: result.dtype };
    });
    recorder.finish(outputs.map(({ value }) => value));
    const { updates, optimizers, assumptions, wantedWhole, isMixed, divider } = recorder;
    return {
      fed,
      outputs,
      updates,
      optimizers,
      assumptions,
      isDivided: divider.isDivided,
      madeVariables: made(),
      unrepeatable: unrepeatable.seen,
      wantedWhole,
      isMixed,
    };
  } finally {
    patches.restore();
    recorder.restoreVariables();
    tf.dispose([examples, results]);
  }
}

interface Inputs {
  fed: GraphValue[];
  /** The function's inputs. */
  values: GraphValue[];
  /** The shares of their rows, as far as they can be had directly. */
  shares: GraphValue[][];
}

function asFed(name: string, examples: tf.Tensor[]): Inputs {
  const values = examples.map((example, index) =>
    placeholder(`${name}_input_${index}`, requireType(example), example.shape),
  );
  return { fed: values, values, shares: [] };
}

/**
 * Picks the rows within the graph. Done outside, by an operation of its own before each run, it
 * costs ten times its own time (0.2 ms for 32 pictures of MNIST): the threads that helped with it are
 * still awake when those of the session want the processor.
 */
function rowsOfDataSets(name: string, examples: tf.Tensor[], sizes: number[]): Inputs {
  const dataSets = examples.map((example, index) =>
    placeholder(`${name}_input_${index}`, requireType(example), [-1, ...example.shape.slice(1)]),
  );
  const size = examples[0]?.shape[0] ?? 0;
  const rows = placeholder(`${name}_rows`, DT_INT32, [size]);
  const firstAxis = scalar(0, DT_INT32);
  const pick = (dataSet: GraphValue, index: number, numbers: GraphValue) =>
    graphValue('GatherV2', [dataSet, numbers, firstAxis], {
      Tparams: typeAttribute(requireType(examples[index] as tf.Tensor)),
      Tindices: typeAttribute(DT_INT32),
      Taxis: typeAttribute(DT_INT32),
      batch_dims: int(0),
    });
  const lengths = constant(integers(sizes));
  const rowsOfShares = graphValue('SplitV', [rows, lengths, firstAxis], {
    T: typeAttribute(DT_INT32),
    Tlen: typeAttribute(DT_INT32),
    num_split: int(sizes.length),
  });
  return {
    fed: [...dataSets, rows],
    values: dataSets.map((dataSet, index) => pick(dataSet, index, rows)),
    shares: dataSets.map((dataSet, index) =>
      sizes.map((_, share) => pick(dataSet, index, { ...rowsOfShares, index: share })),
    ),
  };
}

/** What the recorder hears of beside operations. */
interface Noticed {
  /** Whether the function has made variables. */
  made: () => boolean;
  unrepeatable: Unrepeatable;
}

/** Connects the recorder with tfjs. */
function listen(recorder: Recorder, patches: Patches): Noticed {
  let made = false;
  const unrepeatable = watchUnrepeatable(
    patches,
    () => recorder.recording,
    (what) => `${what} is called by ${recorder.place ?? 'the function'}${callingLine()}`,
  );
  listenToOperations(recorder, patches);
  forbidReading(recorder, patches);
  recordOptimizerUpdates(recorder, patches);
  useNativeGradients(patches);
  useGraphDropout(patches);
  useGraphRandomTensors(patches);
  useGraphInitialStates(patches);
  patches.method(
    tf.layers.Layer.prototype,
    'apply',
    (apply) =>
      function (this: tf.layers.Layer, ...args) {
        recorder.enterLayer(this);
        try {
          return apply.apply(this, args);
        } finally {
          recorder.leaveLayer();
        }
      },
  );
  patches.method(
    tf.engine(),
    'makeVariable',
    (makeVariable) =>
      function (this: ReturnType<typeof tf.engine>, ...args) {
        const variable = makeVariable.apply(this, args);
        made ||= recorder.recording;
        recorder.adopt(variable);
        return variable;
      },
  );
  return { made: () => made, unrepeatable };
}

function listenToOperations(recorder: Recorder, patches: Patches): void {
  const backend = nativeBackend();
  patches.method(backend, 'executeSingleOutput', (execute) => (op, attributes, inputs) => {
    const output = execute.call(backend, op, attributes, inputs);
    if (recorder.recording) {
      recorder.record(op, attributes, inputs, [output]);
    }
    return output;
  });
  patches.method(
    backend,
    'executeMultipleOutputs',
    (execute) => (op, attributes, inputs, count) => {
      const outputs = execute.call(backend, op, attributes, inputs, count);
      if (recorder.recording) {
        recorder.record(op, attributes, inputs, outputs);
      }
      return outputs;
    },
  );
}

/** Makes reading computed values an error: what JavaScript did with them would be lost. */
function forbidReading(recorder: Recorder, patches: Patches): void {
  let boundsCheck = false;
  const check = (dataId: DataId) => {
    if (recorder.recording && !boundsCheck && recorder.isComputed(dataId)) {
      throw new NotCompilableError(
        `The values of a tensor are read in JavaScript (dataSync, arraySync, data …) by ` +
          `${recorder.place ?? 'the function'}${callingLine()}; a graph cannot do that.`,
      );
    }
  };
  const backend = nativeBackend();
  patches.method(backend, 'readSync', (readSync) => (dataId) => {
    check(dataId);
    return readSync.call(backend, dataId);
  });
  patches.method(backend, 'read', (read) => (dataId) => {
    check(dataId);
    return read.call(backend, dataId);
  });
  // tf.gather reads its indices only to check their bounds, which the graph's op does by itself.
  const gather = tf.getKernel('GatherV2', 'tensorflow');
  patches.method(gather, 'kernelFunc', (run) => (args) => {
    boundsCheck = true;
    try {
      return run(args);
    } finally {
      boundsCheck = false;
    }
  });
}

/** The innermost line of the stack that is neither TensorFlow.js nor this library. */
function callingLine(): string {
  const frame = new Error().stack
    ?.split('\n')
    .slice(1)
    .find((line) => !line.includes('@tensorflow') && !line.includes(__dirname));
  const position = frame?.match(/([^/\\(]+:\d+):\d+\)?$/)?.[1];
  return position === undefined ? '' : ` at ${position}`;
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

function requireRepeatable(first: Attempt, second: Attempt): void {
  const { unrepeatable } = second;
  if (unrepeatable !== null) {
    throw new NotCompilableError(
      `${unrepeatable}, which gives another answer at every call; a graph would repeat one.`,
    );
  }
  const [different] = differences(first, second);
  if (different !== undefined) {
    throw new NotCompilableError(
      'Something that JavaScript computes anew at every call (a random number, a counter …) ' +
        `enters ${different.layer ?? 'the function'} at the operation ${different.op}; ` +
        'a graph would repeat it unchanged.',
    );
  }
}

/**
 * Compares two recordings of one function.
 *
 * @returns the operations of the first that the second does not have like that, those that are known
 *   to belong to a layer first.
 */
export function differences(first: Recording, second: Recording): GraphNode[] {
  const [nodes, others] = [first, second].map(({ outputs, updates }) =>
    inOrder([
      ...outputs.map(({ value }) => value.node),
      ...[...updates].sort(([a], [b]) => a.id - b.id).flatMap(([, nodes]) => nodes),
    ]),
  ) as [GraphNode[], GraphNode[]];
  const [positions, otherPositions] = [nodes, others].map(
    (list) => new Map(list.map((node, position) => [node, position])),
  ) as [Map<GraphNode, number>, Map<GraphNode, number>];
  const different = nodes.filter((node, position) => {
    const other = others[position];
    return (
      other === undefined ||
      fingerprint(node, positions) !== fingerprint(other, otherPositions) ||
      !sameConstant(node, other)
    );
  });
  if (different.length === 0 && nodes.length === others.length) {
    return [];
  }
  // Constants belong to no layer, but the operations that use them may.
  const users = nodes.filter((node) => node.inputs.some((input) => different.includes(input.node)));
  const found = [...different, ...users];
  const inLayers = found.filter(({ layer }) => layer);
  return [...inLayers, ...users, ...different, ...nodes.slice(-1)];
}

function fingerprint(node: GraphNode, positions: Map<GraphNode, number>): string {
  const attributes = Object.entries(node.attributes).filter(([, { kind }]) => kind !== 'tensor');
  const inputs = node.inputs.map((input) => [positions.get(input.node), input.index]);
  return JSON.stringify([node.op, node.name, attributes, inputs]);
}

function sameConstant(node: GraphNode, other: GraphNode): boolean {
  const [value, otherValue] = [node.attributes.value, other.attributes.value];
  return (
    value?.kind !== 'tensor' ||
    (otherValue?.kind === 'tensor' &&
      Buffer.compare(value.value.bytes, otherValue.value.bytes) === 0)
  );
}
