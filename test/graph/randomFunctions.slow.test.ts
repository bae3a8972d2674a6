/**
 * Functions put together at random, compiled and op by op. Many of their sizes are equal to the batch's,
 * so that a pass that takes one axis for another is found.
 */
import { it } from 'node:test';
import seedrandom from 'seedrandom';
import { graph } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose, normal } from './graphs';

type Step = (x: tf.Tensor) => tf.Tensor;

const FUNCTIONS = 2000;
const MOST_NUMBERS = 100_000;

/** A random function of a batch, and the variables that it uses. */
class RandomFunction {
  readonly shape: number[];
  readonly variables: tf.Variable[] = [];
  readonly names: string[] = [];
  private readonly random: () => number;
  private readonly steps: Step[] = [];

  constructor(seed: number) {
    this.random = seedrandom(String(seed));
    const rows = this.pick([16, 17, 32]);
    const others = Array.from({ length: this.below(3) + 1 }, () => this.pick([1, 2, 3, 4, rows]));
    this.shape = [rows, ...others];
    this.extend();
  }

  readonly run: Step = (x) => this.steps.reduce((value, step) => step(value), x);

  private extend(): void {
    let shape = this.shape;
    for (let count = this.below(6) + 3; count > 0; count--) {
      const name = this.pick(Object.keys(this.kinds) as (keyof typeof this.kinds)[]);
      const step = this.kinds[name](shape, this.below(shape.length));
      const result = step && tf.tidy(() => step(tf.zeros(shape)).shape);
      if (step && result && result.length > 0 && tf.util.sizeFromShape(result) < MOST_NUMBERS) {
        this.steps.push(step);
        this.names.push(`${name} [${result}]`);
        shape = result;
      }
    }
  }

  /** What can be done with a value of some shape, along one of its axes; undefined if it cannot be. */
  private readonly kinds = {
    relu: (): Step => tf.relu,
    tanh: (): Step => tf.tanh,
    // Of one class it is 1 in all rows: which of these is the largest, rounding would decide.
    softmax: (shape: number[]): Step | undefined =>
      (shape.at(-1) as number) > 1 ? tf.softmax : undefined,
    sum: (_: number[], axis: number): Step => this.reduction(tf.sum, axis),
    mean: (_: number[], axis: number): Step => this.reduction(tf.mean, axis),
    max: (_: number[], axis: number): Step => this.reduction(tf.max, axis),
    transpose: ({ length }: number[], axis: number): Step => {
      const order = Array.from({ length }, (_, index) => (index + axis) % length);
      return (x) => tf.transpose(x, order);
    },
    expand: ({ length }: number[], axis: number): Step | undefined => {
      // Before the rows most of all: their axis is another one then.
      const place = this.pick([0, axis]);
      return length < 4 ? (x) => tf.expandDims(x, place) : undefined;
    },
    squeeze: (): Step => (x) => tf.squeeze(x),
    merge: (shape: number[], axis: number): Step => {
      const [first = 1, second = 1] = shape.slice(axis, axis + 2);
      const merged = [...shape.slice(0, axis), first * second, ...shape.slice(axis + 2)];
      return (x) => tf.reshape(x, merged);
    },
    slice: (shape: number[], axis: number): Step => {
      const begin = this.below(shape[axis] as number);
      const begins = shape.map((_, index) => (index === axis ? begin : 0));
      const sizes = shape.map((size, index) =>
        index === axis ? this.below(size - begin) + 1 : size,
      );
      return (x) => tf.slice(x, begins, sizes);
    },
    concat:
      (_: number[], axis: number): Step =>
      (x) =>
        tf.concat([x, tf.neg(x)], axis),
    tile: (shape: number[], axis: number): Step => {
      const times = shape.map((_, index) => (index === axis ? 2 : 1));
      return (x) => tf.tile(x, times);
    },
    pad: (shape: number[], axis: number): Step => {
      const widths = shape.map((_, index): [number, number] => (index === axis ? [1, 1] : [0, 0]));
      return (x) => tf.pad(x, widths);
    },
    bias: (shape: number[]): Step => {
      const bias = this.variable([shape.at(-1) as number]);
      return (x) => tf.add(x, bias);
    },
    scale: (shape: number[]): Step => {
      const scale = this.variable(shape.map((size) => (this.random() < 0.5 ? 1 : size)));
      return (x) => tf.mul(x, scale);
    },
    matMul: ([rows, columns, ...others]: number[]): Step | undefined => {
      if (columns === undefined || others.length > 0) {
        return undefined;
      }
      const matrix = this.variable([columns, this.pick([3, rows as number])]);
      return (x) => tf.matMul(x, matrix);
    },
    products: ({ length }: number[]): Step | undefined =>
      length === 2 ? (x) => tf.matMul(x, x, false, true) : undefined,
    conv2d: ({ length, 3: channels }: number[]): Step | undefined => {
      if (length !== 4) {
        return undefined;
      }
      const filter = this.variable([
        3,
        3,
        channels as number,
        this.pick([2, 3]),
      ]) as tf.Variable<tf.Rank.R4>;
      return (x) => tf.conv2d(x as tf.Tensor4D, filter, 1, 'same');
    },
    reverse:
      (_: number[], axis: number): Step =>
      (x) =>
        tf.reverse(x, axis),
    gates: (shape: number[], axis: number): Step | undefined => {
      const count = shape[axis] as number;
      const gate = this.pick([
        tf.sigmoid,
        (x: tf.Tensor) => tf.clipByValue(tf.mul(x, 0.2), 0, 0.5),
      ]);
      return count % 4 === 0
        ? (x) => {
            const [a, b, c, d] = tf.split(x, 4, axis) as [
              tf.Tensor,
              tf.Tensor,
              tf.Tensor,
              tf.Tensor,
            ];
            return tf.concat(
              [tf.mul(gate(a), gate(b)), tf.mul(gate(b), gate(c)), tf.tanh(c), gate(d)],
              axis,
            );
          }
        : undefined;
    },
    forEachStep: (shape: number[], axis: number): Step => {
      const others = shape.filter((_, index) => index !== axis);
      const activation = others.at(-1) === 1 ? tf.relu : this.pick([tf.relu, tf.softmax]);
      const bias = this.variable([others.at(-1) ?? 1]);
      const place = this.pick([0, axis]);
      return (x) => {
        const steps = tf.unstack(x, axis).map((step) => activation(tf.add(step, bias)));
        return tf.stack(steps, place);
      };
    },
    recurrent: (shape: number[], axis: number): Step | undefined => {
      const [rows, features] = shape.filter((_, index) => index !== axis);
      if (shape.length !== 3) {
        return undefined;
      }
      const kernel = this.variable([features as number, 3]);
      const recurrentKernel = this.variable([3, 3]);
      const returnsSequences = this.random() < 0.5;
      return (x) => {
        const states = [tf.zeros([rows as number, 3])];
        for (const step of tf.unstack(x, axis)) {
          const sum = tf.add(
            tf.matMul(step, kernel),
            tf.matMul(states.at(-1) as tf.Tensor, recurrentKernel),
          );
          states.push(tf.tanh(sum));
        }
        return returnsSequences ? tf.stack(states.slice(1), 1) : (states.at(-1) as tf.Tensor);
      };
    },
    maxPool: (shape: number[]): Step | undefined => this.pooling(shape, tf.maxPool),
    avgPool: (shape: number[]): Step | undefined => this.pooling(shape, tf.avgPool),
  };

