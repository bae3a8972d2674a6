import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as tf from '../../lib/tensorflow';

/** The resources of a process; descriptors and threads are counted on Linux only. */
export interface Measures {
  readonly tensors: number;
  /** Graphs that TensorFlow holds. */
  readonly sessions: number;
  readonly descriptors: number;
  readonly threads: number;
  /** Files and folders in the temporary folder. */
  readonly temporaryFiles: number;
  /** Resident memory. */
  readonly megabytes: number;
}

/** Measures this process, after a collection of its garbage. */
export async function measure(): Promise<Measures> {
  await collectGarbage();
  const { binding } = tf.backend() as unknown as {
    binding: { getNumOfSavedModels(): number };
  };
  return {
    tensors: tf.memory().numTensors,
    sessions: binding.getNumOfSavedModels(),
    descriptors: entries('/proc/self/fd'),
    threads: entries('/proc/self/task'),
    temporaryFiles: readdirSync(tmpdir(), { recursive: true }).length,
    megabytes: process.memoryUsage.rss() / 1e6,
  };
}

/** Needs `--expose-gc`. Some objects free others, and worker threads take a moment to end. */
async function collectGarbage(): Promise<void> {
  if (!globalThis.gc) {
    throw new Error('A process that is measured is started with --expose-gc.');
  }
  for (let round = 0; round < 4; round++) {
    globalThis.gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

function entries(folder: string): number {
  return process.platform === 'linux' ? readdirSync(folder).length : 0;
}
