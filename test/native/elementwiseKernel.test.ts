/** The kernel's operations are those of TensorFlow, one by one and together. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { callOperation, type } from '../../lib/native/attributes';
import { DT_FLOAT } from '../../lib/native/backend';
import {
  elementwiseAttributes,
  elementwiseNumber,
  FUSED_ELEMENTWISE,
  hasElementwiseKernel,
  type Operand,
} from '../../lib/native/elementwiseKernel';
import * as tf from '../../lib/tensorflow';

const UNARY = ['Neg', 'Abs', 'Square', 'Sqrt', 'Rsqrt', 'Relu', 'Sigmoid', 'Tanh'];
const BINARY = ['Add', 'Sub', 'Mul', 'RealDiv', 'Maximum', 'Minimum', 'SquaredDifference'];
const GRADIENTS = ['ReluGrad', 'SigmoidGrad', 'TanhGrad'];

/** What a float32 result may be off, relative to its size, in the functions that are approximated. */
const TOLERANCES: Record<string, number> = {
  Rsqrt: 3e-7,
  Sigmoid: 4e-7,
  Tanh: 4e-7,
  TanhGrad: 4e-7,
};

const skip = !hasElementwiseKernel() && 'the addon lacks it';

/** Calls the kernel for one operation on rows, some of whose operands may be a single row or number. */
function fused(op: string, operands: tf.Tensor[], shape: [number, number]): tf.Tensor {
  const [rows, width] = shape;
  const places: Operand[] = operands.map((operand, value) => ({
    value,
    column: 0,
    isOne: operand.shape.at(-1) === 1,
  }));
  const work = {
    inputs: operands.length,
    outputs: [shape],
    rows,
    repeats: 1,
    widths: [
      ...operands.map(({ shape: [own = 1, columns = 1] }) => (own === rows ? columns : -columns)),
      width,
    ],
    instructions: [
      {
        operation: elementwiseNumber(op) as number,
        width,
        result: { value: operands.length, column: 0 },
        operands: places,
      },
    ],
  };
  return callOperation(FUSED_ELEMENTWISE, elementwiseAttributes(work), operands);
}

function assertEqual(op: string, actual: tf.Tensor, expected: tf.Tensor): void {
  const tolerance = TOLERANCES[op] ?? 0;
  const others = expected.dataSync();
  for (const [index, value] of actual.dataSync().entries()) {
    const other = others[index] as number;
    const isSame = Object.is(value, other) || value === other;
    assert.ok(
      isSame || Math.abs(value - other) <= tolerance * Math.max(1e-3, Math.abs(other)),
      `${op}: ${value} for ${other} at ${index}`,
    );
  }
}

describe('the elementwise kernel', { skip }, () => {
  const special = [0, -0, 1, -1, 1e-30, -1e-30, 0.3, -0.7, 7.89, -7.91, 12, -12, 60, -60];
  const values = [...special, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

  for (const op of UNARY) {
    it(`computes ${op}`, () =>
      tf.tidy(() => {
        const ofRange = tf.linspace(-20, 20, 1000).arraySync();
        const x = tf.tensor2d([...values, ...ofRange], [9, (values.length + 1000) / 9]);
        const expected = callOperation(op, { T: type(DT_FLOAT) }, [x]);
        assertEqual(op, fused(op, [x], x.shape), expected);
      }));
  }

  for (const op of [...BINARY, ...GRADIENTS]) {
    it(`computes ${op}, of rows, of one row and of single numbers`, () =>
      tf.tidy(() => {
        const count = values.length;
        const whole = tf.tile(tf.tensor2d(values, [count, 1]), [1, count]);
        const row = tf.tensor2d(values, [1, count]);
        const others = GRADIENTS.includes(op)
          ? [tf.tile(row, [count, 1])]
          : [tf.tile(row, [count, 1]), row, tf.tensor2d(values, [count, 1]), tf.tensor2d([[0.3]])];
        for (const other of others) {
          for (const operands of [
            [whole, other],
            [other, whole],
          ]) {
            const expected = callOperation(op, { T: type(DT_FLOAT) }, operands);
            assertEqual(op, fused(op, operands, [count, count]), expected);
          }
        }
      }));
  }

  it('adds up what it has computed of each row, however many it takes together', () => {
    const place = (value: number) => ({ value, column: 0 });
    const sumOfSquares = (x: tf.Tensor2D, repeats: number) => {
      const [rows, columns] = x.shape;
      const width = columns * repeats;
      const [square, add] = ['Square', 'Add'].map(elementwiseNumber) as [number, number];
      const work = {
        ...{ inputs: 1, outputs: [[columns]], rows: rows / repeats, repeats },
        widths: [width, -columns, width],
        instructions: [
          { operation: square, width, result: place(2), operands: [place(0)] },
          { operation: add, width, result: place(1), operands: [place(1), place(2)] },
        ],
      };
      return callOperation(FUSED_ELEMENTWISE, elementwiseAttributes(work), [x]);
    };
    for (const [rows, columns, repeats] of [
      [12, 5, 1],
      [12, 5, 4],
      [60, 1, 30],
      [2, 700, 1],
      [1200, 5, 2],
    ] as const) {
      tf.tidy(() => {
        const numbers = tf.mod(tf.range(0, rows * columns), 17);
        const x = tf.reshape(numbers, [rows, columns]) as tf.Tensor2D;
        assertEqual('Sum', sumOfSquares(x, repeats), tf.sum(tf.square(x), 0));
      });
    }
  });

  it('refuses inputs of another size', () => {
    tf.tidy(() => {
      assert.throws(() => fused('Neg', [tf.ones([2, 3])], [4, 3]), /input of another size/);
    });
  });
});
