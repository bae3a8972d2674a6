/**
 * What `lib/graph` uses of tfjs beyond its declarations; of its backend for TensorFlow, see `native.ts`.
 * All of it is as in tfjs 4.22: a new version is compared with these.
 */
import * as tf from '../tensorflow';

/** A note of tfjs that an operation was called whose gradient may be asked for. */
export interface TapeNode {
  gradient?: (upstream: tf.Tensor[]) => { [input: string]: () => tf.Tensor };
}

/** The part of tfjs's engine that computes gradients. */
export interface Tape {
  /** @param name "backward" while gradients are computed. */
  tidy(name: unknown, ...others: unknown[]): unknown;
  addTapeNode(...args: unknown[]): void;
  /** Whether what is called now may be differentiated. */
  isTapeOn(): boolean;
  state: { activeTape: TapeNode[] };
}

export function tape(): Tape {
  return tf.engine() as unknown as Tape;
}

/** Counts a step that a graph has made. */
export function incrementIterations(optimizer: tf.Optimizer): void {
  (optimizer as unknown as { incrementIterations(): void }).incrementIterations();
}

/** A variable that an optimiser keeps for a weight. */
export interface Slot {
  originalName: string;
  variable: tf.Variable;
}

export interface SgdFields {
  c: tf.Scalar;
}
export interface MomentumFields extends SgdFields {
  m: tf.Scalar;
  useNesterov: boolean;
  accumulations: Slot[];
}
export interface AdamFields {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  accBeta1: tf.Variable;
  accBeta2: tf.Variable;
  accumulatedFirstMoment: Slot[];
  accumulatedSecondMoment: Slot[];
}
export interface AdamaxFields extends Omit<AdamFields, 'accBeta2' | 'accumulatedSecondMoment'> {
  decay: number;
  iteration: tf.Variable;
  accumulatedWeightedInfNorm: Slot[];
}
export interface RmsPropFields {
  learningRate: number;
  decay: number;
  momentum: number;
  epsilon: number;
  centered: boolean;
  accumulatedMeanSquares: Slot[];
  accumulatedMoments: Slot[];
  accumulatedMeanGrads: Slot[];
}
export interface AdagradFields {
  learningRate: number;
  initialAccumulatorValue: number;
  accumulatedGrads: Slot[];
}
export interface AdadeltaFields {
  learningRate: number;
  rho: number;
  epsilon: number;
  accumulatedGrads: Slot[];
  accumulatedUpdates: Slot[];
}

/** The parts of a model that tfjs keeps private, or sets at `compile`. */
export interface ModelInternals {
  name: string;
  inputs: unknown[];
  layers: tf.layers.Layer[];
  weights: tf.LayerVariable[];
  optimizer?: tf.Optimizer;
  loss?: unknown;
  metrics?: unknown;
  lossFunctions?: unknown[];
  metricsTensors?: unknown[][];
  collectedTrainableWeights?: tf.LayerVariable[];
}

export interface LayerInternals extends Masks {
  stateful?: boolean;
  _losses?: unknown[];
}

/** The masks of recurrent dropout, which tfjs keeps until a layer's next call. */
export interface Masks {
  dropoutMask?: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask?: tf.Tensor | tf.Tensor[] | null;
}
