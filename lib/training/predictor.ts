import * as tf from '../tensorflow';
import type { ModelInternals } from '../tfjsInternals';
import { innerModel } from './compiledModel';
import { areFinite } from './dataChecks';
import { requireUndisposed } from './disposal';
import { type AnswerRunner, compileAnswers } from './runners/compileModel';

/**
 * Answers single inputs of a model, or a few at a time: what {@link predictor} makes.
 */
export interface Predictor {
  /**
   * @param values the numbers of one input, or of several one after the other, as `fit` got them
   *   (pixels divided by 255, say).
   * @returns the model's output for them, row after row: for a classifier a probability per class.
   * @throws Error for another number of values than the model takes, or one that is not finite;
   *   NotCompilableError if a large matrix of weights is not finite, as after a training that diverged.
   */
  (values: ArrayLike<number>): Float32Array;
  /**
   * @param input a tensor with the rows first, of the model's dtype; not disposed.
   * @returns as many rows of the model's output, to be disposed by the caller.
   * @throws Error for a shape that the model does not take, or a number that is not finite;
   *   NotCompilableError as above.
   */
  (input: tf.Tensor): tf.Tensor;
  /** Frees the graph. The model stays usable; the predictor does not. */
  dispose(): void;
}

/**
 * Makes a function that answers one input at once, for servers and other programs to which inputs come
 * one by one. `predict` takes any data, waits for other work and can be interrupted; this does none
 * of it: an answer is one call of TensorFlow, made by the calling thread alone unless it is much work.
 *
 * The graph is built here. Answers follow the model: weights that are trained or set afterwards hold
 * from the next answer on. But what a layer of your own computes is recorded once, here.
 *
 * @param model a model with one input and one output; need not be compiled.
 * @returns the function; call its `dispose` when it is not needed any more.
 * @throws NotCompilableError if the model does what a graph cannot repeat; Error if it was disposed or
 *   has several inputs or outputs: use {@link predict} for those.
 *
 * @example
 * const read = training.predictor(model);
 * const probabilities = read(pixels); // Float32Array of 784 numbers in, of 10 out
 */
export function predictor(model: tf.LayersModel): Predictor {
  requireUndisposed(model);
  const inner = innerModel(model);
  if (inner.inputs.length !== 1 || inner.outputs.length !== 1) {
    throw new Error(
      `The model "${model.name}" has ${inner.inputs.length} input(s) and ${inner.outputs.length} ` +
        'output(s); a predictor is for one of each. Use training.predict.',
    );
  }
  return new ModelPredictor(model, inner).asFunction();
}

class ModelPredictor {
  private runner: AnswerRunner | null;
  /** The shape of one row, null where the model takes any size. */
  private readonly row: tf.Shape;
  private readonly dtype: tf.DataType;

  constructor(
    private readonly model: tf.LayersModel,
    { inputs: [input] }: ModelInternals,
  ) {
    this.row = (input as tf.SymbolicTensor).shape.slice(1);
    this.dtype = (input as tf.SymbolicTensor).dtype;
    this.runner = compileAnswers(model);
    const sizes = this.knownRow();
    if (sizes) {
      this.answerValues(new Float32Array(tf.util.sizeFromShape(sizes)));
    }
  }

  asFunction(): Predictor {
    const answer = (input: ArrayLike<number> | tf.Tensor) =>
      input instanceof tf.Tensor ? this.answerTensor(input) : this.answerValues(input);
    return Object.assign(answer, { dispose: () => this.dispose() }) as Predictor;
  }

  private answerValues(values: ArrayLike<number>): Float32Array {
    const row = this.knownRow();
    if (!row) {
      throw new Error(
        `The model "${this.model.name}" takes inputs of the shape [${['rows', ...this.row]}] with any ` +
          'size in the place of an empty one: give the predictor a tensor.',
      );
    }
    const size = tf.util.sizeFromShape(row);
    if (values.length === 0 || values.length % size !== 0) {
      throw new Error(
        `The predictor got ${values.length} values; one input of the model "${this.model.name}" has ` +
          `${size} (${row.join(' x ')}).`,
      );
    }
    const batch = {
      values: this.typed(values),
      shape: [values.length / size, ...row],
      dtype: this.dtype,
    };
    requireFinite(batch.values);
    const known = this.answer((runner) => runner.predictValues(batch));
    if (known) {
      return known as Float32Array;
    }
    const input = tf.tensor(batch.values, batch.shape, batch.dtype);
    try {
      const output = this.answerTensor(input);
      const answers = output.dataSync() as Float32Array;
      output.dispose();
      return answers;
    } finally {
      input.dispose();
    }
  }

  private answerTensor(input: tf.Tensor): tf.Tensor {
    this.check(input);
    return this.answer((runner) => {
      const [output] = runner.predictOnBatch([input]) as [tf.Tensor];
      // A model of layers that do nothing but in training gives back what it got.
      return output === input ? output.clone() : output;
    });
  }

  private answer<Answer>(run: (runner: AnswerRunner) => Answer): Answer {
    if (!this.runner) {
      throw new Error('The predictor was disposed. Make another one with training.predictor.');
    }
    try {
      return run(this.runner);
    } catch (error) {
      requireUndisposed(this.model);
      throw error;
    }
  }

  private check(input: tf.Tensor): void {
    const [rows = 0, ...sizes] = input.shape;
    const fits =
      sizes.length === this.row.length &&
      this.row.every((size, axis) => size === null || size === sizes[axis]);
    if (!fits || rows === 0 || input.dtype !== this.dtype) {
      throw new Error(
        `The predictor got a tensor ${input.dtype}[${input.shape}]; the model "${this.model.name}" ` +
          `takes ${this.dtype}[${['rows', ...this.row.map((size) => size ?? 'any')]}].`,
      );
    }
    requireFinite(input.dataSync());
  }

  /** The shape of one row; undefined if the model takes rows of any size. */
  private knownRow(): number[] | undefined {
    return this.row.includes(null) ? undefined : (this.row as number[]);
  }

  private typed(values: ArrayLike<number>): Float32Array | Int32Array {
    if (this.dtype === 'int32') {
      return values instanceof Int32Array ? values : Int32Array.from(values);
    }
    return values instanceof Float32Array ? values : Float32Array.from(values);
  }

  private dispose(): void {
    this.runner?.dispose();
    this.runner = null;
  }
}

function requireFinite(values: tf.TypedArray): void {
  if (!areFinite(values)) {
    const index = values.findIndex((value) => !Number.isFinite(value));
    throw new Error(
      `The predictor got ${values[index]} at index ${index}: every value must be a finite number.`,
    );
  }
}
