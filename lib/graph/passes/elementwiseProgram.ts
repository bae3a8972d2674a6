/** What the elementwise kernel does for a group of nodes: which values it holds, and its instructions. */

import { DT_FLOAT } from '../../native/backend';
import {
  elementwiseAttributes,
  elementwiseNumber,
  type Instruction,
  type Operand,
} from '../../native/elementwiseKernel';
import {
  type GraphNode,
  type GraphValue,
  inputOf,
  shapeOf,
  type TensorType,
  typeOf,
} from '../../native/graphNode';
import * as tf from '../../tensorflow';
import { isSumOfRows, sameShape } from '../builders';

/** So many columns of the values between stay in the nearest cache. */
const MOST_COLUMNS = 512;

export function rowsOf(shape: number[]): number {
  return tf.util.sizeFromShape(shape.slice(0, -1));
}

/** What a node goes through row by row: its result, or what it adds up. */
export function goneThrough(node: GraphNode): TensorType | undefined {
  return isSumOfRows(node) ? typeOf(inputOf(node, 0)) : node.outputs[0];
}

function widthOf(shape: number[]): number {
  return shape.at(-1) ?? 1;
}

/** How a value is spread over a result: whether it has its rows, and its columns or one for all. */
export interface Columns {
  hasRows: boolean;
  isOne: boolean;
}

/** Null if it is spread in another way. */
export function columnsOf(value: GraphValue, shape: number[]): Columns | null {
  const { shape: own, dtype } = typeOf(value);
  if (dtype !== DT_FLOAT) {
    return null;
  }
  const isOne = widthOf(own) === 1;
  if (!isOne && widthOf(own) !== widthOf(shape)) {
    return null;
  }
  if (sameShape(own.slice(0, -1), shape.slice(0, -1)) && own.length === shape.length) {
    return { hasRows: true, isOne: isOne && widthOf(shape) !== 1 };
  }
  return rowsOf(own) === 1 && own.length <= shape.length ? { hasRows: false, isOne } : null;
}

/** A value that the kernel holds, of some columns; without rows, one counts for all of them or is their sum. */
interface Held {
  width: number;
  hasRows: boolean;
}

type Place = Operand<Held>;

/** What the kernel does for a group of nodes. */
export class ElementwiseProgram {
  readonly inputs: GraphValue[] = [];
  readonly outputs: GraphValue[] = [];
  private readonly heldInputs: Held[] = [];
  private readonly heldOutputs: Held[] = [];
  private readonly heldBetween: Held[] = [];
  private readonly instructions: Instruction<Held>[] = [];
  private readonly places = new Map<GraphNode, Place[]>();
  private readonly members: ReadonlySet<GraphNode>;
  private rows: number;
  private repeats = 1;

  constructor(
    group: GraphNode[],
    private readonly outside: ReadonlyMap<GraphNode, ReadonlySet<number>>,
  ) {
    this.members = new Set(group);
    const [first] = group as [GraphNode];
    this.rows = rowsOf(goneThrough(first)?.shape ?? []);
    for (const node of group) {
      if (node.op === 'SplitV') {
        this.split(node);
      } else if (node.op === 'ConcatV2') {
        this.concatenate(node);
      } else if (isSumOfRows(node)) {
        this.addUp(node);
      } else {
        this.compute(node);
      }
    }
    this.foldRows();
  }

  attributes() {
    const held = [...this.heldInputs, ...this.heldOutputs, ...this.heldBetween];
    const numbers = new Map(held.map((value, number) => [value, number]));
    const numbered = ({ value, ...place }: Place) => ({
      ...place,
      value: numbers.get(value) as number,
    });
    return elementwiseAttributes({
      inputs: this.inputs.length,
      outputs: this.outputs.map(shapeOf),
      rows: this.rows,
      repeats: this.repeats,
      widths: held.map(({ width, hasRows }) => (hasRows ? width : -width)),
      instructions: this.instructions.map(({ result, operands, ...others }) => ({
        ...others,
        result: numbered(result),
        operands: operands.map(numbered),
      })),
    });
  }

