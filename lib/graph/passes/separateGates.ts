/**
 * A recurrent layer multiplies its input and its state with the weights of all gates, adds both products
 * and cuts the sum into the gates. In a prediction of many rows each gate becomes one product, of input
 * and state together, so that its bias and its activation can be computed with it (see `fuse`).
 */

import { FUSED_KERNELS } from '../../native/fusedKernels';
import {
  constantOf,
  type Graph,
  type GraphNode,
  type GraphValue,
  inputOf,
  shapeOf,
} from '../../native/graphNode';
import { addAll, attributeIs, biasAdd, concatenate, matMul, sameShape, slice } from '../builders';
import { countUses, markOrigin, NodeByNode, type Pass } from '../transform';

/** With fewer rows several products take longer than one that is cut. */
const LEAST_ROWS = 32;

/** With fewer for each row of the weights, it takes longer to cut these than the sum. */
const LEAST_ROWS_PER_WEIGHT = 4;

/** The activations of gates. */
const GATES = ['Sigmoid', 'Tanh'];

/** More are not added in one step of a layer. */
const MOST_PRODUCTS = 4;

export const separateGates: Pass = (graph) =>
  graph.updates.length === 0 ? new GateSeparator(graph).run() : graph;

/** A matrix or vector of which only some columns are taken, from this one on. */
interface Columns {
  value: GraphValue;
  start: number;
}

/** Products and biases that are added. */
interface Sum {
  products: { left: GraphValue; weights: Columns }[];
  biases: Columns[];
  /** Whether it has been cut: the parts that it is a part of. */
  parts: GraphValue[];
}

class GateSeparator extends NodeByNode {
  private readonly uses = countUses(this.graph);
  /** What a node's result is a sum of; of a node that cuts a sum, the whole. */
  private readonly sums = new Map<GraphNode, Sum>();
  /** By the node that cuts a sum: which of its parts are gates. */
  private readonly gates = new Map<GraphNode, Set<number>>();
  /** By the matrix of weights: the rows of all gates, at all steps, that are computed with it. */
  private readonly rows = new Map<GraphNode, number>();
  private readonly made = new Map<string, GraphValue>();

  run(): Graph {
    for (const node of this.nodes) {
      this.noteSum(node);
      this.noteGate(node);
    }
    if (this.gates.size === 0 || !isFaster()) {
      return this.graph;
    }
    for (const node of this.nodes) {
      this.keep(node);
    }
    return this.finish(this.graph);
  }

  override whole(value: GraphValue): GraphValue {
    const sum = this.sumAt(value);
    return sum && this.isSeparated(sum)
      ? this.once([{ value, start: 0 }], 0, () => this.computed(sum, value))
      : super.whole(value);
  }

  private noteSum(node: GraphNode): void {
    const sum = this.sumOf(node);
    if (sum && sum.products.length <= MOST_PRODUCTS) {
      this.sums.set(node, sum);
    }
  }

  private sumOf(node: GraphNode): Sum | null {
    const [first, second, axis] = node.inputs as [GraphValue, GraphValue, GraphValue];
    switch (node.op) {
      case 'MatMul':
        return ['transpose_a', 'transpose_b'].some((name) => attributeIs(node, name, true))
          ? null
          : {
              products: [{ left: first, weights: { value: second, start: 0 } }],
              biases: [],
              parts: [],
            };
      case 'SplitV':
        return constantOf(axis)?.[0] === 1 ? this.summandAt(first) : null;
      case 'BiasAdd': {
        const sum = this.summandAt(first);
        return sum && { ...sum, biases: [...sum.biases, { value: second, start: 0 }] };
      }
      case 'Add': {
        const [one, other] = [this.summandAt(first), this.summandAt(second)];
        return one && other && sameShape(shapeOf(first), shapeOf(second))
          ? {
              products: [...one.products, ...other.products],
              biases: [...one.biases, ...other.biases],
              parts: [...one.parts, ...other.parts],
            }
          : null;
      }
      default:
        return null;
    }
  }

