/** One measurement of this project's own training; the task is the only argument. */
import '../compileCache';
import { closeSync, openSync, readFileSync, readSync } from 'node:fs';
import path from 'node:path';
import { training } from '../../lib/index';
import { tensorOfBytes } from '../../lib/native/bytes';
import * as tf from '../../lib/tensorflow';
import { versions as libraryVersions } from '../recordedResults';
import { type TrainedNetwork, trainings } from '../trainings';
import {
  type Manifest,
  type NetworkManifest,
  type Result,
  type Task,
  testPictures,
  type WholeResult,
  type WholeTask,
} from './measurement';
import type { Network } from './network';
import { layersModel, network } from './networks';
import { median } from './statistics';

type Data = [tf.Tensor, tf.Tensor1D];

/** How often one picture is predicted; the first calls warm up. */
const singleCalls = 210;
const warmUpCalls = 10;

async function measure(task: Task): Promise<Result> {
  const trained = network(task.network, task.side === 'compiled', task.batchSize);
  const settings = setInitialWeights(trained, task);
  const train = readData(task.folder, 'train', task.steps * task.batchSize, settings);
  const test = readData(task.folder, 'test', testPictures, settings);
  return {
    ...(await timeTraining(trained, train, task.startedAt)),
    ...(await timeTesting(trained, test, task.batchSize)),
    peakMemory: process.resourceUsage().maxRSS * 1024,
    versions: versions(),
  };
}

/** The whole training of a notebook, with everything before it. */
async function trainWhole({ whole, ...task }: WholeTask): Promise<WholeResult> {
  if (!(task.network in trainings)) {
    throw new Error(`No notebook trains ${task.network} with fit.`);
  }
  const model = layersModel(task.network as TrainedNetwork);
  const settings = setInitialWeights(model, task);
  const prefix = whole.data === 'mnist' ? '' : `${whole.data}-`;
  const train = readData(task.folder, `${prefix}train`, 60_000, settings);
  const test = readData(task.folder, `${prefix}test`, testPictures, settings);
  const { batchSize } = task;
  await training.fit(model, ...train, {
    batchSize,
    epochs: whole.epochs,
    verbose: 0,
    ...(whole.validation === 'test' && { validationData: test }),
    ...(whole.validation === 'split' && { validationSplit: 0.1 }),
  });
  const { accuracy } = await training.evaluate(model, ...test, { batchSize, verbose: 0 });
  return {
    seconds: (Date.now() - task.startedAt) / 1000,
    accuracy: accuracy ?? Number.NaN,
    versions: versions(),
  };
}

async function timeTraining(trained: Network, [x, y]: Data, startedAt: number) {
  const losses: number[] = [];
  const ends: number[] = [];
  let startToFirstEpoch = Number.NaN;
  const start = performance.now();
  await trained.fit(x, y, (loss) => {
    if (ends.length === 0) {
      startToFirstEpoch = (Date.now() - startedAt) / 1000;
    }
    ends.push(performance.now());
    losses.push(loss);
  });
  const [first, second] = ends as [number, number];
  return {
    startToFirstEpoch,
    firstEpoch: (first - start) / 1000,
    secondEpoch: (second - first) / 1000,
    losses,
  };
}

async function timeTesting(trained: Network, [x, y]: Data, batchSize: number) {
  let evaluateLoss = Number.NaN;
  const evaluate = async () => {
    evaluateLoss = await trained.evaluate(x, y);
  };
  const predict = async (pictures: tf.Tensor) => {
    const answers = await trained.predict(pictures);
    await answers.data();
    answers.dispose();
  };
  const evaluateSeconds = [await seconds(evaluate), await seconds(evaluate)];
  const predictSeconds = [await seconds(() => predict(x)), await seconds(() => predict(x))];
  const one = tf.slice(x, 0, 1);
  const single: number[] = [];
  for (let call = 0; call < singleCalls; call++) {
    single.push(await seconds(() => predict(one)));
  }
  const named: number[] = [];
  for (const _ of [1, 2]) {
    named.push(
      await seconds(async () => {
        tf.dispose(await trained.predict(x, batchSize));
      }),
    );
  }
  return {
    evaluate: evaluateSeconds,
    evaluateLoss,
    predict: predictSeconds,
    predictOne: median(single.slice(warmUpCalls)),
    predictBatches: named[1] as number,
    ...answerOne(trained, one),
  };
}

