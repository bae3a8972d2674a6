/** The processes of the benchmark: one at a time, and none is left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import type { Result, Task } from './measurement';
import { pythonEnvironment, title } from './sides';
import type { WholeResult, WholeTask } from './wholeTraining';

const project = path.resolve(__dirname, '../../..');
/** Everything the benchmark keeps between runs. */
export const cache = path.join(project, '.cache/bench');

let running: ChildProcess | undefined;

/** Ends the process that runs now, and those that it started. */
export function stopRunning(): void {
  if (running?.pid === undefined || running.exitCode !== null || running.signalCode !== null) {
    return;
  }
  process.kill(-running.pid);
}

const showProgress = (text: string) => process.stdout.write(text);

/** Makes what the sides need: the Python environments, the data and the initial weights. */
export async function prepare(
  environments: readonly string[],
  folder: string,
  fashion: boolean,
): Promise<void> {
  for (const name of environments) {
    await run(
      process.execPath,
      [path.join(project, 'scripts/setup/pythonEnvironment.mjs'), name],
      {},
      showProgress,
    );
  }
  await run(process.execPath, [
    path.join(__dirname, 'prepare.js'),
    folder,
    ...(fashion ? ['--fashion'] : []),
  ]);
}

/** Runs one measurement in a process of its own. */
export function measure(task: Task): Promise<Result> {
  return measured<Result>(task);
}

/** Runs one whole training in a process of its own. */
export function measureWhole(task: WholeTask): Promise<WholeResult> {
  return measured<WholeResult>(task);
}

async function measured<Answer>(task: Task | WholeTask): Promise<Answer> {
  const environment = pythonEnvironment(task.side);
  const argument = JSON.stringify(task);
  const output = environment
    ? await run(...python(environment, argument), {
        KERAS_BACKEND: task.side === 'keras-jax' ? 'jax' : 'tensorflow',
        // Keras would otherwise write a file in the user's home.
        KERAS_HOME: path.join(cache, 'keras-home'),
        // As on our side: TensorFlow would otherwise use oneDNN on some processors only.
        TF_ENABLE_ONEDNN_OPTS: process.env.TF_ENABLE_ONEDNN_OPTS ?? '1',
        TF_CPP_MIN_LOG_LEVEL: '3',
      })
    : await run(process.execPath, [path.join(__dirname, 'typescriptSide.js'), argument]);
  try {
    return JSON.parse(output.trim().split('\n').at(-1) ?? '') as Answer;
  } catch {
    throw new Error(`${title(task)} did not end with its result, but with:\n${lastLines(output)}`);
  }
}

function python(environment: 'keras' | 'torch', argument: string): [string, string[]] {
  const program = path.join(project, `scripts/bench/${environment}_side.py`);
  return [path.join(cache, environment, 'bin/python'), [program, argument]];
}

/**
 * Runs a program to its end.
 *
 * @param onOutput is called with what it prints on standard output, as it comes.
 * @returns what it printed on standard output.
 * @throws Error with the program's last lines if it failed.
 */
function run(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
  onOutput: (text: string) => void = () => {},
): Promise<string> {
  const child = spawn(command, args, {
    cwd: project,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    // A process group of its own, so that what it starts can be stopped with it.
    detached: true,
  });
  running = child;
  let output = '';
  let errors = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    output += text;
    onOutput(text);
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    errors += text;
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running = undefined;
      if (code === 0) {
        resolve(output);
      } else {
        const reason = signal ? `was ended by ${signal}` : `ended with code ${code}`;
        const name = args.find((argument) => /\.\w+$/.test(argument)) ?? command;
        reject(new Error(`${path.basename(name)} ${reason}:\n${lastLines(errors || output)}`));
      }
    });
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-10).join('\n');
}
