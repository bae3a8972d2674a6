/** The task and the answer of a measuring process: one JSON text each. */
import type { Training } from '../trainings';
import type { NetworkName, Variant } from './sides';

/** How many pictures are evaluated and predicted. */
export const testPictures = 10_000;

export interface Task extends Variant {
  network: NetworkName;
  /** Batches in each of the two epochs of training. */
  steps: number;
  batchSize: number;
  /** The folder of the initial weights and the data; see prepare.ts. */
  folder: string;
  /** When the driver started the process: milliseconds since 1970. */
  startedAt: number;
}

/** All times in seconds. */
export interface Result {
  /** From the start of the process to the end of the first epoch. */
  startToFirstEpoch: number;
  /** The first epoch, with everything that `fit` does before it. */
  firstEpoch: number;
  /** The second epoch: everything is built and warmed up. */
  secondEpoch: number;
  /** Mean training loss of each epoch. */
  losses: number[];
  /** `testPictures` pictures: the first call, and one more. */
  evaluate: number[];
  evaluateLoss: number;
  predict: number[];
  /** `testPictures` pictures in batches of the training's size, the second call. */
  predictBatches: number;
  /** Median of 200 calls for one picture, after ten that warm up. */
  predictOne: number;
  /** The same for the side's method for single pictures, if it has one. */
  answerOne?: number;
  /** Of the whole process, in bytes. */
  peakMemory: number;
  versions: Record<string, string>;
}

/** The arguments of a notebook's `fit`, without the network. */
export interface WholeTraining extends Pick<Training, 'data' | 'validation'> {
  epochs: number;
}

/** The whole training of a notebook, instead of two epochs. */
export interface WholeTask extends Omit<Task, 'steps'> {
  whole: WholeTraining;
}

export interface WholeResult {
  /** From the start of the process to the end of the evaluation. */
  seconds: number;
  /** On the test set. */
  accuracy: number;
  versions: Record<string, string>;
}

/** What there is to do in a training step; or what the machine does in a second. */
export interface Work {
  /** Multiplications and additions. */
  arithmetic: number;
  /** Bytes that operations read and write. */
  traffic: number;
}

export interface LimitTask {
  networks: readonly NetworkName[];
  batchSize: number;
}

/** How fast the machine is at what it does best, and what the networks ask of it. */
export interface LimitResult {
  /** Of a product of large matrices, and of a large copy. */
  rates: Work;
  work: Partial<Record<NetworkName, Work>>;
}

/** A result and what was measured. */
export interface Measurement extends Variant, Result {
  network: NetworkName;
  round: number;
  /** Batches in each of the two epochs of training, if they are not `steps` batches of 32. */
  pictures?: number;
}

/** What prepare.ts records about each network for all sides. */
export interface NetworkManifest extends NetworkSettings {
  /** Shapes of the weights in the order of the file; HWIO for convolution kernels. */
  weights: number[][];
}

/** A network's input and training. */
export type NetworkSettings = Pick<Training, 'picture' | 'divisor' | 'optimizer'>;

export type Manifest = Record<NetworkName, NetworkManifest>;
