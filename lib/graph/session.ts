/**
 * A graph loaded into TensorFlow and ready to run. tfjs-node can load graphs from SavedModel
 * folders only, so the graph takes a short way over the disk.
 */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeTemporaryFolder } from '../files/temporaryFolder';
import { type NativeTensor, nativeBackend } from './native';
import { GRAPH_TAG } from './savedModel';

/** TensorFlow's message `ConfigProto` with `intra_op_parallelism_threads` (field 2) = 1. */
const ONE_CORE = Uint8Array.of(0x10, 1);

export class Session {
  private readonly binding = nativeBackend().binding;
  private readonly id: number;

  /**
   * @param savedModel The bytes of a `saved_model.pb`.
   * @param isDivided Whether each operation is to use one core, as the graph itself is divided among them.
   */
  constructor(savedModel: Uint8Array, isDivided = false) {
    const folder = makeTemporaryFolder('training-graph');
    try {
      writeFileSync(join(folder, 'saved_model.pb'), savedModel);
      this.id = this.binding.loadSavedModel(folder, GRAPH_TAG, ...(isDivided ? [ONE_CORE] : []));
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
