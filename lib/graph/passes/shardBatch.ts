/**
 * Shards a step among the processor's cores. By default TensorFlow gives every operation to all
 * cores; for those of small networks, waking the cores and waiting for them costs more than it
 * saves. Here each core goes through the layers by itself, with its share of the batch's rows, and
 * the shards of a weight's gradient are added.
 */

import {
  type Graph,
  type GraphNode,
  type GraphValue,
  integers,
  nodesOf,
  shapeOf,
} from '../../native/graphNode';
import { addAll, copyOf, withSize } from '../builders';
import { hasSmallOperations, isWorthSharding, OPERATIONS, workOf } from '../operations';
import { type Role, rowAxis, type Sharding } from '../sharding';
import { markOrigin, type Pass } from '../transform';
import { normalizeByParts } from './normalizationByParts';
import { onCore, Pieces } from './pieces';

/** Fewer rows of a batch are not worth a core. */
const LEAST_ROWS = 8;

/** If a larger part of the work than this cannot be sharded, none is. */
const MOST_UNSHARDED = 0.25;

export function shardBatch(cores: number): Pass {
  return (graph) => {
    const sizes = shardSizes(graph.rows, cores);
    const sharded = inShards(graph, sizes);
    if (sharded || hasSmallOperations(graph, cores)) {
      return { ...(sharded ?? graph), oneCoreEach: true };
    }
    return { ...graph, oneCoreEach: sizes.length > 1 ? false : null };
  };
}

/** Null if it cannot be sharded, or is not worth it. */
function inShards(graph: Graph, sizes: number[]): Graph | null {
  for (const form of new Set([normalizeByParts(graph), graph])) {
    const sharded = isWorthSharding(graph, form) ? new BatchSharder(form, sizes).run() : null;
    if (sharded) {
      return sharded;
    }
  }
  return null;
}

/** The rows of each shard of a batch. */
export function shardSizes(rows: number, cores: number): number[] {
  const count = Math.max(1, Math.min(cores, Math.floor(rows / LEAST_ROWS)));
  return Array.from({ length: count }, (_, shard) => Math.floor((rows + shard) / count));
}

class BatchSharder {
  private readonly pieces = new Pieces();
  private shardedWork = 0;
  private otherWork = 0;

  /** @param sizes the rows of each shard. */
  constructor(
    private readonly graph: Graph,
    private readonly sizes: number[],
  ) {}

  /** Null if too little can be sharded. */
  run(): Graph | null {
    for (const node of nodesOf(this.graph)) {
      const isSharded = this.cutInput(node) || this.shard(node);
      if (!isSharded || OPERATIONS[node.op]?.isMove) {
        this.pieces.keep(node);
      }
      if (isSharded || node.core !== undefined) {
        this.shardedWork += workOf(node);
      } else {
        this.otherWork += workOf(node);
      }
    }
    const isSharded = this.otherWork <= MOST_UNSHARDED * (this.otherWork + this.shardedWork);
    return isSharded ? this.pieces.finish(this.graph) : null;
  }

  /** Cuts what is fed, if it has the rows of the batch. */
  private cutInput(node: GraphNode): boolean {
    const value: GraphValue = { node, index: 0 };
    const isCut = this.graph.fed.includes(node) && this.sizes.length > 1;
    if (!isCut || this.rowsOf(value) !== this.graph.rows) {
      return false;
    }
    this.pieces.set(node, value);
    this.pieces.setPieces(node, 0, this.pieces.cut(value, 0, this.sizes));
    return true;
  }

  /** Computes a node's rows shard by shard. */
  private shard(node: GraphNode): boolean {
    const sharding = this.shardingOf(node);
    if (sharding === null) {
      return false;
    }
    const value: GraphValue = { node, index: 0 };
    const { roles, result } = sharding;
    const inputs = node.inputs.map((input, index) => this.shardsOf(input, roles[index], value));
    const axis = rowAxis(shapeOf(value), result);
    const rows = this.rowsOf(value, result);
    const shards = this.sizesOf(rows).map((size, core) => {
      const own = inputs.flatMap((values) => values[core] ?? []);
      const copy = copyOf(node, own);
      if (result !== 'sum') {
        copy.outputs = node.outputs.map(({ dtype, shape }) => ({
          dtype,
          shape: shape[axis] === rows ? withSize(shape, axis, size) : shape,
        }));
      }
      return onCore({ node: copy, index: 0 }, core);
    });
    if (result !== 'sum') {
      this.pieces.setPieces(node, axis, shards);
    } else {
      const total = addAll(shards);
      markOrigin([total], node);
      this.pieces.set(node, total);
    }
    return true;
  }

  /** How a node is sharded; null if it cannot be, or if none of its inputs is. */
  private shardingOf(node: GraphNode): Sharding | null {
    const sharding = OPERATIONS[node.op]?.sharding?.(node) ?? null;
    if (sharding === null || this.sizes.length < 2 || node.core !== undefined) {
      return null;
    }
    const { roles, result, isBeginning = false } = sharding;
    const ofRows = node.inputs
      .map((value, index) => ({ value, role: roles[index] }))
      .filter(({ role }) => isOfRows(role));
    const counts = ofRows.map(({ value, role }) => this.rowsOf(value, role));
    if (result !== 'sum') {
      counts.push(this.rowsOf({ node, index: 0 }, result));
    }
    const [count] = counts;
    const isPossible =
      counts.every((rows) => rows % this.graph.rows === 0) &&
      (node.op === 'Reshape' || counts.every((rows) => rows === count));
    const begins = isBeginning && count === this.graph.rows;
    const isInPieces = begins || ofRows.some(({ value }) => this.pieces.piecesOf(value));
    return isPossible && isInPieces ? sharding : null;
  }

  /** How many rows a value has: those of the batch, or several for each of these. */
  private rowsOf(value: GraphValue, role?: Role | Sharding['result']): number {
    const shape = shapeOf(value);
    return shape[rowAxis(shape, role)] ?? 1;
  }

  /** The rows of each shard of a value that has so many. */
  private sizesOf(rows: number): number[] {
    return this.sizes.map((size) => (size * rows) / this.graph.rows);
  }

  /** What each shard takes for an input. */
  private shardsOf(input: GraphValue, role: Role | undefined, output: GraphValue): GraphValue[] {
    if (isOfRows(role)) {
      const axis = rowAxis(shapeOf(input), role);
      const shards = this.pieces.cut(input, axis, this.sizesOf(this.rowsOf(input, role)));
      if (input.index === 0) {
        this.pieces.setPieces(input.node, axis, shards);
      }
      return shards;
    }
    if (role === 'shape') {
      const shape = shapeOf(output);
      const sizes = this.sizesOf(this.rowsOf(output));
      return sizes.map((size) => integers(withSize(shape, rowAxis(shape), size)));
    }
    const whole = this.pieces.whole(input);
    return this.sizes.map(() => whole);
  }
}

function isOfRows(role: Role | undefined): boolean {
  return role === 'rows' || role === 'rowsOfSteps';
}
