/** For passes that split values: the pieces, and how they are put together again. */
import type { GraphNode, GraphValue } from '../../native/graphNode';
import { concatenate, cut } from '../builders';
import { markOrigin, Rewriting } from '../transform';

interface Split {
  axis: number;
  values: GraphValue[];
}

/** A rewriting in which values may be in pieces, which are put together where one is needed whole. */
export class Pieces extends Rewriting {
  private readonly splits = new Map<GraphNode, Split>();
  private readonly cuts = new Map<GraphNode, Map<string, GraphValue[]>>();

  /** Says that a node's first output is in pieces along an axis. */
  setPieces(node: GraphNode, axis: number, values: GraphValue[]): void {
    this.splits.set(node, { axis, values });
    if (!this.has(node)) {
      this.set(node, () => concatenate(values, axis));
    }
  }

  /** The pieces that a value is in; undefined if it is whole. */
  piecesOf({ node, index }: GraphValue): GraphValue[] | undefined {
    const values = this.splits.get(node)?.values;
    if (index === 0) {
      return values;
    }
    // The further outputs are in pieces where the node itself is.
    const isNode = values?.every((piece) => piece.node.op === node.op);
    return isNode ? values?.map((piece) => ({ node: piece.node, index })) : undefined;
  }

  /** A value in pieces of these sizes along an axis, cut from the whole if it is not in such pieces. */
  cut(value: GraphValue, axis: number, sizes: number[]): GraphValue[] {
    const { node, index } = value;
    const present = this.splits.get(node)?.axis === axis ? this.piecesOf(value) : undefined;
    if (present?.length === sizes.length) {
      return present;
    }
    const known = this.cuts.get(node) ?? new Map<string, GraphValue[]>();
    this.cuts.set(node, known);
    const key = `${index}/${axis}/${sizes.length}`;
    let pieces = known.get(key);
    if (pieces === undefined) {
      pieces = cut(this.whole(value), axis, sizes);
      markOrigin(pieces, node);
      known.set(key, pieces);
    }
    return pieces;
  }
}

/** The processor core that a piece is meant for. */
export function onCore(value: GraphValue, core: number): GraphValue {
  value.node.core = core;
  return value;
}
