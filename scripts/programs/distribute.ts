/**
 * `npm run distribute`: trains a network here, lets several Python workers continue its training
 * together, and loads it again.
 */
import '../compileCache';
import { mkdirSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { datasets, saving, training } from '../../lib/index';
import type * as tf from '../../lib/tensorflow';
import { runProgram, wholeNumber } from '../commandLine';
import { machine, today, versions, writeResult } from '../recordedResults';
import { compiledModel, networkInput } from '../trainings';
import { preparePython, type Report, stopWorkers, trainWithWorkers } from './distribute/workers';

const help = `Usage: npm run distribute -- [options]

Trains LeNet-5 on MNIST for one epoch, saves it as a Keras .h5 file, lets several Python processes
train it on together (TensorFlow's MultiWorkerMirroredStrategy), loads what they return, and tests
it. The Python environment with TensorFlow is made by itself the first time.

Options:
  --workers N     Python processes; default 2
  --epochs N      epochs that they train; default 2
  --pictures N    train on the first N of the 60,000 pictures only, to try things out
  --folder NAME   where the .h5 files are written; default .cache/distribute
  --results FILE  where the figures are written; default results/distributed.json
  --help          print this text

Exit status: 0, or 1 if the training failed or the network came back as another one than the
workers tested, or 2 if the command line is wrong.
`;

/** The folder of `datasets.mnist`, which Python reads too. */
const mnistFiles = path.resolve(__dirname, '../../../data/cache/mnist');
const batchSize = 64;
const seed = 0;

interface Settings {
  workers: number;
  epochs: number;
  pictures: number;
  folder: string;
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      workers: { type: 'string', default: '2' },
      epochs: { type: 'string', default: '2' },
      pictures: { type: 'string', default: '60000' },
      folder: { type: 'string', default: '.cache/distribute' },
      results: { type: 'string', default: 'results/distributed.json' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  if (process.platform === 'win32') {
    throw new Error('Distributed training runs on Linux and macOS; on Windows, run it in WSL.');
  }
  const settings = {
    workers: wholeNumber('--workers', values.workers, 1),
    epochs: wholeNumber('--epochs', values.epochs, 1),
    pictures: wholeNumber('--pictures', values.pictures, batchSize, 60_000),
    folder: path.resolve(values.folder),
  };
  stopWithThisProgram();
  const python = await preparePython();
  const result = await thereAndBack(python, settings);
  await writeResult(values.results, result);
  checkSameModel(result);
}

/** Ctrl-C ends the workers too. */
function stopWithThisProgram(): void {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, async () => {
      await stopWorkers();
      process.exit(1);
    });
  }
}

interface Score {
  loss: number;
  accuracy: number;
  /** The optimiser's count of steps. */
  steps: number;
}

interface Result {
  before: Score;
  workers: Report[];
  after: Score;
}

async function thereAndBack(
  python: string,
  settings: Settings,
): Promise<Result & Record<string, unknown>> {
  const { workers, epochs, pictures, folder } = settings;
  mkdirSync(folder, { recursive: true });
  const files = { before: path.join(folder, 'before.h5'), after: path.join(folder, 'after.h5') };

  const before = await trainHere(files.before, pictures);
  print('after one epoch here', before);
  const reports = await trainWithWorkers(python, workers, {
    ...{ ...files, data: mnistFiles },
    ...{ epochs, batchSize, pictures, seed, folder },
  });
  for (const report of reports) {
    const { worker, after, stepsAfter, seconds } = report;
    print(`worker ${worker}, after ${epochs} more (${seconds} s)`, { ...after, steps: stepsAfter });
  }
  const after = await test(await saving.loadKerasH5(files.after));
  print('loaded here again', after);
  return {
    experiment:
      `LeNet-5 on ${pictures} pictures of MNIST, adam, batches of ${batchSize}: one epoch here, ` +
      `${epochs} by ${workers} workers under tf.distribute.MultiWorkerMirroredStrategy, and back`,
    command: 'npm run distribute',
    date: today(),
    machine: machine(),
    versions: versions(),
    before,
    workers: reports,
    after,
  };
}

async function trainHere(file: string, pictures: number): Promise<Score> {
  const { train } = await datasets.mnist();
  const model = compiledModel('lenet5', { seed, oneHot: false });
  const images = networkInput('lenet5', train.images.slice(0, pictures));
  const labels = train.labels.slice(0, pictures);
  await training.fit(model, images, labels, { epochs: 1, batchSize, seed });
  await saving.saveKerasH5(model, file);
  return test(model);
}

async function test(model: tf.LayersModel): Promise<Score> {
  const { test } = await datasets.mnist();
  const images = networkInput('lenet5', test.images);
  const scores = await training.evaluate(model, images, test.labels, { verbose: 0 });
  const { loss = Number.NaN, accuracy = Number.NaN } = scores;
  return { loss, accuracy, steps: (model.optimizer as tf.AdamOptimizer).iterations };
}

function print(when: string, { loss, accuracy, steps }: Score): void {
  const scores = `loss ${loss.toFixed(4)}, accuracy ${accuracy.toFixed(4)}`;
  console.log(`${when.padEnd(36)}${scores}, ${steps} steps of the optimiser`);
}

/**
 * Throws unless the workers ended with the same weights and began with the model that was sent, and
 * the returned model has the scores that they report.
 */
function checkSameModel({ before, workers, after }: Result): void {
  if (new Set(workers.map(({ weights }) => weights)).size > 1) {
    throw new Error('the workers ended with different weights.');
  }
  for (const { worker, ...report } of workers) {
    compare(`worker ${worker} before training`, before, report.before, report.stepsBefore);
    compare(`worker ${worker} after training`, after, report.after, report.stepsAfter);
  }
}

function compare(what: string, ours: Score, theirs: Omit<Score, 'steps'>, steps: number): void {
  // Both sides count right answers; float32 accuracies are equal to seven digits.
  const same =
    Math.abs(ours.accuracy - theirs.accuracy) < 1e-6 &&
    Math.abs(ours.loss - theirs.loss) < 1e-5 &&
    ours.steps === steps;
  if (!same) {
    throw new Error(
      `${what}: ${JSON.stringify({ ...theirs, steps })}, but here ${JSON.stringify(ours)}.`,
    );
  }
}

runProgram('distribute', main);