/** One picture as numbers, as a server gets it; only if there is such a method. */
function answerOne({ predictor }: Network, one: tf.Tensor): Pick<Result, 'answerOne'> {
  if (!predictor) {
    return {};
  }
  const read = predictor();
  const pixels = one.dataSync() as Float32Array;
  const times: number[] = [];
  for (let call = 0; call < singleCalls; call++) {
    const start = performance.now();
    read(pixels);
    times.push((performance.now() - start) / 1000);
  }
  read.dispose();
  return { answerOne: median(times.slice(warmUpCalls)) };
}

async function seconds(work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

/** Sets the initial weights that all sides share, and returns the network's settings. */
function setInitialWeights(
  target: { setWeights(weights: tf.Tensor[]): void },
  task: Pick<Task, 'folder' | 'network'>,
): NetworkManifest {
  const manifest = JSON.parse(
    readFileSync(path.join(task.folder, 'manifest.json'), 'utf8'),
  ) as Manifest;
  const settings = manifest[task.network];
  target.setWeights(
    readWeights(path.join(task.folder, `${task.network}.weights`), settings.weights),
  );
  return settings;
}

function readWeights(file: string, shapes: number[][]): tf.Tensor[] {
  const bytes = readFileSync(file);
  let offset = 0;
  return shapes.map((shape) => {
    const size = tf.util.sizeFromShape(shape);
    const values = new Float32Array(
      bytes.buffer.slice(bytes.byteOffset + offset, bytes.byteOffset + offset + size * 4),
    );
    offset += size * 4;
    return tf.tensor(values, shape);
  });
}

function readData(
  folder: string,
  part: string,
  count: number,
  { picture, divisor }: NetworkManifest,
): Data {
  const bytes = readBytes(path.join(folder, `${part}-images`), count * 784);
  const pixels = picture.at(-1) === 3 ? inColour(bytes) : bytes;
  // As the notebooks read and prepare their pictures.
  const images = tf.tidy(() => tensorOfBytes(pixels, [count, ...picture]).div(divisor));
  const labels = new Int32Array(readBytes(path.join(folder, `${part}-labels`), count));
  return [images, tf.tensor1d(labels, 'int32')];
}

/** Pictures of 28 x 28 with a border of 2, each pixel in three channels. */
function inColour(bytes: Uint8Array): Uint8Array {
  const count = bytes.length / 784;
  const pixels = new Uint8Array(count * 32 * 32 * 3);
  for (const [index, value] of bytes.entries()) {
    const [row, column] = [Math.floor(index / 28) % 28, index % 28];
    const place = (Math.floor(index / 784) * 1024 + (row + 2) * 32 + column + 2) * 3;
    pixels.fill(value, place, place + 3);
  }
  return pixels;
}

function readBytes(file: string, count: number): Uint8Array {
  const bytes = new Uint8Array(count);
  const opened = openSync(file, 'r');
  try {
    readSync(opened, bytes);
    return bytes;
  } finally {
    closeSync(opened);
  }
}

/** TensorFlow's version, under a name that distinguishes it from Python's. */
function versions(): Record<string, string> {
  const { tensorflow, ...others } = libraryVersions();
  return { ...others, 'tensorflow of tfjs-node': tensorflow ?? '' };
}

// The only possible warning says that the model runs uncompiled, so the measurement would be wrong.
console.warn = (message: string) => {
  throw new Error(message);
};

const task = JSON.parse(process.argv[2] as string) as Task | WholeTask;
const answer = 'whole' in task ? trainWhole(task) : measure(task);
answer.then((result) => {
  console.log(JSON.stringify(result));
});
