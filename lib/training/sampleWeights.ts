/** How much each row counts in the loss. */
import * as tf from '../tensorflow';
import type { ModelInternals } from '../tfjsInternals';
import { isRecord, wrongKind } from './kinds';
import { nearestName } from './names';

/**
 * A weight for each row, float32 `[rows]`; for sequences also one for each of their moments,
 * `[rows, moments]`. If the model has several outputs: one tensor for all, or an array or a record
 * (by the outputs' names) with one for each.
 */
export type SampleWeight = tf.Tensor | readonly tf.Tensor[] | Readonly<Record<string, tf.Tensor>>;

/** Weights by class number; a class that is not named has the weight 1. */
export type ClassWeight = Readonly<Record<number, number>>;

/** The weights a run is given. */
export interface Weights {
  sampleWeight?: SampleWeight;
  classWeight?: ClassWeight;
}

/**
 * The weights as training takes them: one tensor per output, or none at all. To be disposed by the
 * caller.
 *
 * @param targets as the losses take them.
 * @param name what the user calls the sample weights.
 */
export function weightTensors(
  model: ModelInternals,
  targets: readonly tf.Tensor[],
  { sampleWeight, classWeight }: Weights,
  name: string,
): tf.Tensor[] {
  if (sampleWeight !== undefined && classWeight !== undefined) {
    throw new TypeError('Give either sampleWeight or classWeight, not both, as in Keras.');
  }
  if (classWeight !== undefined) {
    return [classWeights(model, targets, classWeight)];
  }
  if (sampleWeight === undefined) {
    return [];
  }
  return weightsByOutput(model, sampleWeight, name).map(({ weight, label }, index) => {
    const target = targets[index] as tf.Tensor;
    return weight ? fitted(weight, model, index, label) : tf.ones([target.shape[0] ?? 0]);
  });
}

function isListOfTensors(given: unknown): boolean {
  return Array.isArray(given) && given.every((one) => one instanceof tf.Tensor);
}

interface OutputWeight {
  weight: tf.Tensor | undefined;
  label: string;
}

function weightsByOutput(model: ModelInternals, given: SampleWeight, name: string): OutputWeight[] {
  const { outputNames } = model;
  if (given instanceof tf.Tensor) {
    return outputNames.map(() => ({ weight: given, label: name }));
  }
  if (!isRecord(given) && !isListOfTensors(given)) {
    throw wrongKind(name, 'a tensor', given, 'Use tf.tensor(...).');
  }
  if (Array.isArray(given)) {
    if (given.length !== outputNames.length) {
      throw new TypeError(
        `The model has ${outputNames.length} output(s), but ${name} holds ${given.length} tensor(s).`,
      );
    }
    return given.map((weight, index) => ({ weight, label: `${name}[${index}]` }));
  }
  const record = given as Readonly<Record<string, tf.Tensor>>;
  const unknown = Object.keys(record).find((key) => !outputNames.includes(key));
  if (unknown !== undefined) {
    throw new TypeError(
      `${name} has "${unknown}", which is no output of the model. ${nearestName(unknown, outputNames)}`,
    );
  }
  return outputNames.map((output) => ({ weight: record[output], label: `${name}.${output}` }));
}

/** In the shape of the losses that it is multiplied with: those have the output's, but for the last axis. */
function fitted(weight: tf.Tensor, model: ModelInternals, index: number, label: string): tf.Tensor {
  if (!(weight instanceof tf.Tensor) || weight.isDisposed) {
    throw weight instanceof tf.Tensor
      ? new TypeError(`${label} was disposed before. Load or compute it again.`)
      : wrongKind(label, 'a tensor', weight, 'Use tf.tensor(...).');
  }
  const losses = model.outputs[index]?.shape.slice(0, -1) ?? [null];
  const shape =
    weight.rank === losses.length + 1 && weight.shape.at(-1) === 1
      ? weight.shape.slice(0, -1)
      : weight.shape;
  const fits = shape.every(
    (size, axis) => axis === 0 || size === 1 || fitsAxis(size, losses[axis]),
  );
  if (shape.length === 0 || shape.length > losses.length || !fits) {
    throw new TypeError(
      `${label} has the shape [${weight.shape.join(', ')}], but must have [rows]` +
        `${losses.length > 1 ? ` or [${['rows', ...losses.slice(1)].join(', ')}]` : ''}.`,
    );
  }
  if (!Number.isFinite(weight.sum().dataSync()[0])) {
    throw new Error(`${label} holds values that are NaN or infinite.`);
  }
  const ones = Array.from({ length: losses.length - shape.length }, () => 1);
  return weight.cast('float32').reshape([...shape, ...ones]);
}

function fitsAxis(size: number, expected: number | null | undefined): boolean {
  return expected === null || expected === size;
}

function classWeights(
  model: ModelInternals,
  [target]: readonly tf.Tensor[],
  weights: ClassWeight,
): tf.Tensor {
  if (model.outputs.length > 1) {
    throw new TypeError(
      `classWeight is for models with one output; "${model.outputNames.join('", "')}" are ` +
        `${model.outputs.length}. Give sampleWeight by the outputs' names.`,
    );
  }
  const { shape } = target as tf.Tensor;
  if (shape.length > 2) {
    throw new TypeError(
      `classWeight needs one class per row, but y has the shape [${shape.join(', ')}]. ` +
        'Give sampleWeight.',
    );
  }
  if (!isRecord(weights) && !Array.isArray(weights)) {
    throw wrongKind('classWeight', 'a record', weights, 'Name the classes: { 0: 1, 1: 2.5 }.');
  }
  checkClassWeight(weights, model.outputs[0]?.shape.at(-1) ?? 1);
  const classes = tf.tidy(() => classNumbers(target as tf.Tensor).dataSync());
  return tf.tensor1d(Float32Array.from(classes, (label) => weights[Math.round(label)] ?? 1));
}

function classNumbers(target: tf.Tensor): tf.Tensor {
  return target.rank === 2 && (target.shape[1] ?? 0) > 1 ? target.argMax(1) : target;
}

function checkClassWeight(weights: ClassWeight, units: number): void {
  for (const [key, weight] of Object.entries(weights)) {
    const label = Number(key);
    if (!Number.isInteger(label) || label < 0 || (units > 1 && label >= units)) {
      throw new RangeError(
        `classWeight has the class "${key}"; classes are whole numbers from 0` +
          `${units > 1 ? ` to ${units - 1}` : ''}.`,
      );
    }
    if (!Number.isFinite(weight)) {
      throw new RangeError(`classWeight[${key}] must be a finite number, not ${weight}.`);
    }
  }
}
