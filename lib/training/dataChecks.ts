/** Turns the user's `x` and `y` into tensors the model can take, or says what is wrong with them. */
import * as tf from '../tensorflow';
import type { ModelInternals } from '../tfjsInternals';
import { lossOfOutput } from './compiledModel';
import { isRecord, wrongKind } from './kinds';
import { lossDescription, takesClassNumbers } from './lossFunctions/descriptions';
import { nearestName } from './names';
import { Samples } from './samples';
import { type Weights, weightTensors } from './sampleWeights';

/**
 * One tensor; or, for a model with several inputs (outputs), an array with one for each, in the
 * model's order, or a record by their names: `{ left: …, right: … }`.
 */
export type TensorOrTensors =
  | tf.Tensor
  | readonly tf.Tensor[]
  | Readonly<Record<string, tf.Tensor>>;

/** What else belongs to a run's data. */
export interface DataOptions extends Weights {
  /** What the user calls inputs, targets and weights of the rows. */
  names?: readonly [x: string, y: string, sampleWeight: string];
}

/**
 * Checks the data of a run.
 *
 * @returns samples of their own tensors, to be disposed by the caller; `x` and `y` stay as they are.
 */
export function preparedSamples(
  model: ModelInternals,
  x: TensorOrTensors,
  y: TensorOrTensors,
  { names = ['x', 'y', 'sampleWeight'], ...weights }: DataOptions = {},
): Samples {
  const { inputs, targets, rowWeights } = tf.tidy(() => {
    const inputs = inputsOf(model, x, names[0]);
    const targets = targetsOf(model, y, names[1]);
    return {
      inputs,
      targets,
      rowWeights: weightTensors(model, targets, weights, names[2]),
    };
  });
  const samples = new Samples(inputs, [...targets, ...rowWeights]);
  for (const [tensors, name] of [
    [targets, names[1]],
    [rowWeights, names[2]],
  ] as const) {
    if ([...inputs, ...tensors].some(({ shape }) => shape[0] !== samples.count)) {
      samples.dispose();
      throw new Error(
        `${names[0]} has ${rowsOf(inputs)} rows, but ${name} has ${rowsOf(tensors)}: ` +
          `every input needs its ${name === names[1] ? 'target' : 'weight'}.`,
      );
    }
  }
  return samples;
}

function rowsOf(tensors: readonly tf.Tensor[]): string {
  return tensors.map(({ shape }) => shape[0]).join(', ');
}

/**
 * As `preparedSamples`, for a run that needs no targets.
 *
 * @param name what the user calls the inputs.
 */
export function preparedInputs(model: ModelInternals, x: TensorOrTensors, name = 'x'): Samples {
  return new Samples(
    tf.tidy(() => inputsOf(model, x, name)),
    [],
  );
}

/** The inputs as the model takes them: one tensor per input, in its dtype. */
function inputsOf(model: ModelInternals, x: TensorOrTensors, name: string): tf.Tensor[] {
  return onePer(model.inputs, model.inputNames, x, name, 'input').map(
    ({ tensor, expected, label }) => {
      checkUsable(tensor, label);
      const shaped = withColumn(tensor, expected.shape);
      if (!fits(shaped.shape, expected.shape)) {
        throw new Error(inputShapeMessage(label, tensor.shape, expected.shape));
      }
      checkFinite(tensor, label);
      // A new handle on the same data where the dtype is right already, without an operation.
      return shaped.dtype === expected.dtype ? shaped.clone() : shaped.cast(expected.dtype);
    },
  );
}

/**
 * The targets as the losses take them. For tfjs's own losses (given by name) shapes and labels
 * are checked, and integers become float32; for a loss function of the user's they stay as given.
 */
function targetsOf(model: ModelInternals, y: TensorOrTensors, name: string): tf.Tensor[] {
  return onePer(model.outputs, model.outputNames, y, name, 'output').map(
    ({ tensor, expected, label }, index) => {
      checkUsable(tensor, label);
      checkFinite(tensor, label);
      const loss = lossOfOutput(model, index);
      if (typeof loss !== 'string' && !lossDescription(loss)) {
        return withColumn(tensor, [null, 1]).clone();
      }
      if (takesClassNumbers(loss)) {
        return classNumbers(tensor, expected.shape, label);
      }
      const shaped = withColumn(tensor, expected.shape);
      if (!fits(shaped.shape, expected.shape)) {
        throw new Error(targetShapeMessage(label, tensor.shape, expected.shape, nameOf(loss)));
      }
      return shaped.cast('float32');
    },
  );
}

