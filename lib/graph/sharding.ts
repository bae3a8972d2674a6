/**
 * How operations are sharded by the rows of the batch, of which a value may have several for each (the steps
 * of all sequences one after the other). Which axis is that of the rows is known from its size alone, so
 * each rule makes sure that it is not another one which is only as long.
 */

import { DT_FLOAT } from '../native/backend';
import { constantOf, type GraphNode, inputOf, shapeOf, typeOf } from '../native/graphNode';
import { attributeIs, sameShape } from './builders';

/**
 * What a shard of an operation takes for an input: its rows of the batch; of a sequence of steps,
 * the first axis, the rows in each; everything; or, where the input is the shape of the output, that of
 * the shard.
 */
export type Role = 'rows' | 'rowsOfSteps' | 'whole' | 'shape';

/** How an operation is sharded by the rows of the batch. */
export interface Sharding {
  roles: Role[];
  /** The results of the shards are rows of the output, or of each of its steps, or are to be added. */
  result: 'rows' | 'rowsOfSteps' | 'sum';
  /** Whether so much follows that an input is cut for it which is not in pieces. */
  isBeginning?: boolean;
}

/** The axis of the rows: tfjs may put axes of size 1 before it. */
export function rowAxis(shape: number[], role: Role | Sharding['result'] = 'rows'): number {
  return role === 'rowsOfSteps' ? 1 : shape.findIndex((size) => size !== 1);
}

/** Of images, whose rows come first: neither the lines of a single image are rows, nor channels. */
function ofImages(result: Sharding['result']) {
  return (...roles: Role[]) =>
    (node: GraphNode): Sharding | null => {
      const areFirst = roles.every(
        (role, index) => role !== 'rows' || rowAxis(shapeOf(inputOf(node, index))) === 0,
      );
      return areFirst ? { roles, result } : null;
    };
}
export const rows = ofImages('rows');
export const sum = ofImages('sum');

/** Values keep their order, and with it their rows. */
export const reshaping = (): Sharding => ({ roles: ['rows', 'shape'], result: 'rows' });

/** An input that is the same for all rows stays whole. */
export function elementByElement(node: GraphNode): Sharding | null {
  const output = shapeOf({ node, index: 0 });
  const axis = rowAxis(output);
  const roles: Role[] = [];
  for (const shape of node.inputs.map(shapeOf)) {
    const missing = output.length - shape.length;
    if (axis < missing || shape[axis - missing] === 1) {
      roles.push('whole');
    } else if (missing === 0 && rowAxis(shape) === axis) {
      roles.push('rows');
    } else {
      return null;
    }
  }
  return { roles, result: 'rows' };
}

/** What depends on the values along the last axis, which is not that of the rows. */
export function alongLastAxis(result: Sharding['result'], ...roles: Role[]) {
  return (node: GraphNode): Sharding | null => {
    const shape = shapeOf(inputOf(node, 0));
    return rowAxis(shape) < shape.length - 1 ? { roles, result } : null;
  };
}

/** The axes of the first input that another one names, counted from 0; null if they are computed. */
export function axesOf(node: GraphNode, index: number): number[] | null {
  const { length } = shapeOf(inputOf(node, 0));
  return constantOf(inputOf(node, index))?.map((axis) => (axis + length) % length) ?? null;
}

/** A reduction along other axes than that of the rows. */
export function alongOtherAxes(node: GraphNode): Sharding | null {
  const axes = axesOf(node, 1);
  return axes && !axes.includes(rowAxis(shapeOf(inputOf(node, 0))))
    ? { roles: ['rows', 'whole'], result: 'rows' }
    : null;
}

/** What moves values along other axes, given that there are as many rows before as after. */
export function placesOfRows(...roles: Role[]) {
  return (node: GraphNode): Sharding | null =>
    rowAxis(shapeOf(inputOf(node, 0))) === rowAxis(shapeOf({ node, index: 0 }))
      ? { roles, result: 'rows' }
      : null;
}

