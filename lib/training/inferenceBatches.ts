/** How many rows `predict` and `evaluate` take at a time. */

import { availableParallelism } from 'node:os';
import * as tf from '../tensorflow';
import type { ModelInternals } from '../tfjsInternals';
import { lossOfOutput, metricsOfOutput } from './compiledModel';
import { lossDescription } from './lossFunctions/descriptions';
import { kerasFunctions, type RowFunction } from './lossFunctions/rowFunctions';
import { hasMaskedOutputs } from './maskedOutputs';
import { metricDescription, unweighted } from './metricFunctions/descriptions';
import { callsCustomCode } from './runners/compileModel';
import { MANY_ROWS } from './runners/compilePolicy';

/** What the largest layer gives out for one batch is to stay in the processor's caches, more or less. */
const BYTES_PER_LAYER = 2 ** 24;
const MOST_ROWS = 2560;
const KERAS_ROWS = 32;

/** Predictions of so few rows are done by one thread before another has woken up. */
const FEW_ROWS = 4;

/**
 * Rows per batch for a prediction: as Keras, 32, or more where that can only be faster. A row's output
 * does not depend on the other rows in its batch, unless code of the user's makes it so.
 *
 * @param named the caller's own number: each core takes so many, if the caches hold them.
 */
export function predictionBatchSize(model: ModelInternals, rows: number, named?: number): number {
  const least = named ?? KERAS_ROWS;
  if (rows <= least || !isFree(model)) {
    return least;
  }
  const most = mostRows(model);
  return named === undefined
    ? evenSize(rows, most)
    : Math.max(named, Math.min(named * availableParallelism(), most));
}

/**
 * Rows per batch for an evaluation. Keras's own losses and metrics are means over rows, the same for
 * batches of any size; a function of the user's need not be, nor is a loss that masks leave steps out of.
 */
export function evaluationBatchSize(model: ModelInternals, rows: number): number {
  const named = model.outputs.flatMap((_, output) => [
    lossOfOutput(model, output),
    ...metricsOfOutput(model, output),
  ]);
  const areMeans = named.every(isOfKeras);
  return areMeans && rows > KERAS_ROWS && isFree(model) && !hasMaskedOutputs(model)
    ? evenSize(rows, mostRows(model))
    : KERAS_ROWS;
}

function isOfKeras(metric: unknown): boolean {
  const one = unweighted(metric) ?? metric;
  return (
    typeof one === 'string' ||
    (lossDescription(one) ?? metricDescription(one)) !== undefined ||
    Object.values(kerasFunctions).includes(one as RowFunction)
  );
}

/** What the compiler should know of the batches to come. */
export function inferenceOptions(
  rows: number,
  batchSize: number,
): { use: 'answers' | 'inference'; inferenceRows?: number } {
  return rows <= FEW_ROWS
    ? { use: 'answers' }
    : { use: 'inference', ...(rows >= MANY_ROWS && { inferenceRows: batchSize }) };
}

function isFree(model: ModelInternals): boolean {
  const takesAnyNumber = model.inputs.every(({ shape }) => shape[0] === null);
  return takesAnyNumber && !callsCustomCode(model);
}

function mostRows({ layers }: ModelInternals): number {
  const numbers = Math.max(...layers.flatMap(numbersPerRow));
  const rows = 2 ** Math.floor(Math.log2(BYTES_PER_LAYER / (4 * numbers)));
  return Math.min(MOST_ROWS, Math.max(KERAS_ROWS, rows));
}

/** How many numbers a layer gives out for one row, and a recurrent one needs for the gates of all steps. */
function numbersPerRow(layer: tf.layers.Layer): number[] {
  const columns = Math.max(0, ...layer.weights.map(({ shape }) => shape.at(-1) ?? 0));
  const sequences = layer.inboundNodes
    .flatMap(({ inputShapes }) => shapesOf(inputShapes))
    .filter(({ length }) => length === 3);
  return [
    ...shapesOf(layer.outputShape).map(([, ...sizes]) => sizeOf(sizes)),
    ...sequences.map(([, steps = null]) => sizeOf([steps]) * columns),
  ];
}

function sizeOf(sizes: tf.Shape): number {
  return tf.util.sizeFromShape(sizes.map((size) => size ?? 1));
}

function shapesOf(shape: tf.Shape | tf.Shape[]): tf.Shape[] {
  return Array.isArray(shape[0]) ? (shape as tf.Shape[]) : [shape as tf.Shape];
}

/** Batches of one size need one graph, and the rest runs op by op: not much smaller, with the least rest. */
function evenSize(rows: number, most: number): number {
  const largest = Math.min(rows, most);
  const sizes = Array.from({ length: Math.ceil(largest / 2) }, (_, less) => largest - less);
  const rests = sizes.map((size) => rows % size);
  return sizes[rests.indexOf(Math.min(...rests))] as number;
}
