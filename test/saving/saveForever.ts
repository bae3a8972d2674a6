// Saves checkpoints until it is killed: the child process of the test that kills it.
// Every value of the n-th checkpoint is n. Arguments: the folder, the first n.
import path from 'node:path';
import { saveCheckpoint } from '../../lib/saving/checkpoint';
import * as tf from '../../lib/tensorflow';

async function saveForever(folder: string, first: number): Promise<never> {
  for (let n = first; ; n++) {
    const tensors = { a: tf.fill([300, 100], n), b: tf.fill([7], n) };
    // Alternate between a new name and an existing one.
    const name = n % 3 === 0 ? `cp-${n}.ckpt` : 'model.ckpt';
    await saveCheckpoint(path.join(folder, name), tensors);
    tf.dispose(tensors);
    process.stdout.write(`${n}\n`);
  }
}

void saveForever(process.argv[2] as string, Number(process.argv[3]));