  /** As `sumAt`; null if the value would still be needed for something else. */
  private summandAt(value: GraphValue): Sum | null {
    return value.node.op === 'SplitV' || this.uses.get(value.node) === 1 ? this.sumAt(value) : null;
  }

  /** What sum a value is, if it is one. */
  private sumAt({ node, index }: GraphValue): Sum | null {
    const sum = this.sums.get(node) ?? null;
    if (sum === null || node.op !== 'SplitV') {
      return sum;
    }
    const before = node.outputs
      .slice(0, index)
      .reduce((total, { shape }) => total + (shape[1] ?? 0), 0);
    const from = ({ value, start }: Columns) => ({ value, start: start + before });
    return {
      products: sum.products.map(({ left, weights }) => ({ left, weights: from(weights) })),
      biases: sum.biases.map(from),
      parts: [...sum.parts, { node, index }],
    };
  }

  private noteGate(node: GraphNode): void {
    if (!GATES.includes(node.op)) {
      return;
    }
    const input = inputOf(node, 0);
    const sum = this.sumAt(input);
    const [rows = 0] = shapeOf(input);
    if (!sum || sum.biases.length === 0 || rows < LEAST_ROWS) {
      return;
    }
    for (const { node, index } of sum.parts) {
      const indices = this.gates.get(node) ?? new Set();
      this.gates.set(node, indices.add(index));
    }
    for (const { weights } of sum.products) {
      const { node } = weights.value;
      this.rows.set(node, (this.rows.get(node) ?? 0) + rows);
    }
  }

  /** Whether a sum is a part of one that is cut into gates, and it is worthwhile to cut the weights instead. */
  private isSeparated({ parts, products }: Sum): boolean {
    const mostAreGates = ({ node }: GraphValue) =>
      2 * (this.gates.get(node)?.size ?? 0) > node.outputs.length;
    const isMultipliedOften = ({ weights: { value } }: Sum['products'][number]) =>
      (this.rows.get(value.node) ?? 0) >= LEAST_ROWS_PER_WEIGHT * (shapeOf(value)[0] ?? 0);
    return parts.length > 0 && parts.every(mostAreGates) && products.every(isMultipliedOften);
  }

  private computed({ products, biases }: Sum, value: GraphValue): GraphValue {
    const [, size = 0] = shapeOf(value);
    const lefts = products.map(({ left }) => ({ value: left, start: 0 }));
    const left = this.once(lefts, 0, () =>
      concatenate(
        lefts.map((one) => this.whole(one.value)),
        1,
      ),
    );
    const matrices = products.map(({ weights }) => weights);
    const weights = this.once(matrices, size, () =>
      concatenate(
        matrices.map((matrix) => this.columns(matrix, size)),
        0,
      ),
    );
    let result = matMul(left, weights, false, false);
    if (biases.length > 0) {
      const bias = this.once(biases, size, () =>
        addAll(biases.map((one) => this.columns(one, size))),
      );
      result = biasAdd(result, bias);
    }
    markOrigin([result], value.node);
    return result;
  }

  private columns({ value, start }: Columns, size: number): GraphValue {
    const shape = shapeOf(value);
    const others = shape.slice(1).map(() => 0);
    return shape.at(-1) === size
      ? this.whole(value)
      : slice(this.whole(value), [...others, start], [...others.map(() => -1), size]);
  }

  /** Makes a value of these columns, if that has not been done. */
  private once(columns: Columns[], size: number, make: () => GraphValue): GraphValue {
    const names = columns.map(({ value, start }) => [
      this.numbers.get(value.node),
      value.index,
      start,
    ]);
    const key = `${names.join()} ${size}`;
    const value = this.made.get(key) ?? make();
    this.made.set(key, value);
    return value;
  }
}

/** Whether TensorFlow computes a product and a gate's activation at once. */
function isFaster(): boolean {
  const { MatMul: kernel } = FUSED_KERNELS;
  return kernel?.isAvailable() === true && GATES.every((op) => kernel.takes(op));
}