  private reduction(
    reduce: (x: tf.Tensor, axis: number, keepDims: boolean) => tf.Tensor,
    axis: number,
  ): Step {
    const keepsAxis = this.random() < 0.5;
    return (x) => reduce(x, axis, keepsAxis);
  }

  private pooling(shape: number[], pool: typeof tf.maxPool): Step | undefined {
    const strides = this.pick([1, 2]);
    return shape.length === 4 ? (x) => pool(x as tf.Tensor4D, 2, strides, 'same') : undefined;
  }

  private variable(shape: number[]): tf.Variable {
    const variable = tf.variable(normal(shape, this.variables.length + 1));
    this.variables.push(variable);
    return variable;
  }

  private below(count: number): number {
    return Math.floor(this.random() * count);
  }

  private pick<Value>(values: readonly Value[]): Value {
    return values[this.below(values.length)] as Value;
  }
}

/** Fails unless a function and, if asked for, its gradients are the same compiled. */
function assertCompiles(made: RandomFunction, seed: number, hasGradients: boolean): void {
  const factor = tf.variable(tf.scalar(1));
  const body = (x: tf.Tensor): tf.Tensor[] => {
    if (!hasGradients) {
      return [made.run(x)];
    }
    const loss = () => tf.sum<tf.Scalar>(tf.square(made.run(tf.mul(x, factor))));
    const { value, grads } = tf.variableGrads(loss, [factor, ...made.variables]);
    return [value, ...Object.values(grads)];
  };
  const x = normal(made.shape, seed + 1);
  const compiled = graph.compile(body);
  const [actual, expected] = [compiled(x), tf.tidy(() => body(x))];
  const what = `seed ${seed}, ${made.shape}: ${made.names.join(', ')}:`;
  assertClose(actual, expected, 0.005, what);
  compiled.dispose();
  tf.dispose([x, factor, actual, expected, made.variables]);
}

it('a function put together at random is the same compiled, and so are its gradients', () => {
  for (let seed = 0; seed < FUNCTIONS; seed++) {
    assertCompiles(new RandomFunction(seed), seed, seed % 2 === 0);
  }
});
