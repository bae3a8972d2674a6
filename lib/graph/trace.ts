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
import { type GraphNode, type GraphValue, inOrder, placeholder } from './graphNode';
import { type DataId, nativeBackend, nativeType } from './native';
import { useNativeGradients } from './nativeGradients';
import { NotCompilableError } from './notCompilableError';
import { recordOptimizerUpdates } from './optimizerUpdates';
import { Patches } from './patches';
import { copyOf, Recorder, type SessionScope } from './recorder';

/** A function of tensors whose results are tensors. */
export type TensorFunction = (inputs: tf.Tensor[]) => tf.Tensor[];

/** The graph of a function for inputs of certain shapes. */
export interface TracedFunction {
  inputs: GraphValue[];
  outputs: { value: GraphValue; dtype: tf.DataType }[];
  /** The nodes that leave the variables' new values in the session. */
  updates: Map<tf.Variable, GraphNode>;
  /** The optimisers that made a step. */
  optimizers: tf.Optimizer[];
  /** When one of these does not hold any more, the function has to be traced again. */
  assumptions: (() => boolean)[];
}

/**
 * Traces a function.
 *
 * @param name Distinguishes the function's placeholders from those of others in the same session.
 * @param inputs Example tensors: their shapes and types become fixed.
 * @throws NotCompilableError if the function does what a graph cannot repeat.
 */
export function trace(
  name: string,
  body: TensorFunction,
  inputs: tf.Tensor[],
  scope: SessionScope,
): TracedFunction {
  let first = traceOnce(name, body, inputs, scope);
  if (first.madeVariables) {
    // The function makes its variables at the first call (an optimiser's slots, for example).
    first = traceOnce(name, body, inputs, scope);
  }
  requireEqual(first, traceOnce(name, body, inputs, scope));
  return first;
}

interface Attempt extends TracedFunction {
  madeVariables: boolean;
}

function traceOnce(
  name: string,
  body: TensorFunction,
  inputs: tf.Tensor[],
  scope: SessionScope,
): Attempt {
  const recorder = new Recorder(scope);
  const patches = new Patches();
  const examples = inputs.map(copyOf);
  const placeholders = examples.map((example, index) => {
    const value = placeholder(`${name}_input_${index}`, requireType(example), example.shape);
    recorder.bind(example, value);
    return value;
  });
  let results: tf.Tensor[] = [];
  try {
    const made = listen(recorder, patches);
    results = tf.tidy(() => body(examples));
    const outputs = results.map((result) => {
      requireType(result);
      return { value: recorder.valueOf(result), dtype: result.dtype };
    });
    recorder.finish(outputs.map(({ value }) => value));
    const { updates, optimizers, assumptions } = recorder;
    return {
      inputs: placeholders,
      outputs,
      updates,
      optimizers,
      assumptions,
      madeVariables: made(),
    };
  } finally {
    patches.restore();
    recorder.restoreVariables();
    tf.dispose([examples, results]);
  }
}

/** Connects the recorder with tfjs. Returns whether the function has made variables. */
function listen(recorder: Recorder, patches: Patches): () => boolean {
  let made = false;
  listenToOperations(recorder, patches);
  forbidReading(recorder, patches);
  recordOptimizerUpdates(recorder, patches);
  useNativeGradients(patches);
  useGraphDropout(patches);
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
  return () => made;
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

/** Compares two traces of one function; they differ where JavaScript computed something new. */
function requireEqual(first: TracedFunction, second: TracedFunction): void {
  const [nodes, others] = [first, second].map(({ outputs, updates }) =>
    inOrder([
      ...outputs.map(({ value }) => value.node),
      ...[...updates].sort(([a], [b]) => a.id - b.id).map(([, update]) => update),
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
  if (different.length > 0) {
    // Constants belong to no layer, but the operations that use them may.
    const users = nodes.filter((node) =>
      node.inputs.some((input) => different.includes(input.node)),
    );
    const culprit = [...different, ...users].find(({ layer }) => layer) ?? users[0] ?? different[0];
    throw new NotCompilableError(
      'Something that JavaScript computes anew at every call (a random number, a counter …) ' +
        `enters ${culprit?.layer ?? 'the function'} at the operation ${culprit?.op}; ` +
        'a graph would repeat it unchanged.',
    );
  }
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
