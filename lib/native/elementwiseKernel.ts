/**
 * The project's own kernel, `kernels/fused_elementwise.cc`, which computes several operations on single
 * numbers at once. The set-up compiles it into tfjs-node's addon.
 */

import * as tf from '../tensorflow';
import { type AttributeValue, callOperation, int } from './attributes';
import { lazily } from './fusedKernels';
import { type GraphNode, numbersOf } from './graphNode';

/** TensorFlow's name of it. */
export const FUSED_ELEMENTWISE = 'FusedElementwise';

/** The operations that it knows, by their numbers there. */
const OPERATIONS = [
  'Copy',
  'Neg',
  'Abs',
  'Square',
  'Sqrt',
  'Rsqrt',
  'Relu',
  'Sigmoid',
  'Tanh',
  'Add',
  'Sub',
  'Mul',
  'RealDiv',
  'Maximum',
  'Minimum',
  'SquaredDifference',
  'ReluGrad',
  'SigmoidGrad',
  'TanhGrad',
] as const;

const numbers = new Map<string, number>(OPERATIONS.map((op, number) => [op, number]));
const ALIASES: Record<string, (typeof OPERATIONS)[number]> = { AddV2: 'Add', BiasAdd: 'Add' };

/** Its number of an operation of TensorFlow's; undefined if it does not know that. */
export function elementwiseNumber(op: string): number | undefined {
  return numbers.get(ALIASES[op] ?? op);
}

/**
 * A place in the row of a value.
 *
 * @typeParam Value how the value is named; the kernel knows numbers: first come the inputs, then the
 *   outputs, then those between.
 */
export interface Operand<Value = number> {
  value: Value;
  column: number;
  /** Whether the number there counts for all columns. */
  isOne?: boolean;
}

/** What is done with each row. */
export interface Instruction<Value = number> {
  operation: number;
  /** How many columns. */
  width: number;
  result: Operand<Value>;
  /** One or two. */
  operands: Operand<Value>[];
}

const INSTRUCTION_SIZE = 11;

/** What it does in a node. */
export interface ElementwiseWork {
  inputs: number;
  /** The shapes of the outputs. */
  outputs: number[][];
  rows: number;
  /** How often the columns of a single row are repeated, where it counts for all and has several, or is a sum. */
  repeats: number;
  /**
   * The columns of each value; negative where it has a single row, which as an input counts for all, and as
   * an output is the sum of what an `Add` of it and another value adds to it.
   */
  widths: number[];
  instructions: Instruction[];
}

/** Its attributes. */
export function elementwiseAttributes(work: ElementwiseWork): Record<string, AttributeValue> {
  const { inputs, outputs, rows, repeats, widths, instructions } = work;
  const ofOperand = ({ value, column, isOne = false }: Operand) => [value, column, Number(isOne)];
  return {
    N: int(inputs),
    M: int(outputs.length),
    rows: int(rows),
    repeats: int(repeats),
    widths: int(widths),
    shapes: int(outputs.flatMap((shape) => [shape.length, ...shape])),
    instructions: int(
      instructions.flatMap(({ operation, width, result, operands: [first, second = first] }) => [
        operation,
        width,
        ...[result, first as Operand, second as Operand].flatMap(ofOperand),
      ]),
    ),
  };
}

/** The operations that it does in a node, in their order; what is added to itself is a sum over rows. */
export function fusedOperations(node: GraphNode): string[] {
  const numbers = numbersOf(node, 'instructions');
  const names: string[] = [];
  for (let place = 0; place < numbers.length; place += INSTRUCTION_SIZE) {
    const [operation = 0, , result, , , first] = numbers.slice(place, place + INSTRUCTION_SIZE);
    names.push(result === first ? 'Sum' : (OPERATIONS[operation] ?? '?'));
  }
  return names;
}

/** Whether the addon has it; the one that comes with tfjs-node has not. */
export const hasElementwiseKernel = lazily(() =>
  tf.tidy(() => {
    const [number, copy] = [0, 1].map((value) => ({ value, column: 0 })) as [Operand, Operand];
    const work = {
      inputs: 1,
      outputs: [[]],
      rows: 1,
      repeats: 1,
      widths: [1, 1],
      instructions: [{ operation: 0, width: 1, result: copy, operands: [number] }],
    };
    try {
      callOperation(FUSED_ELEMENTWISE, elementwiseAttributes(work), [tf.scalar(1)]);
      return true;
    } catch {
      return false;
    }
  }),
);
