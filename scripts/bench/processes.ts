/** Runs the processes of the benchmark, one at a time, and leaves none behind. */
import { spawn } from 'node:child_process';
import path from 'node:path';
import type { LimitResult, LimitTask, Result, Task, WholeResult, WholeTask } from './measurement';
import { pythonEnvironment, title } from './sides';

const project = path.resolve(__dirname, '../../..');
/** The folder of everything that the benchmark keeps between runs. */
export const cache = path.join(project, '.cache/bench');

/** Ends the running process, and those that it started. */
export async function stopRunning(): Promise<void> {
  (await import('../setup/run.mjs')).stopAll();
}

/** Prepares what the sides need: the Python environments, the data and the initial weights. */
export async function prepare(
  environments: readonly string[],
  folder: string,
  fashion: boolean,
): Promise<void> {
  const { pythonEnvironment } = await import('../setup/pythonEnvironment.mjs');
  for (const name of environments) {
    await pythonEnvironment(`bench/${name}`, `scripts/bench/requirements-${name}.txt`);
  }
  const program = path.join(__dirname, 'prepare.js');
  await run(process.execPath, [program, folder, ...(fashion ? ['--fashion'] : [])]);
}

/** Does the work while this many processes keep one core busy each. */
export async function besideNeighbours(count: number, work: () => Promise<void>): Promise<void> {
  const neighbours = Array.from({ length: count }, () =>
    spawn(process.execPath, ['-e', 'for (;;) {}'], { stdio: 'ignore' }),
  );
  const end = () => {
    for (const neighbour of neighbours) {
      neighbour.kill();
    }
  };
  process.once('exit', end);
  try {
    await work();
  } finally {
    end();
    process.off('exit', end);
  }
}

/** Runs one measurement in its own process. */
export function measure(task: Task): Promise<Result> {
  return measured<Result>(task);
}

/** Measures the machine and counts the networks' work in a process of its own. */
export async function measureLimit(task: LimitTask): Promise<LimitResult> {
  const output = await run(process.execPath, [
    path.join(__dirname, 'limitSide.js'),
    JSON.stringify(task),
  ]);
  return answerIn<LimitResult>(output, 'The measurement of the limit');
}

/** Runs one whole training in its own process. */
export function measureWhole(task: WholeTask): Promise<WholeResult> {
  return measured<WholeResult>(task);
}

async function measured<Answer>(task: Task | WholeTask): Promise<Answer> {
  const environment = pythonEnvironment(task.side);
  const argument = JSON.stringify(task);
  const output = environment
    ? await run(...python(environment, argument), {
        KERAS_BACKEND: task.side === 'keras-jax' ? 'jax' : 'tensorflow',
        // By default TensorFlow uses oneDNN only on some processors. The faster setting counts.
        TF_ENABLE_ONEDNN_OPTS: task.setting === 'oneDNN off' ? '0' : '1',
        TF_CPP_MIN_LOG_LEVEL: '3',
      })
    : await run(process.execPath, [path.join(__dirname, 'typescriptSide.js'), argument]);
  return answerIn<Answer>(output, title(task));
}

/** The answer of a measuring process: the last line that it printed. */
function answerIn<Answer>(output: string, what: string): Answer {
  try {
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Answer;
  } catch {
    throw new Error(`${what} did not end with its result, but with:\n${lastLines(output)}`);
  }
}

function python(environment: 'keras' | 'torch', argument: string): [string, string[]] {
  const program = path.join(project, `scripts/bench/${environment}_side.py`);
  return [path.join(cache, environment, 'bin/python'), [program, argument]];
}

/** Runs a program to its end, however long it takes. Returns what it printed on standard output. */
async function run(
  command: string,
  args: string[],
  env: Record<string, string> = {},
): Promise<string> {
  const { CommandError, run } = await import('../setup/run.mjs');
  try {
    return await run(command, args, { env, timeLimit: Number.POSITIVE_INFINITY });
  } catch (error) {
    throw error instanceof CommandError
      ? new Error(`${error.message}:\n${error.lastLines}`)
      : error;
  }
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-10).join('\n');
}