function nameOf(loss: string | { name: string } | undefined): string {
  return typeof loss === 'string' ? loss : (lossDescription(loss)?.className ?? loss?.name ?? '');
}

interface Assigned {
  tensor: tf.Tensor;
  expected: tf.SymbolicTensor;
  label: string;
}

function onePer(
  expected: readonly tf.SymbolicTensor[],
  keys: readonly string[],
  data: TensorOrTensors,
  name: string,
  kind: 'input' | 'output',
): Assigned[] {
  if (isRecord(data)) {
    return byName(expected, keys, data as Readonly<Record<string, tf.Tensor>>, name, kind);
  }
  const tensors: readonly tf.Tensor[] = Array.isArray(data) ? data : [data as tf.Tensor];
  if (Array.isArray(data) && !tensors.every((tensor) => tensor instanceof tf.Tensor)) {
    throw new Error(
      `${name} must be a tensor, but it is an array of something else. Use tf.tensor(${name}).`,
    );
  }
  if (tensors.length !== expected.length) {
    throw new Error(
      `The model has ${expected.length} ${kind}(s), but ${name} holds ${tensors.length} tensor(s).`,
    );
  }
  const label = (index: number) => (expected.length === 1 ? name : `${name}[${index}]`);
  return expected.map((one, index) => ({
    tensor: tensors[index] as tf.Tensor,
    expected: one,
    label: label(index),
  }));
}

function byName(
  expected: readonly tf.SymbolicTensor[],
  keys: readonly string[],
  data: Readonly<Record<string, tf.Tensor>>,
  name: string,
  kind: 'input' | 'output',
): Assigned[] {
  const unknown = Object.keys(data).find((key) => !keys.includes(key));
  if (unknown !== undefined) {
    throw new Error(
      `${name} has "${unknown}", which is no ${kind} of the model. ${nearestName(unknown, keys)}`,
    );
  }
  return expected.map((one, index) => {
    const key = keys[index] as string;
    const tensor = data[key];
    if (tensor === undefined) {
      throw new Error(
        `${name} lacks the model's ${kind} "${key}"; it has ${Object.keys(data).join(', ')}.`,
      );
    }
    return { tensor, expected: one, label: `${name}.${key}` };
  });
}

function checkUsable(tensor: tf.Tensor, label: string): void {
  if (!(tensor instanceof tf.Tensor)) {
    throw wrongKind(label, 'a tensor', tensor, 'Use tf.tensor(...).');
  }
  if (tensor.isDisposed) {
    throw new Error(`${label} was disposed before. Load or compute it again.`);
  }
  if (tensor.rank === 0 || tensor.shape[0] === 0) {
    throw new Error(`${label} is empty: its shape is ${shapeText(tensor.shape)}.`);
  }
}

/** Looking at so many values takes less time than one operation of TensorFlow. */
const FEW_VALUES = 10_000;

/** The large tensors that were found finite. Variables are not among them: their values change. */
const finite = new WeakSet<tf.Tensor>();

/** One NaN would turn every weight into NaN in the first step that sees it. */
function checkFinite(tensor: tf.Tensor, label: string): void {
  if (tensor.dtype !== 'float32' || hasFiniteSum(tensor)) {
    return;
  }
  const notFinite = tf
    .logicalNot(tf.isFinite(tensor))
    .reshape([tensor.shape[0] ?? 0, -1])
    .toInt();
  const count = notFinite.sum().dataSync()[0] as number;
  if (count > 0) {
    const row = notFinite.max(1).argMax().dataSync()[0];
    throw new Error(
      `${label} holds ${count} value(s) that are NaN or infinite, the first in row ${row}. ` +
        'Look at how it was computed (a division by 0, a logarithm of 0) or leave those rows out.',
    );
  }
}

