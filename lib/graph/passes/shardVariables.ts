/**
 * Splits large matrices of weights into blocks of rows, one for each core, which multiplies with
 * its block and updates it. A variable that some operation needs as a whole stays whole.
 */

import {
  type Graph,
  type GraphNode,
  type GraphValue,
  inputOf,
  isHandle,
  nodesOf,
  readVariable,
  shapeOf,
  variableHandle,
  variableType,
} from '../../native/graphNode';
import { NotCompilableError } from '../../native/notCompilableError';
import { addAll, attributeIs, concatenate, copyOf, matMul, sameShape } from '../builders';
import { grouped, markOrigin, type Pass } from '../transform';
import { LEAST_STEPS } from './joinSteps';
import { onCore, Pieces } from './pieces';

/** A matrix of at least this many numbers is worth splitting. */
const LARGE_MATRIX = 65_536;

export function shardVariables(cores: number): Pass {
  return (graph) => {
    const ofSteps = usedAtEachStep(graph);
    const whole = new Set(ofSteps);
    for (;;) {
      const { size } = whole;
      const sharded = new VariableSharder(graph, cores, whole, ofSteps).run();
      if (whole.size === size) {
        return sharded;
      }
    }
  };
}

/**
 * The variables that a recurrent layer multiplies with at each of its steps. All cores would wait for one
 * another at each.
 */
function usedAtEachStep(graph: Graph): Set<GraphNode> {
  const products = nodesOf(graph).filter(({ op }) => op === 'MatMul');
  const matrices = grouped(products, (node) => inputOf(node, 1).node);
  const ofSteps = [...matrices].filter(([, { length }]) => length >= LEAST_STEPS);
  return new Set(
    ofSteps.flatMap(([{ inputs }]) => inputs.filter(isHandle).map(({ node }) => node)),
  );
}

/** Into how many equal blocks of rows a matrix is split; 1: not at all. */
function blockCount(shape: number[], cores: number): number {
  const [rows = 0, columns = 0] = shape;
  if (shape.length !== 2 || rows * columns < LARGE_MATRIX) {
    return 1;
  }
  const counts = Array.from({ length: cores }, (_, index) => cores - index);
  return counts.find((count) => rows % count === 0) ?? 1;
}

class VariableSharder {
  private readonly pieces = new Pieces();
  /** The handles of blocks, by that of the whole variable. */
  private readonly blocks: Map<GraphNode, GraphValue[]>;
  private readonly reads: GraphNode[] = [];

  /**
   * @param whole the handles of variables that are to stay whole; this sharder adds to it.
   * @param ofSteps those of them with many gradients, which stay whole too.
   */
  constructor(
    private readonly graph: Graph,
    private readonly cores: number,
    private readonly whole: Set<GraphNode>,
    private readonly ofSteps: ReadonlySet<GraphNode>,
  ) {
    this.blocks = new Map(graph.blocks);
  }

  run(): Graph {
    const updates = new Set(this.graph.updates);
    for (const node of nodesOf(this.graph)) {
      if (node.op === 'ReadVariableOp') {
        this.read(node);
      } else if (updates.has(node) || node.inputs.some(isHandle)) {
        this.update(node);
      } else if (node.op !== 'MatMul' || !this.multiply(node)) {
        this.pieces.keep(node);
      }
    }
    const sharded: Graph = {
      ...this.graph,
      outputs: this.graph.outputs.map((output) => this.pieces.whole(output)),
      updates: this.graph.updates.flatMap((node) => this.allOf(node)),
      blocks: this.blocks,
    };
    this.noteJoined(sharded);
    return sharded;
  }

  /** The handles of a variable's blocks, or that of the whole. */
  private handlesOf(handle: GraphValue): GraphValue[] {
    const { node } = handle;
    let handles = this.blocks.get(node);
    if (handles === undefined) {
      const { dtype, shape } = variableType(handle);
      const count = this.whole.has(node) ? 1 : blockCount(shape, this.cores);
      const [rows = 0, ...others] = shape;
      handles = Array.from({ length: count }, (_, block) =>
        variableHandle(`${node.name}_${block}`, dtype, [rows / count, ...others], node.label),
      );
      this.blocks.set(node, count === 1 ? [handle] : handles);
    }
    return this.blocks.get(node) ?? [];
  }

  private read(node: GraphNode): void {
    const handles = this.handlesOf(inputOf(node, 0));
    if (handles.length === 1) {
      this.pieces.keep(node);
      return;
    }
    this.reads.push(node);
    const after = (block: number) => node.after.map((update) => this.nodeOf(update, block));
    const values = handles.map((handle, block) => readVariable(handle, after(block)));
    this.set(node, 0, values);
  }

