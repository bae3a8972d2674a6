/** Connects a recorder with tfjs for as long as a function is being recorded. */

import { type DataId, nativeBackend } from '../../native/backend';
import { NotCompilableError } from '../../native/notCompilableError';
import * as tf from '../../tensorflow';
import { type EngineInternals, internals, type TapeNode } from '../../tfjsInternals';
import type { Captured } from './capture';
import { useNativeGradients } from './nativeGradients';
import { recordOptimizerUpdates } from './optimizerUpdates';
import { callingLine, nameOf } from './origins';
import { useGraphRandomTensors } from './randomTensors';
import type { Recorder } from './recorder';
import type { Replacements } from './replacements';
import { watchUnrepeatable } from './unrepeatable';

/** What is noticed beside operations. */
type Noticed = Pick<Captured, 'madeVariables' | 'unrepeatable'>;

/** Lets the recorder see all that tfjs does. Returns what tells what else has been noticed since. */
export function intercept(recorder: Recorder, replacements: Replacements): () => Noticed {
  const unrepeatable = watchUnrepeatable(
    replacements,
    () => recorder.recording,
    (what) => `${what} is called by ${whereIn(recorder)}`,
  );
  interceptOperations(recorder, replacements);
  forbidReading(recorder, replacements);
  recordOptimizerUpdates(recorder, replacements);
  useNativeGradients(replacements);
  useGraphRandomTensors(replacements);
  followLayers(recorder, replacements);
  followGradients(recorder, replacements);
  const madeVariables = interceptVariables(recorder, replacements);
  return () => ({ madeVariables: madeVariables(), unrepeatable: unrepeatable.seen });
}

function whereIn({ origins }: Recorder): string {
  const line = callingLine();
  return `${origins.layer ?? 'the function'}${line ? ` at ${line}` : ''}`;
}

function interceptOperations(recorder: Recorder, replacements: Replacements): void {
  const backend = nativeBackend();
  replacements.method(backend, 'executeSingleOutput', (execute) => (op, attributes, inputs) => {
    const run = (given: tf.TensorInfo[]) => execute.call(backend, op, attributes, given);
    return recorder.recording
      ? (recorder.record(op, attributes, inputs, 1, (given) => [run(given)])[0] as tf.Tensor)
      : run(inputs);
  });
  replacements.method(
    backend,
    'executeMultipleOutputs',
    (execute) => (op, attributes, inputs, count) => {
      const run = (given: tf.TensorInfo[]) => execute.call(backend, op, attributes, given, count);
      return recorder.recording ? recorder.record(op, attributes, inputs, count, run) : run(inputs);
    },
  );
}

/** Makes reading computed values an error: what JavaScript did with them would be lost. */
function forbidReading(recorder: Recorder, replacements: Replacements): void {
  let boundsCheck = false;
  const check = (dataId: DataId) => {
    if (recorder.recording && !boundsCheck && recorder.isComputed(dataId)) {
      throw new NotCompilableError(
        `The values of a tensor are read in JavaScript (dataSync, arraySync, data …) by ` +
          `${whereIn(recorder)}; a graph cannot do that.`,
      );
    }
  };
  const backend = nativeBackend();
  replacements.method(backend, 'readSync', (readSync) => (dataId) => {
    check(dataId);
    return readSync.call(backend, dataId);
  });
  replacements.method(backend, 'read', (read) => (dataId) => {
    check(dataId);
    return read.call(backend, dataId);
  });
  // tf.gather reads its indices only to check their bounds, which the graph's op does by itself.
  const gather = tf.getKernel('GatherV2', 'tensorflow');
  replacements.method(gather, 'kernelFunc', (run) => (args) => {
    boundsCheck = true;
    try {
      return run(args);
    } finally {
      boundsCheck = false;
    }
  });
}

function followLayers({ origins }: Recorder, replacements: Replacements): void {
  replacements.method(
    tf.layers.Layer.prototype,
    'apply',
    (apply) =>
      function (this: tf.layers.Layer, ...args) {
        return origins.at({ layer: nameOf(this) }, () => apply.apply(this, args));
      },
  );
}

/** The gradient of an operation belongs to the place to which the operation belongs. */
function followGradients({ origins }: Recorder, replacements: Replacements): void {
  const engine = internals(tf.engine());
  replacements.method(
    engine,
    'tidy',
    (tidy) =>
      function (this: EngineInternals, name, ...args) {
        const run = () => tidy.call(this, name, ...args);
        return name === 'backward' ? origins.inPhase('backward', run) : run();
      },
  );
  const seen = new WeakSet<TapeNode>();
  replacements.method(
    engine,
    'addTapeNode',
    (addTapeNode) =>
      function (this: EngineInternals, ...args) {
        addTapeNode.apply(this, args);
        // The tape may have been put in another order: the new node need not be the last.
        const node = this.state.activeTape.findLast((other) => !seen.has(other));
        if (node !== undefined) {
          seen.add(node);
          stayInPlace(node, origins);
        }
      },
  );
}

/** Lets a gradient be computed at the place where the operation was called. */
function stayInPlace(node: TapeNode, origins: Recorder['origins']): void {
  const { place } = origins;
  const { gradient } = node;
  if (gradient !== undefined) {
    node.gradient = (upstream) => {
      const parts = Object.entries(origins.at(place, () => gradient(upstream)));
      return Object.fromEntries(
        parts.map(([input, compute]) => [input, () => origins.at(place, compute)]),
      );
    };
  }
}

function interceptVariables(recorder: Recorder, replacements: Replacements): () => boolean {
  let made = false;
  replacements.method(
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
