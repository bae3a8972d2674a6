/** Runs the Python processes that train one model together, and leaves none behind. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';

const project = path.resolve(__dirname, '../../../..');

interface Score {
  loss: number;
  accuracy: number;
}

/** What a worker measured, as distributed_training.py writes it. */
export interface Report {
  worker: number;
  /** The number of workers. */
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

/** The task of all workers. */
export interface Training {
  /** The model to continue training, and where the trained model is written: Keras `.h5` files. */
  before: string;
  after: string;
  /** The folder with MNIST's IDX files. */
  data: string;
  epochs: number;
  /** The batch size of all workers together. */
  batchSize: number;
  /** How many pictures to train on, from the first. */
  pictures: number;
  seed: number;
  /** The folder for the workers' reports. */
  folder: string;
}

/** Ends all workers. */
export async function stopWorkers(): Promise<void> {
  (await import('../../setup/run.mjs')).stopAll();
}

/** Makes the Python environment with TensorFlow, if it is not there yet; returns its Python. */
export async function preparePython(): Promise<string> {
  const { pythonEnvironment } = await import('../../setup/pythonEnvironment.mjs');
  return pythonEnvironment('distributed', 'scripts/keras/requirements-distributed.txt');
}

/**
 * Trains a model with several workers on this machine, to the end.
 *
 * @param python the Python with TensorFlow.
 * @returns each worker's report.
 * @throws Error with the last lines of the worker that failed; the others are ended.
 */
export async function trainWithWorkers(
  python: string,
  count: number,
  training: Training,
): Promise<Report[]> {
  const { CommandError, run } = await import('../../setup/run.mjs');
  const ports = await freePorts(count);
  const cluster = { worker: ports.map((port) => `127.0.0.1:${port}`) };
  const reports = ports.map((_, index) => path.join(training.folder, `worker-${index}.json`));
  const workers = reports.map((report, index) =>
    run(python, workerArguments(training, report), {
      env: {
        TF_CONFIG: JSON.stringify({ cluster, task: { type: 'worker', index } }),
        TF_CPP_MIN_LOG_LEVEL: '3',
      },
      timeLimit: Number.POSITIVE_INFINITY,
    }),
  );
  try {
    await Promise.all(workers);
  } catch (error) {
    // A worker waits forever for one that has ended.
    await stopWorkers();
    await Promise.allSettled(workers);
    throw error instanceof CommandError
      ? new Error(`${error.message}:\n${error.lastLines}`)
      : error;
  }
  return reports.map((file) => JSON.parse(readFileSync(file, 'utf8')) as Report);
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

/** Free ports on this machine. All are held until the last one is found. */
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
                reject(new Error(`Expected a port, got the address ${address}.`));
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