  /** A node that changes variables. */
  private update(node: GraphNode): void {
    const handles = node.inputs.filter(isHandle).map((handle) => this.handlesOf(handle));
    const count = Math.max(...handles.map(({ length }) => length));
    if (handles.some(({ length }) => length !== count)) {
      this.keepWhole(node.inputs.filter(isHandle));
    }
    if (count === 1) {
      this.pieces.keep(node);
      return;
    }
    const nodes = Array.from({ length: count }, (_, block): GraphValue => {
      const inputs = node.inputs.map((input) => this.inputOfUpdate(input, block, count));
      const copy = copyOf(node, inputs);
      copy.after = node.after.map((other) => this.nodeOf(other, block));
      copy.overwrites = node.overwrites?.map((other) => this.nodeOf(other, block)) ?? [];
      return { node: copy, index: 0 };
    });
    this.set(node, 0, nodes);
  }

  private inputOfUpdate(input: GraphValue, block: number, count: number): GraphValue {
    if (isHandle(input)) {
      return this.handlesOf(input)[block] ?? input;
    }
    const [rows] = shapeOf(input);
    const blocks = rows === undefined ? [] : this.pieces.cut(input, 0, equalSizes(rows, count));
    return blocks[block] ?? this.pieces.whole(input);
  }

  /** Variables that are changed together are split alike; here one of them is not. */
  private keepWhole(handles: GraphValue[]): void {
    for (const { node } of handles) {
      if (this.graph.blocks.has(node) && this.handlesOf({ node, index: 0 }).length > 1) {
        throw new NotCompilableError(
          `The variable "${node.label}" is split among the cores, but not all of those that an ` +
            'optimiser changes together with it.',
        );
      }
      this.whole.add(node);
    }
  }

  /** A product with a matrix in blocks, or the gradient of a large matrix. */
  private multiply(node: GraphNode): boolean {
    const [left, right] = [inputOf(node, 0), inputOf(node, 1)];
    const blocks = this.pieces.piecesOf(right);
    const isGradient = attributeIs(node, 'transpose_a', true);
    const isTransposed = attributeIs(node, 'transpose_b', true);
    if (blocks !== undefined && !isGradient) {
      const product = isTransposed
        ? this.productWithTransposed(left, blocks)
        : this.product(left, blocks);
      markOrigin([product], node);
      this.pieces.set(node, product);
      return true;
    }
    const shape = shapeOf({ node, index: 0 });
    const count = blockCount(shape, this.cores);
    if (!isGradient || isTransposed || count === 1 || this.isOfSteps(shape)) {
      return false;
    }
    // Columns of the left matrix give rows of the product.
    const products = this.columnsOf(left, count).map((columns) =>
      matMul(columns, this.pieces.whole(right), true, false),
    );
    this.set(node, 0, products);
    return true;
  }

  private isOfSteps(shape: number[]): boolean {
    return [...this.ofSteps].some((node) =>
      sameShape(variableType({ node, index: 0 }).shape, shape),
    );
  }

  /** Columns of the left matrix times rows of the right one: the products are added. */
  private product(left: GraphValue, blocks: GraphValue[]): GraphValue {
    const columns = this.columnsOf(left, blocks.length);
    return addAll(
      blocks.map((block, core) => onCore(matMul(columns[core] ?? left, block, false, false), core)),
    );
  }

  /** Each block of rows gives some columns of the product. */
  private productWithTransposed(left: GraphValue, blocks: GraphValue[]): GraphValue {
    const whole = this.pieces.whole(left);
    const products = blocks.map((block, core) => onCore(matMul(whole, block, false, true), core));
    return concatenate(products, 1);
  }

  private columnsOf(value: GraphValue, count: number): GraphValue[] {
    return this.pieces.cut(value, 1, equalSizes(shapeOf(value)[1] ?? 0, count));
  }

  private set(node: GraphNode, axis: number, values: GraphValue[]): void {
    markOrigin(values, node);
    this.pieces.setPieces(
      node,
      axis,
      values.map((value, core) => onCore(value, core)),
    );
  }

  /** What a node has become for one block. */
  private nodeOf(node: GraphNode, block: number): GraphNode {
    const value: GraphValue = { node, index: 0 };
    return this.pieces.piecesOf(value)?.[block]?.node ?? this.pieces.whole(value).node;
  }

  private allOf(node: GraphNode): GraphNode[] {
    const pieces = this.pieces.piecesOf({ node, index: 0 });
    return pieces?.map((piece) => piece.node) ?? [this.nodeOf(node, 0)];
  }

  /** Notes the variables that are put together although that could be avoided. */
  private noteJoined(sharded: Graph): void {
    const live = new Set(nodesOf(sharded));
    for (const read of this.reads) {
      const { node } = inputOf(read, 0);
      const isJoined = this.pieces.isMade(read) && live.has(this.pieces.nodeOf(read));
      if (isJoined && !this.graph.blocks.has(node)) {
        this.whole.add(node);
      }
    }
  }
}

function equalSizes(total: number, count: number): number[] {
  return Array.from({ length: count }, () => total / count);
}
