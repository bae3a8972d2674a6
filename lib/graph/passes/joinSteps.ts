/**
 * A recurrent layer multiplies with the same weights at each step of its sequences. Products that do not
 * depend on one another become one, of all steps' rows; so do those that add up to the weights' gradient.
 */

import {
  type Graph,
  type GraphNode,
  type GraphValue,
  inputOf,
  shapeOf,
} from '../../native/graphNode';
import {
  addAll,
  attributeIs,
  biasAddGrad,
  concatenate,
  matMul,
  reshape,
  sameShape,
  unpack,
} from '../builders';
import { countUses, grouped, markOrigin, NodeByNode, type Pass } from '../transform';

/** Fewer uses of the same weights are taken for branches of a network, not for steps of a sequence. */
export const LEAST_STEPS = 4;

export const joinSteps: Pass = (graph) => new StepJoiner(graph).run();

class StepJoiner extends NodeByNode {
  private readonly joined = new Map<string, GraphValue>();

  run(): Graph {
    const products = this.independentProducts();
    const sums = sumsOf(this.graph, this.nodes);
    for (const node of this.nodes) {
      const sum = this.joinedSum(node, sums.get(node) ?? []);
      if (sum) {
        this.set(node, sum);
      } else if (!this.has(node)) {
        this.keep(node);
      }
      for (const steps of products.get(node) ?? []) {
        this.joinProducts(steps, node);
      }
    }
    return this.finish(this.graph);
  }

  /** Products with one matrix, by the node after which all that they multiply is there. */
  private independentProducts(): Map<GraphNode, GraphNode[][]> {
    const products = new Map<GraphNode, GraphNode[][]>();
    const candidates = this.nodes.filter(
      (node) => node.op === 'MatMul' && attributeIs(node, 'transpose_a', false),
    );
    const matrixOf = (node: GraphNode) => {
      const isTransposed = attributeIs(node, 'transpose_b', true);
      return `${this.nameOf(inputOf(node, 1))} ${isTransposed} ${shapeOf(inputOf(node, 0))} ${node.core}`;
    };
    for (const steps of grouped(candidates, matrixOf).values()) {
      const last = Math.max(
        ...steps.flatMap(({ inputs }) => inputs.map((one) => this.numberOf(one))),
      );
      if (steps.length >= LEAST_STEPS && !this.areNeededBefore(last, steps)) {
        const node = this.nodes[last] as GraphNode;
        products.set(node, [...(products.get(node) ?? []), this.inOrderOfSteps(steps, 0)]);
      }
    }
    return products;
  }

  private areNeededBefore(last: number, products: GraphNode[]): boolean {
    const needed = new Set(products);
    return this.nodes
      .slice(0, last + 1)
      .some(({ inputs }) => inputs.some(({ node }) => needed.has(node)));
  }

  private joinProducts(steps: GraphNode[], last: GraphNode): void {
    const [first] = steps as [GraphNode];
    const left = this.join(steps.map((node) => inputOf(node, 0)));
    const right = this.whole(inputOf(first, 1));
    const product = matMul(left, right, false, attributeIs(first, 'transpose_b', true));
    const parts = unpack(reshape(product, [steps.length, ...shapeOf({ node: first, index: 0 })]));
    markOrigin(parts, placedAt(last, first));
    for (const [step, node] of steps.entries()) {
      this.set(node, parts[step] as GraphValue);
    }
  }

  private joinedSum(root: GraphNode, terms: GraphValue[]): GraphValue | null {
    const all: GraphValue[] = [];
    const kindOf = ({ node }: GraphValue) =>
      `${GRADIENTS.findIndex(({ is }) => is(node))} ${node.core}`;
    for (const ofKind of grouped(terms, kindOf).values()) {
      const [first, ...others] = ofKind.map(({ node }) => node) as [GraphNode];
      const join = GRADIENTS.find(({ is }) => is(first))?.join;
      if (join && others.length + 1 >= LEAST_STEPS) {
        const sum = join(this.inputsOfSteps([first, ...others]));
        markOrigin([sum], placedAt(root, first));
        all.push(sum);
      } else {
        all.push(...ofKind.map((term) => this.whole(term)));
      }
    }
    if (all.length === terms.length) {
      return null;
    }
    const total = addAll(all);
    markOrigin([total], root);
    return total;
  }

  /** The inputs of several nodes, joined. */
  private inputsOfSteps(nodes: GraphNode[]): GraphValue[] {
    const inOrder = this.inOrderOfSteps(nodes, -1);
    const [first] = inOrder as [GraphNode];
    return first.inputs.map((_, index) => this.join(inOrder.map((node) => inputOf(node, index))));
  }

  /** Gradients go back through the steps, so they are turned round. */
  private inOrderOfSteps(nodes: GraphNode[], input: 0 | -1): GraphNode[] {
    const number = ({ inputs }: GraphNode) => this.numberOf(inputs.at(input) as GraphValue);
    const sorted = nodes.toSorted((a, b) => number(a) - number(b));
    return nodes[0]?.origin?.phase === 'backward' ? sorted.reverse() : sorted;
  }

  /** The rows of several values, one after the other. */
  private join(values: GraphValue[]): GraphValue {
    const key = values.map((value) => this.nameOf(value)).join();
    const joined =
      this.joined.get(key) ??
      concatenate(
        values.map((value) => this.whole(value)),
        0,
      );
    this.joined.set(key, joined);
    return joined;
  }

  private numberOf({ node }: GraphValue): number {
    return this.numbers.get(node) ?? 0;
  }

  private nameOf(value: GraphValue): string {
    return `${this.numberOf(value)}:${value.index}`;
  }
}

/** What may be added for each step of a layer, and what is as much for all steps' rows together. */
const GRADIENTS: { is(node: GraphNode): boolean; join(inputs: GraphValue[]): GraphValue }[] = [
  {
    is: (node) =>
      node.op === 'MatMul' &&
      attributeIs(node, 'transpose_a', true) &&
      attributeIs(node, 'transpose_b', false),
    join: ([left, right]) => matMul(left as GraphValue, right as GraphValue, true, false),
  },
  {
    is: ({ op }) => op === 'BiasAddGrad',
    join: ([values]) => biasAddGrad(values as GraphValue),
  },
];

/** A node in the place of another one, where all is there that it is made of. */
function placedAt({ origin }: GraphNode, node: GraphNode): GraphNode {
  return origin && node.origin
    ? { ...node, origin: { ...node.origin, position: origin.position } }
    : node;
}

/** What is added by each sum that is not itself a term of another one. */
function sumsOf(graph: Graph, nodes: readonly GraphNode[]): Map<GraphNode, GraphValue[]> {
  const uses = countUses(graph);
  const inner = new Set<GraphNode>();
  const sums = new Map<GraphNode, GraphValue[]>();
  for (const root of nodes.toReversed()) {
    if (isSum(root) && !inner.has(root)) {
      const terms = [...root.inputs];
      for (let index = 0; index < terms.length; index++) {
        const { node } = terms[index] as GraphValue;
        if (isSum(node) && uses.get(node) === 1) {
          inner.add(node);
          terms.splice(index--, 1, ...node.inputs);
        }
      }
      sums.set(root, terms);
    }
  }
  return sums;
}

/** Whether two values of the same shape are added. */
function isSum(node: GraphNode): boolean {
  return (
    (node.op === 'Add' || node.op === 'AddN') &&
    node.inputs.every((input) => sameShape(shapeOf(input), shapeOf({ node, index: 0 })))
  );
}