  private compute(node: GraphNode): void {
    const shape = shapeOf({ node, index: 0 });
    const result = this.placeFor(node);
    this.instructions.push({
      operation: elementwiseNumber(node.op) as number,
      width: widthOf(shape),
      result,
      operands: node.inputs.map((input) => {
        const { isOne } = columnsOf(input, shape) as Columns;
        return { ...this.placeOf(input), isOne };
      }),
    });
  }

  private addUp(node: GraphNode): void {
    const values = this.placeOf(inputOf(node, 0));
    const result = this.output({ node, index: 0 }, false);
    this.places.set(node, [result]);
    this.instructions.push({
      operation: elementwiseNumber('Add') as number,
      width: result.value.width,
      result,
      operands: [result, values],
    });
  }

  private split(node: GraphNode): void {
    const { value, column } = this.placeOf(inputOf(node, 0));
    let start = column;
    const parts = node.outputs.map(({ shape }, index) => {
      const part = { value, column: start };
      start += widthOf(shape);
      if (this.outside.get(node)?.has(index)) {
        this.copy(part, this.output({ node, index }), widthOf(shape));
      }
      return part;
    });
    this.places.set(node, parts);
  }

  private concatenate(node: GraphNode): void {
    const { value } = this.placeFor(node);
    let column = 0;
    for (const input of node.inputs.slice(0, -1)) {
      const width = widthOf(shapeOf(input));
      this.copy(this.placeOf(input), { value, column }, width);
      column += width;
    }
  }

  private copy(from: Place, result: Place, width: number): void {
    const operation = elementwiseNumber('Copy') as number;
    this.instructions.push({ operation, width, result, operands: [from] });
  }

  /** Where the first output of a node is to be put. */
  private placeFor(node: GraphNode): Place {
    const place = this.outside.get(node)?.has(0)
      ? this.output({ node, index: 0 })
      : { value: hold(this.heldBetween, shapeOf({ node, index: 0 }), true), column: 0 };
    this.places.set(node, [place]);
    return place;
  }

  private output(value: GraphValue, hasRows = true): Place {
    this.outputs.push(value);
    return { value: hold(this.heldOutputs, shapeOf(value), hasRows), column: 0 };
  }

  private placeOf(value: GraphValue): Place {
    const { node, index } = value;
    if (this.members.has(node)) {
      return this.places.get(node)?.[index] as Place;
    }
    const places = this.places.get(node) ?? [];
    this.places.set(node, places);
    places[index] ??= this.input(value);
    return places[index];
  }

  private input(value: GraphValue): Place {
    this.inputs.push(value);
    const shape = shapeOf(value);
    return { value: hold(this.heldInputs, shape, rowsOf(shape) === this.rows), column: 0 };
  }

  /** Rows that are all of one width are taken for others, of few rows that are long. */
  private foldRows(): void {
    const held = [...this.heldInputs, ...this.heldOutputs, ...this.heldBetween];
    const ofRows = held.filter(({ hasRows }) => hasRows);
    const ofAll = held.filter(
      (one) => !one.hasRows && (one.width > 1 || this.heldOutputs.includes(one)),
    );
    const [{ width }] = ofRows as [Held];
    if ([...ofRows, ...ofAll, ...this.instructions].some((one) => one.width !== width)) {
      return;
    }
    const size = this.rows * width;
    // What counts for all rows stays whole.
    const unit = ofAll.length > 0 ? width : 1;
    const columns = unit * largestDivisor(size / unit, MOST_COLUMNS / unit);
    if (columns > 0) {
      this.rows = size / columns;
      this.repeats = ofAll.length > 0 ? columns / width : 1;
      for (const one of [...ofRows, ...this.instructions]) {
        one.width = columns;
      }
    }
  }
}

/** The largest divisor of a count up to a limit; 0 if the limit is below 1. */
function largestDivisor(count: number, limit: number): number {
  let divisor = Math.floor(Math.min(count, limit));
  while (divisor > 0 && count % divisor !== 0) {
    divisor--;
  }
  return divisor;
}

function hold(list: Held[], shape: number[], hasRows: boolean): Held {
  const held = { width: widthOf(shape), hasRows };
  list.push(held);
  return held;
}
