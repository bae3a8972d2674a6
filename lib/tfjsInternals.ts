/**
 * The parts of tfjs that this library uses beyond its declarations, as they are in tfjs 4.22; for
 * its TensorFlow backend, see `native/backend.ts`. Compare them with each new version.
 */
// Types only: tfjs must be loaded by `tensorflow.ts`, and the corrections of tfjs use this file.
import type * as core from '@tensorflow/tfjs-core';
import type * as tf from '@tensorflow/tfjs-node';

/** An entry of tfjs's gradient tape: an operation that was called. */
export interface TapeNode {
  inputs: tf.NamedTensorMap;
  gradient?: (upstream: tf.Tensor[]) => { [input: string]: () => tf.Tensor };
}

/** The part of tfjs's engine that computes gradients. */
export interface EngineInternals {
  /** @param name "backward" while gradients are computed. */
  tidy(name: unknown, ...others: unknown[]): unknown;
  addTapeNode(
    kernelName: string,
    inputs: tf.NamedTensorMap,
    outputs: tf.Tensor[],
    gradient: unknown,
    saved: tf.Tensor[],
    attributes: unknown,
  ): void;
  /** Keeps copies of what a gradient is computed of. */
  saveTensorsForBackwardMode(tensors: tf.Tensor[]): tf.Tensor[];
  /** Whether operations called now are recorded for gradients. */
  isTapeOn(): boolean;
  state: { activeTape: TapeNode[] };
}

export type NamedGradients = tf.NamedTensorMap | { name: string; tensor: tf.Tensor | null }[];

/** A variable that an optimiser keeps for a weight. */
export interface Slot {
  originalName: string;
  variable: tf.Variable;
}

/** The fields of tfjs's optimisers: each class has some of them. */
export interface OptimizerInternals {
  learningRate: number;
  momentum: number;
  decay: number;
  rho: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  initialAccumulatorValue: number;
  useNesterov: boolean;
  centered: boolean;
  iterations_: number;
  /** SGD and momentum: the learning rate times -1. */
  c: tf.Scalar;
  /** Momentum's factor. */
  m: tf.Scalar;
  /** Powers of beta1 and beta2, in Adam and Adamax. */
  accBeta1: tf.Variable;
  accBeta2: tf.Variable;
  /** The count of steps, in Adamax. */
  iteration: tf.Variable;
  accumulations: Slot[];
  accumulatedFirstMoment: Slot[];
  accumulatedSecondMoment: Slot[];
  accumulatedWeightedInfNorm: Slot[];
  accumulatedMeanSquares: Slot[];
  accumulatedMeanGrads: Slot[];
  accumulatedMoments: Slot[];
  accumulatedGrads: Slot[];
  accumulatedUpdates: Slot[];
  applyGradients(gradients: NamedGradients): void;
  incrementIterations(): void;
  /** Only in those that keep it as a tensor. */
  setLearningRate?(rate: number): void;
}

/** The names under which an optimiser keeps its numbers, or its slots. */
export type OptimizerField<Type> = {
  [Name in keyof OptimizerInternals]-?: OptimizerInternals[Name] extends Type ? Name : never;
}[keyof OptimizerInternals];

/** Such as `tf.constraints.nonNeg()`. */
export interface Constraint {
  apply(weight: tf.Tensor): tf.Tensor;
}

/** Such as `tf.regularizers.l2()`. */
export interface ActivityRegularizer {
  apply(output: tf.Tensor): tf.Scalar;
  getClassName(): string;
  getConfig(): tf.serialization.ConfigDict;
}

export interface WeightInternals {
  val: tf.Variable;
  constraint?: Constraint | null;
}

/** The masks of recurrent dropout, which tfjs keeps until a layer's next call. */
export interface Masks {
  dropoutMask?: tf.Tensor | tf.Tensor[] | null;
  recurrentDropoutMask?: tf.Tensor | tf.Tensor[] | null;
}

/** The layers inside a layer: each class has some of these. */
export interface LayersInside {
  /** Of a model. */
  layers?: tf.layers.Layer[];
  /** Of a recurrent layer. */
  cell?: tf.layers.Layer;
  /** Of stacked cells. */
  cells?: tf.layers.Layer[];
  /** Of TimeDistributed; Bidirectional makes two others from it. */
  layer?: tf.layers.Layer;
  forwardLayer?: tf.layers.Layer;
  backwardLayer?: tf.layers.Layer;
  /** Of this library's own layers, by the names in Keras. */
  layersInside?: Record<string, tf.layers.Layer>;
}

