/** What passes that split values keep of them: the pieces, and what puts these together. */

import type { GraphNode, GraphValue } from '../../native/graphNode';
import { concatenate, cut } from '../builders';
import { markOrigin, withInputs } from '../transform';

interface Split {
  axis: number;
  values: GraphValue[];
}

/** The values of a graph (the old one) in the graph that a pass makes (the new one). */
export class Pieces {
  private readonly wholes = new Map<GraphNode, GraphValue>();
  private readonly splits = new Map<GraphNode, Split>();
  private readonly cuts = new Map<GraphNode, Map<string, GraphValue[]>>();

  /** Says what a node's first output, or the node itself, has become. */
  setWhole(node: GraphNode, value: GraphValue): void {
    this.wholes.set(node, value);
  }

  /** Says that a node's first output is in pieces along an axis. */
  setPieces(node: GraphNode, axis: number, values: GraphValue[]): void {
    this.splits.set(node, { axis, values });
  }

  /** Takes a node over as it was, with whole inputs. */
  keep(node: GraphNode): void {
    const inputs = node.inputs.map((input) => this.whole(input));
    const nodeOf = (other: GraphNode) => this.whole({ node: other, index: 0 }).node;
    this.setWhole(node, { node: withInputs(node, inputs, nodeOf), index: 0 });
  }

  /** The pieces that a value is in; undefined if it is whole. */
  piecesOf({ node, index }: GraphValue): GraphValue[] | undefined {
    return index === 0 ? this.splits.get(node)?.values : undefined;
  }

  /** A value as a whole. */
  whole({ node, index }: GraphValue): GraphValue {
    let found = this.wholes.get(node);
    if (found === undefined) {
      const split = this.splits.get(node);
      found = split ? concatenate(split.values, split.axis) : { node, index: 0 };
      markOrigin([found], node);
      this.wholes.set(node, found);
    }
    return index === 0 ? found : { node: found.node, index };
  }

  /** What puts a node's first output together; undefined if nothing has asked for that. */
  joinOf(node: GraphNode): GraphNode | undefined {
    return this.wholes.get(node)?.node;
  }

  /** A value in pieces of these sizes along an axis, cut from the whole if it is not in such pieces. */
  cut(value: GraphValue, axis: number, sizes: number[]): GraphValue[] {
    const { node, index } = value;
    const split = index === 0 ? this.splits.get(node) : undefined;
    if (split?.axis === axis && split.values.length === sizes.length) {
      return split.values;
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
