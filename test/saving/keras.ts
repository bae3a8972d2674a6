import path from 'node:path';

/** The Python that has Keras. */
let python: string;

/**
 * Makes the tests' own Python environment with Keras, if it is not there yet (about 180 MB to
 * download). Returns the reason if that was not possible, for example without a network.
 */
export async function setUpKeras(): Promise<string | undefined> {
  const { pythonEnvironment } = await import('../../scripts/setup/pythonEnvironment.mjs');
  try {
    python = await pythonEnvironment('test-keras', 'test/saving/requirements.txt');
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Runs a script of this folder with Keras on JAX; throws with its output if it fails. */
export async function runKeras(script: string, ...args: string[]): Promise<void> {
  const { cache } = await import('../../scripts/setup/project.mjs');
  const { CommandError, run } = await import('../../scripts/setup/run.mjs');
  const env = {
    KERAS_BACKEND: 'jax',
    JAX_PLATFORMS: 'cpu',
    // Compiling takes most of the time; from the second run on, compiled code is read from here.
    JAX_COMPILATION_CACHE_DIR: path.join(cache, 'test-keras/compiled'),
    JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: '0',
  };
  try {
    await run(python, [path.resolve('test/saving', script), ...args], { env });
  } catch (error) {
    throw error instanceof CommandError ? new Error(`${error.message}:\n${error.output}`) : error;
  }
}
