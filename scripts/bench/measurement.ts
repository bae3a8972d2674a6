/** What a measuring process is told, and what it answers: one JSON text each. */
import type { NetworkName, Variant } from './sides';

/** Pictures in a batch, on all sides and for all purposes. */
export const batchSize = 32;
/** Pictures to evaluate and to predict. */
export const testPictures = 10_000;

export interface Task extends Variant {
  network: NetworkName;
  /** Batches in each of the two epochs of training. */
  steps: number;
  batchSize: number;
  /** Where the initial weights and the data lie; see prepare.ts. */
  folder: string;
  /** When the driver started the process: milliseconds since 1970. */
  startedAt: number;
}

/** All times in seconds. */
export interface Result {
  /** From the start of the process to the end of the first epoch. */
  startToFirstEpoch: number;
  /** The first epoch, with whatever `fit` does before it. */
  firstEpoch: number;
  /** The second epoch: nothing is built or warmed up any more. */
  secondEpoch: number;
  /** Mean training loss of each epoch. */
  losses: number[];
  /** `testPictures` pictures: the first call, and one more. */
  evaluate: number[];
  evaluateLoss: number;
  predict: number[];
  /** Median of many calls for one picture. */
  predictOne: number;
  /** Of the whole process, in bytes. */
  peakMemory: number;
  versions: Record<string, string>;
}

/** A result and what it is the result of. */
export interface Measurement extends Variant, Result {
  network: NetworkName;
  round: number;
}

/** What prepare.ts writes down for all sides about each network. */
export interface NetworkManifest {
  /** Shapes of the weights in the order of the file; HWIO for kernels of convolutions. */
  weights: number[][];
  /** Shape of one picture. */
  picture: number[];
  /** What the pixels, 0 to 255, are divided by. */
  divisor: number;
  optimizer: { name: 'adam' | 'sgd'; learningRate: number };
}

export type Manifest = Record<NetworkName, NetworkManifest>;