export function transposition(node: GraphNode): Sharding | null {
  const axis = rowAxis(shapeOf(inputOf(node, 0)));
  return constantOf(inputOf(node, 1))?.[axis] === axis ? placesOfRows('rows', 'whole')(node) : null;
}

/** All inputs but the last, the axis, are joined. */
export function concatenation(node: GraphNode): Sharding | null {
  const axis = rowAxis(shapeOf({ node, index: 0 }));
  const roles: Role[] = node.inputs.map((_, index) =>
    index < node.inputs.length - 1 ? 'rows' : 'whole',
  );
  const areAlike = node.inputs.every(
    (input, index) => roles[index] === 'whole' || rowAxis(shapeOf(input)) === axis,
  );
  return areAlike ? { roles, result: 'rows' } : null;
}

/** Cut into parts along another axis than that of the rows. */
export function parts(node: GraphNode): Sharding | null {
  const axis = rowAxis(shapeOf(inputOf(node, 0)));
  const isOther = axesOf(node, 2)?.[0] !== axis;
  return isOther ? { roles: ['rows', 'whole', 'whole'], result: 'rows' } : null;
}

/** Sequences cut into their steps. */
export function steps(node: GraphNode): Sharding | null {
  const role = isAlongFirstAxis(node) ? 'rowsOfSteps' : 'rows';
  return rowAxis(shapeOf({ node, index: 0 })) === 0
    ? { roles: [role], result: 'rows', isBeginning: true }
    : null;
}

/** Sequences made of their steps. */
export function sequences(node: GraphNode): Sharding | null {
  const areRowsFirst = node.inputs.every((input) => rowAxis(shapeOf(input)) === 0);
  const result = isAlongFirstAxis(node) ? 'rowsOfSteps' : 'rows';
  return areRowsFirst ? { roles: node.inputs.map(() => 'rows'), result } : null;
}

/** Whether the axis of the steps is the first one, which may be counted from the end. */
export function isAlongFirstAxis(node: GraphNode): boolean {
  const { length } = shapeOf(node.op === 'Pack' ? { node, index: 0 } : inputOf(node, 0));
  return attributeIs(node, 'axis', 0, -length);
}

export function elementsOfOneShape(node: GraphNode): Sharding | null {
  const shape = shapeOf({ node, index: 0 });
  const isSo = node.inputs.every((input) => sameShape(shapeOf(input), shape));
  return isSo ? { roles: node.inputs.map(() => 'rows'), result: 'rows' } : null;
}

export function matrixProduct(node: GraphNode): Sharding | null {
  const [left, right] = [shapeOf(inputOf(node, 0)), shapeOf(inputOf(node, 1))];
  if (rowAxis(left) !== 0) {
    return null;
  }
  if (attributeIs(node, 'transpose_a', false)) {
    return { roles: ['rows', 'whole'], result: 'rows' };
  }
  const isSum = attributeIs(node, 'transpose_b', false) && rowAxis(right) === 0;
  return isSum ? { roles: ['rows', 'rows'], result: 'sum' } : null;
}

export function sumOverRows(node: GraphNode): Sharding | null {
  const { dtype, shape } = typeOf(inputOf(node, 0));
  const isSum =
    axesOf(node, 1)?.includes(rowAxis(shape)) &&
    attributeIs(node, 'keep_dims', false) &&
    dtype === DT_FLOAT;
  return isSum ? { roles: ['rows', 'whole'], result: 'sum' } : null;
}

/** The rows with the given numbers. */
export function rowsPicked(node: GraphNode): Sharding | null {
  const isOfRows = constantOf(inputOf(node, 2))?.[0] === 0 && attributeIs(node, 'batch_dims', 0);
  return isOfRows ? { roles: ['whole', 'rows', 'whole'], result: 'rows' } : null;
}
