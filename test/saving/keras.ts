import { execFile } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const requirements = path.resolve('test/saving/requirements.txt');
const environment = path.resolve('.cache/test-keras');
const done = path.join(environment, '.requirements');

function pythonIn(virtualEnvironment: string): string {
  const windows = process.platform === 'win32';
  return path.join(virtualEnvironment, windows ? 'Scripts/python.exe' : 'bin/python');
}

/**
 * Makes the tests' own Python environment with Keras, if it is not there yet (about 180 MB to
 * download). Returns why that was not possible, if so: without network, for example.
 */
export async function setUpKeras(): Promise<string | undefined> {
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(done) && readFileSync(done, 'utf8') === wanted) {
    return undefined;
  }
  rmSync(environment, { recursive: true, force: true });
  const projectPython = pythonIn(path.resolve('.venv'));
  const install = ['-m', 'uv', 'pip', 'install', '--quiet', '--require-hashes'];
  try {
    await run(projectPython, ['-m', 'venv', '--without-pip', environment]);
    await run(projectPython, [...install, '--python', pythonIn(environment), '-r', requirements]);
  } catch (error) {
    const { message, stderr = '' } = error as Error & { stderr?: string };
    return `Keras could not be installed for the tests: ${stderr.trim() || message}`;
  }
  writeFileSync(done, wanted);
  return undefined;
}

/** Runs a script of this folder with Keras on JAX; throws with its output if it fails. */
export async function runKeras(script: string, ...args: string[]): Promise<void> {
  const env = {
    ...process.env,
    KERAS_BACKEND: 'jax',
    JAX_PLATFORMS: 'cpu',
    // Compiling is most of the time; from the second run on it is read from here.
    JAX_COMPILATION_CACHE_DIR: path.join(environment, 'compiled'),
    JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS: '0',
  };
  await run(pythonIn(environment), [path.resolve('test/saving', script), ...args], { env });
}