export interface LayerInternals extends Masks, LayersInside {
  stateful?: boolean;
  supportsMasking: boolean;
  /** Of recurrent layers. */
  returnSequences?: boolean;
  /** Of Embedding. */
  maskZero?: boolean;
  activityRegularizer?: ActivityRegularizer | null;
  /** Those that are not trained in any case. */
  _nonTrainableWeights: tf.LayerVariable[];
  /** The penalties of its weights' regularisers. */
  _losses?: (() => tf.Scalar)[];
  axis?: number | number[];
  activation?: { apply(logits: tf.Tensor): tf.Tensor; getClassName(): string } | null;
  /** How often `dispose` must be called before the weights are disposed. */
  _refCount: number | null;
  /** Of SeparableConv2D. */
  depthMultiplier: number;
  /** Of Dropout. */
  rate: number;
  seed?: number;
  getNoiseShape(input: tf.Tensor): number[] | null | undefined;
  getClassName(): string;
  call(inputs: tf.Tensor | tf.Tensor[], options: { training?: boolean }): tf.Tensor | tf.Tensor[];
  calculateLosses(): tf.Scalar[];
}

/** Compares targets with outputs. */
export type LossOrMetric = (targets: tf.Tensor, outputs: tf.Tensor) => tf.Tensor;

/** A loss or metric as `model.compile` takes it. */
export type NamedFunction = string | ((...args: never[]) => unknown);

/** A model with the properties that `model.compile` sets. */
export interface ModelInternals {
  name: string;
  inputs: tf.SymbolicTensor[];
  outputs: tf.SymbolicTensor[];
  inputNames: string[];
  outputNames: string[];
  layers: tf.layers.Layer[];
  weights: tf.LayerVariable[];
  optimizer?: tf.Optimizer;
  loss: NamedFunction | NamedFunction[] | Record<string, NamedFunction>;
  metrics?: NamedFunction | NamedFunction[] | Record<string, NamedFunction | NamedFunction[]>;
  /** One for each output. */
  lossFunctions?: LossOrMetric[];
  metricsNames: string[];
  metricsTensors: [metric: LossOrMetric, output: number][];
  collectedTrainableWeights?: tf.LayerVariable[];
  predictOnBatch(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor | tf.Tensor[];
  makeTrainFunction(): (data: tf.Tensor[]) => tf.Scalar[];
  makeTestFunction(): void;
  testFunction: (data: tf.Tensor[]) => tf.Scalar[];
  calculateLosses(): tf.Scalar[];
}

export type Seed = string | number | undefined;
export type NumberType = 'float32' | 'int32' | undefined;

export type NormalFunction = (
  shape: number[],
  mean?: number,
  deviation?: number,
  dtype?: NumberType,
  seed?: Seed,
) => tf.Tensor;

/** The random functions, in the module where tfjs's layers find them too. */
export interface RandomFunctions {
  randomUniform(
    shape: number[],
    low?: number,
    high?: number,
    dtype?: NumberType,
    seed?: Seed,
  ): tf.Tensor;
  randomUniformInt(shape: number[], low: number, high: number, seed?: Seed): tf.Tensor;
  randomNormal: NormalFunction;
  truncatedNormal: NormalFunction;
  randomStandardNormal(shape: number[], dtype?: NumberType, seed?: Seed): tf.Tensor;
  randomGamma(
    shape: number[],
    alpha: number,
    beta?: number,
    dtype?: NumberType,
    seed?: Seed,
  ): tf.Tensor;
  dropout(x: tf.Tensor, rate: number, noiseShape?: number[], seed?: Seed): tf.Tensor;
  multinomial(logits: tf.Tensor, count: number, seed?: number, normalized?: boolean): tf.Tensor;
}

/** A part of tfjs with the members that its declarations keep private. */
export function internals(part: tf.Optimizer): OptimizerInternals;
/** The model inside a Sequential does the work and holds the compile state. */
export function internals(part: tf.Sequential): { model: tf.LayersModel };
export function internals(part: tf.LayersModel): ModelInternals;
export function internals(part: tf.layers.Layer): LayerInternals;
export function internals(part: tf.LayerVariable): WeightInternals;
export function internals(part: ReturnType<typeof tf.engine>): EngineInternals;
export function internals(part: typeof core): RandomFunctions;
export function internals(part: unknown): unknown {
  return part;
}

/**
 * The name of layers that are made only to get at their class. tfjs numbers layers without a name,
 * and the user's first one must get the number 1.
 */
export const unnumbered = 'unnumbered';

/** The prototype of a layer's class. */
export function prototypeOf<Internals = LayerInternals>(layer: tf.layers.Layer): Internals {
  return Object.getPrototypeOf(layer);
}
