/**
 * A graph loaded into TensorFlow and ready to run. tfjs-node can load graphs from SavedModel
 * folders only, so the graph takes a short way over the disk.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../files/temporaryFolder';
import { type NativeTensor, nativeBackend } from './native';
import { GRAPH_TAG } from './savedModel';

/** How TensorFlow runs a graph. The addon of the package's makers takes no notice of it. */
export interface SessionOptions {
  /** Whether each operation is to use one core, as the graph itself is sharded among them. */
  oneCore?: boolean;
  /**
   * Whether TensorFlow looks for simplifications of its own at the first run. That takes it a few
   * tenths of a second, for long recurrent graphs several seconds. A step of training is no faster
   * for it; a prediction is, as convolutions and what follows them become one operation.
   */
  simplify?: boolean;
  /**
   * Whether the thread that calls `run` does all the work itself. A graph of a few small operations
   * is done before another thread has woken up.
   */
  onCallingThread?: boolean;
}

/** Parts of TensorFlow's message `ConfigProto`, as protobuf writes them. */
const intraOpParallelismThreads = (count: number) => [0x10, count];
/** `inter_op_parallelism_threads`: -1, which means the calling thread. */
const interOpOnCallingThread = [0x28, ...Array<number>(9).fill(0xff), 0x01];
/** `graph_options.rewrite_options.disable_meta_optimizer`. */
const disableMetaOptimizer = [0x52, 0x05, 0x52, 0x03, 0x98, 0x01, 0x01];

export class Session {
  private readonly binding = nativeBackend().binding;
  private readonly id: number;

  /**
   * @param savedModel The bytes of a `saved_model.pb`.
   * @param options how it is run.
   */
  constructor(
    savedModel: Uint8Array,
    { oneCore = false, simplify = true, onCallingThread = false }: SessionOptions = {},
  ) {
    const configuration = [
      ...(oneCore || onCallingThread ? intraOpParallelismThreads(1) : []),
      ...(onCallingThread ? interOpOnCallingThread : []),
      ...(simplify ? [] : disableMetaOptimizer),
    ];
    const given = configuration.length > 0 ? [Uint8Array.from(configuration)] : [];
    const folder = makeTemporaryFolder('training-graph');
    try {
      writeFileSync(join(folder, 'saved_model.pb'), savedModel);
      this.id = this.binding.loadSavedModel(folder, GRAPH_TAG, ...given);
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

  /** Frees the graph and its variables. The session cannot be used afterwards. */
  dispose(): void {
    this.binding.deleteSavedModel(this.id);
  }
}
