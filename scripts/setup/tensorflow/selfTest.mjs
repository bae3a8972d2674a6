// Whether native TensorFlow works here.
import { SetUpError } from '../requirements.mjs';
import { CommandError, run } from '../run.mjs';
import { system } from './places.mjs';

const program = `
  const tf = require('@tensorflow/tfjs-node');
  const product = tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]).dataSync();
  const { values } = tf.topk(tf.tensor1d([3, 1, 2]), 2);
  const answer = [...product, ...values.dataSync()].join();
  if (answer !== '19,22,43,50,3,2') throw new Error('TensorFlow computed ' + answer);
`;

/** Computes something in another process, where a crash does no harm. */
export async function selfTest() {
  try {
    await run(process.execPath, ['-e', program], {
      env: { TF_CPP_MIN_LOG_LEVEL: '2' },
      timeLimit: 120,
    });
  } catch (error) {
    if (!(error instanceof CommandError)) {
      throw error;
    }
    throw new SetUpError(
      `native TensorFlow was installed but its self-test failed (${error.message}), ` +
        `so it does not work on this system (${system}, Node.js ${process.versions.node}).\n${error.lastLines}`,
      { cause: error },
    );
  }
}

export async function passesSelfTest() {
  try {
    await selfTest();
    return true;
  } catch (error) {
    if (error instanceof SetUpError) {
      return false;
    }
    throw error;
  }
}
