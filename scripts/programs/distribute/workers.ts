/** The Python processes that train one model together; none is left behind. */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

const project = path.resolve(__dirname, '../../../..');
const environment = path.join(project, '.cache/bench/distributed');

interface Score {
  loss: number;
  accuracy: number;
}

/** What a worker measured, as distributed_training.py writes it. */
export interface Report {
  worker: number;
  /** How many trained together. */
  workers: number;
  process: number;
  /** The optimiser's count of steps. */
  stepsBefore: number;
  stepsAfter: number;
  /** On the test set. */
  before: Score;
  after: Score;
  /** Of each epoch. */
  history: { loss: number[]; accuracy: number[] };
  /** Of training alone. */
  seconds: number;
  /** SHA-256 of the weights after the training. */
  weights: string;
  versions: Record<string, string>;
}

/** What all workers are told. */
export interface Training {
  /** The model to train on, and where the trained model is written: Keras `.h5` files. */
  before: string;
  after: string;
  /** The folder with MNIST's IDX files. */
  data: string;
  epochs: number;
  /** Of all workers together. */
  batchSize: number;
  /** Trains on the first so many. */
  pictures: number;
  seed: number;
  /** The folder for the workers' reports. */
  folder: string;
}

const running = new Set<ChildProcess>();

/** Ends all workers. */
export function stopWorkers(): void {
  for (const child of running) {
    child.kill('SIGKILL');
  }
}

/** Makes the Python environment with TensorFlow, if it is not there yet. */
export async function preparePython(): Promise<void> {
  const maker = path.join(project, 'scripts/setup/pythonEnvironment.mjs');
  const list = 'scripts/keras/requirements-distributed.txt';
  await run(process.execPath, [maker, 'distributed', list], {}, true);
}

/**
 * Trains a model with several workers on this machine, to the end.
 *
 * @returns each worker's report.
 * @throws Error with the last lines of the worker that failed; the others are ended.
 */
export async function trainWithWorkers(count: number, training: Training): Promise<Report[]> {
  const ports = await freePorts(count);
  const cluster = { worker: ports.map((port) => `127.0.0.1:${port}`) };
  const reports = ports.map((_, index) => path.join(training.folder, `worker-${index}.json`));
  const workers = reports.map((report, index) =>
    run(python(), workerArguments(training, report), {
      TF_CONFIG: JSON.stringify({ cluster, task: { type: 'worker', index } }),
      TF_CPP_MIN_LOG_LEVEL: '3',
    }),
  );
  try {
    await Promise.all(workers);
  } catch (error) {
    // A worker waits for ever for one that is gone.
    stopWorkers();
    await Promise.allSettled(workers);
    throw error;
  }
  return reports.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report);
}

function python(): string {
  return path.join(environment, 'bin/python');
}

function workerArguments(training: Training, report: string): string[] {
  const { before, after, data, epochs, batchSize, pictures, seed } = training;
  return [
    path.join(project, 'scripts/keras/distributed_training.py'),
    ...[before, after, '--data', data, '--report', report],
    ...['--epochs', `${epochs}`, '--batch-size', `${batchSize}`],
    ...['--pictures', `${pictures}`, '--seed', `${seed}`],
  ];
}

/** Ports on this machine that nobody listens on. All are held until the last is found. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  try {
    return await Promise.all(
      servers.map(
        (server) =>
          new Promise<number>((resolve, reject) => {
            server.on('error', reject);
            server.listen(0, '127.0.0.1', () => {
              const address = server.address();
              if (address === null || typeof address === 'string') {
                reject(new Error(`A port was asked for, and ${address} was given.`));
              } else {
                resolve(address.port);
              }
            });
          }),
      ),
    );
  } finally {
    await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  }
}

/** Runs a program to its end; throws with its last lines if it failed. */
function run(
  command: string,
  args: string[],
  env: NodeJS.ProcessEnv,
  showOutput = false,
): Promise<void> {
  const child = spawn(command, args, {
    cwd: project,
    env: { ...process.env, ...env },
    stdio: ['ignore', showOutput ? 'inherit' : 'pipe', 'pipe'],
  });
  running.add(child);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      running.delete(child);
      if (code === 0) {
        resolve();
      } else {
        const lines = output.trim().split('\n').slice(-10).join('\n');
        const end = signal ? `was ended by ${signal}` : `ended with code ${code}`;
        reject(new Error(`${path.basename(args[0] ?? command)} ${end}:\n${lines}`));
      }
    });
  });
}
