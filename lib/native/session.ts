/**
 * A graph loaded into TensorFlow and ready to run. tfjs-node can load graphs from SavedModel
 * folders only, so the graph is written to disk and read back.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { BinaryWriter } from 'google-protobuf';
import { makeTemporaryFolder } from '../files/temporaryFolder';
import { type NativeTensor, nativeBackend } from './backend';
import { GRAPH_TAG, writeSavedModel } from './savedModel';

/** How TensorFlow runs a graph. The addon that comes with tfjs-node ignores it. */
export interface SessionOptions {
  /** Whether each operation is to use one core, as the graph itself is sharded among them. */
  oneCore?: boolean;
  /**
   * Whether the thread that calls `run` does all the work itself. A graph of a few small operations
   * is finished before another thread has woken up.
   */
  onCallingThread?: boolean;
}

/**
 * Some fields of TensorFlow's message `ConfigProto` (tensorflow/core/protobuf/config.proto), for which
 * tfjs-node has no class.
 */
function configuration(options: SessionOptions): Uint8Array {
  const { oneCore = false, onCallingThread = false } = options;
  const writer = new BinaryWriter();
  if (oneCore || onCallingThread) {
    const intraOpParallelismThreads = 2;
    writer.writeInt32(intraOpParallelismThreads, 1);
  }
  if (onCallingThread) {
    const [interOpParallelismThreads, callingThread] = [5, -1];
    writer.writeInt32(interOpParallelismThreads, callingThread);
  }
  // TensorFlow's own optimiser of graphs, Grappler, would take from a tenth of a second to several, and
  // finds nothing after the passes of lib/graph.
  const [graphOptions, rewriteOptions, disableMetaOptimizer] = [10, 10, 19];
  writer.writeMessage(graphOptions, true, () =>
    writer.writeMessage(rewriteOptions, true, () => writer.writeBool(disableMetaOptimizer, true)),
  );
  return writer.getResultBuffer();
}

/**
 * Whether TensorFlow has the threads that all sessions of the process share. The first session decides how
 * many: if it did all its work on the calling thread, a single one
 * (https://github.com/tensorflow/tensorflow/pull/58046).
 */
let hasThreads = false;

export class Session {
  private readonly binding = nativeBackend().binding;
  private readonly id: number;

  /**
   * @param savedModel The bytes of a `saved_model.pb`.
   * @param options how TensorFlow runs the graph.
   */
  constructor(savedModel: Uint8Array, options: SessionOptions = {}) {
    if (options.onCallingThread && !hasThreads) {
      new Session(writeSavedModel([]).bytes).dispose();
    }
    const folder = makeTemporaryFolder('training-graph');
    try {
      writeFileSync(join(folder, 'saved_model.pb'), savedModel);
      this.id = this.binding.loadSavedModel(folder, GRAPH_TAG, configuration(options));
      hasThreads = true;
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /**
   * Runs the part of the graph that the outputs need.
   *
   * @param inputNames Placeholders' names, joined by commas: the binding's own form.
   * @param inputIds The native tensors to feed, in the same order.
   * @param outputNames Names like "Softmax_12:0", joined by commas.
   * @returns Native tensors, which the caller must delete or hand to tfjs.
   */
  run(inputNames: string, inputIds: number[], outputNames: string): NativeTensor[] {
    return this.binding.runSavedModel(this.id, inputIds, inputNames, outputNames);
  }

  /** As `run`, for what it does: the results are deleted. */
  runOnly(...inputsAndOutputs: Parameters<Session['run']>): void {
    for (const { id } of this.run(...inputsAndOutputs)) {
      this.binding.deleteTensor(id);
    }
  }

  /** Frees the graph and its variables. The session cannot be used afterwards. */
  dispose(): void {
    this.binding.deleteSavedModel(this.id);
  }
}