/** Whether none of the values is NaN or infinite: their sum, which is cheaper to look at, would be, too. */
export function areFinite(values: tf.TypedArray): boolean {
  let sum = 0;
  // Ten times as fast as `for … of`.
  for (let index = 0; index < values.length; index++) {
    sum += values[index] as number;
  }
  return Number.isFinite(sum);
}

function hasFiniteSum(tensor: tf.Tensor): boolean {
  if (tensor.size <= FEW_VALUES) {
    return areFinite(tensor.dataSync());
  }
  const found = finite.has(tensor) || Number.isFinite(tf.sum(tensor).dataSync()[0]);
  if (found && !(tensor instanceof tf.Variable)) {
    finite.add(tensor);
  }
  return found;
}

/** `[rows]` as `[rows, 1]`, where that is what is expected. */
function withColumn(tensor: tf.Tensor, expected: tf.Shape): tf.Tensor {
  return tensor.rank === 1 && expected.length === 2 && (expected[1] ?? 1) === 1
    ? tensor.expandDims(-1)
    : tensor;
}

function fits(shape: tf.Shape, expected: tf.Shape): boolean {
  return (
    shape.length === expected.length &&
    expected.every((size, axis) => axis === 0 || size === null || size === shape[axis])
  );
}

function classNumbers(y: tf.Tensor, outputShape: tf.Shape, label: string): tf.Tensor {
  const expected = outputShape.slice(0, -1);
  const classes = outputShape.at(-1) ?? 0;
  const column = [...expected, 1];
  if (!fits(y.shape, expected) && !fits(y.shape, column)) {
    const oneHot = fits(y.shape, outputShape);
    throw new Error(
      `The loss sparseCategoricalCrossentropy expects class numbers of shape ${shapeText(expected)}, ` +
        `but ${label} has the shape ${shapeText(y.shape)}. ` +
        (oneHot
          ? "For one-hot labels compile with the loss 'categoricalCrossentropy', or turn them " +
            `into class numbers: ${label}.argMax(-1).`
          : ''),
    );
  }
  const labels = y.dataSync();
  const wrong = labels.findIndex(
    (value) => !Number.isInteger(value) || value < 0 || value >= classes,
  );
  if (wrong !== -1) {
    throw new Error(
      `${label} has the label ${labels[wrong]} at index ${wrong}, but a model with ${classes} ` +
        `outputs takes whole numbers from 0 to ${classes - 1}.`,
    );
  }
  return y.cast('float32').reshape([...y.shape.slice(0, expected.length), 1]);
}

function inputShapeMessage(label: string, shape: number[], expected: tf.Shape): string {
  const message =
    `${label} has the shape ${shapeText(shape)}, but the model takes ${shapeText(expected)} ` +
    '(None is the number of rows).';
  if (fits([...shape, 1], expected)) {
    return `${message} Add the channel dimension: ${label}.expandDims(-1).`;
  }
  if (fits([1, ...shape], expected)) {
    return `${message} For a single sample add the row dimension: ${label}.expandDims(0).`;
  }
  const sizes = expected.slice(1);
  const product = (values: tf.Shape) => values.reduce<number>((a, b) => a * (b ?? 0), 1);
  return product(sizes) > 0 && product(sizes) === product(shape.slice(1))
    ? `${message} Use ${label}.reshape([-1, ${sizes.join(', ')}]).`
    : message;
}

function targetShapeMessage(
  label: string,
  shape: number[],
  expected: tf.Shape,
  loss: string,
): string {
  const message =
    `The loss ${loss} expects targets of the model's output shape ${shapeText(expected)}, ` +
    `but ${label} has the shape ${shapeText(shape)}.`;
  const classNumbers = expected.slice(0, -1);
  if (
    loss === 'categoricalCrossentropy' &&
    (fits(shape, classNumbers) || fits(shape, [...classNumbers, 1]))
  ) {
    return (
      `${message} For class numbers compile with the loss 'sparseCategoricalCrossentropy', ` +
      `or make them one-hot: tf.oneHot(${label}.toInt(), ${expected.at(-1)}).`
    );
  }
  return message;
}

function shapeText(shape: tf.Shape): string {
  return `[${shape.map((size) => size ?? 'None').join(', ')}]`;
}
