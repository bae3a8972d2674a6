/** How passes make a new graph: node by node, by rules for single operations or by their own code. */
import {
  type Graph,
  type GraphNode,
  type GraphValue,
  nodesOf,
  numbered,
} from '../native/graphNode';

/** Graph to graph: what no output and no update needs is left out. */
export type Pass = (graph: Graph) => Graph;

/**
 * What a node's first output can be replaced by; null: nothing better is known.
 *
 * @param node with its inputs in the new graph.
 * @param original the same node in the old graph.
 */
export type Rule = (node: GraphNode, original: GraphNode) => GraphValue | null;

/** What the values of a graph become in the new one that a pass makes. */
export class Rewriting {
  private readonly values = new Map<GraphNode, GraphValue | (() => GraphValue)>();
  private readonly outputs = new Map<GraphNode, readonly GraphValue[]>();

  /**
   * Says what a node's first output, or the node itself, becomes.
   *
   * @param value a function is called if somebody asks for the value.
   */
  set(node: GraphNode, value: GraphValue | (() => GraphValue)): void {
    this.values.set(node, value);
  }

  /** Says what each of a node's outputs becomes, where that is not the same output of one node. */
  setOutputs(node: GraphNode, outputs: readonly GraphValue[]): void {
    this.outputs.set(node, outputs);
  }

  /** Whether it is known already what a node becomes. */
  has(node: GraphNode): boolean {
    return this.values.has(node) || this.outputs.has(node);
  }

  /** Whether a node is in the new graph, not only a function that would make it. */
  isMade(node: GraphNode): boolean {
    return typeof this.values.get(node) === 'object';
  }

  /** Takes a node over as it is, with its inputs in the new graph. */
  keep(node: GraphNode): void {
    this.set(node, { node: this.moved(node), index: 0 });
  }

  /** What a value becomes. */
  whole({ node, index }: GraphValue): GraphValue {
    const output = this.outputs.get(node)?.[index];
    if (output) {
      return output;
    }
    let value = this.values.get(node) ?? { node, index: 0 };
    if (typeof value === 'function') {
      value = value();
      markOrigin([value], node);
      this.values.set(node, value);
    }
    return index === 0 ? value : { node: value.node, index };
  }

  /** What a node becomes. */
  nodeOf(node: GraphNode): GraphNode {
    return this.whole({ node, index: 0 }).node;
  }

  /** The node itself if nothing that it refers to has moved, else a copy that refers to what is new. */
  moved(node: GraphNode): GraphNode {
    const inputs = node.inputs.map((input) => this.whole(input));
    const after = node.after.map((other) => this.nodeOf(other));
    const overwrites = node.overwrites?.map((other) => this.nodeOf(other));
    const isSame =
      areSame(inputs, node.inputs) &&
      after.every((other, place) => node.after[place] === other) &&
      (overwrites ?? []).every((other, place) => node.overwrites?.[place] === other);
    return isSame ? node : { ...node, inputs, after, ...(overwrites && { overwrites }) };
  }

  /** The new graph; the old one if nothing in it has moved. */
  finish(graph: Graph): Graph {
    const outputs = graph.outputs.map((output) => this.whole(output));
    const updates = graph.updates.map((node) => this.nodeOf(node));
    const isSame =
      areSame(outputs, graph.outputs) &&
      updates.every((node, place) => graph.updates[place] === node);
    return isSame ? graph : { ...graph, outputs, updates };
  }
}

function areSame(values: GraphValue[], others: GraphValue[]): boolean {
  return values.every(({ node, index }, place) => {
    const other = others[place];
    return other?.node === node && other.index === index;
  });
}

/** A rewriting by code of its own, which goes through the nodes of the graph and tells them apart. */
export abstract class NodeByNode extends Rewriting {
  protected readonly nodes: readonly GraphNode[];
  protected readonly numbers: Map<GraphNode, number>;

  constructor(protected readonly graph: Graph) {
    super();
    this.nodes = nodesOf(graph);
    this.numbers = numbered(this.nodes);
  }
}

/** Replaces the nodes for whose operation there is a rule, where that knows something better. */
export function applyRules(graph: Graph, ruleOf: (op: string) => Rule | undefined): Graph {
  const rewriting = new Rewriting();
  for (const node of nodesOf(graph)) {
    const moved = rewriting.moved(node);
    const better = ruleOf(node.op)?.(moved, node) ?? null;
    if (better !== null) {
      markOrigin([better], moved);
    }
    rewriting.set(node, better ?? { node: moved, index: 0 });
  }
  return rewriting.finish(graph);
}

/** Gives the nodes that a pass has made the origin, and the core, of the node that they stand for. */
export function markOrigin(made: GraphValue[], { origin, core }: GraphNode): void {
  const stack = made.map(({ node }) => node);
  for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
    if (node.origin === undefined && node.inputs.length > 0 && origin !== undefined) {
      node.origin = origin;
      if (core !== undefined) {
        node.core ??= core;
      }
      stack.push(...node.inputs.map((input) => input.node));
    }
  }
}

/** By how many nodes and outputs each node is used. */
export function countUses(graph: Graph): Map<GraphNode, number> {
  const uses = new Map<GraphNode, number>();
  const used = [...nodesOf(graph).flatMap(({ inputs }) => inputs), ...graph.outputs];
  for (const { node } of used) {
    uses.set(node, (uses.get(node) ?? 0) + 1);
  }
  return uses;
}

/** The nodes that use each node. */
export type Users = ReadonlyMap<GraphNode, GraphNode[]>;

export function usersOf(nodes: readonly GraphNode[]): Users {
  const users = new Map<GraphNode, GraphNode[]>(nodes.map((node) => [node, []]));
  for (const node of nodes) {
    for (const input of new Set(node.inputs.map((value) => value.node))) {
      users.get(input)?.push(node);
    }
  }
  return users;
}

/** The values by what `keyOf` says of each, as `Map.groupBy` does since Node.js 21. */
export function grouped<Key, Value>(
  values: readonly Value[],
  keyOf: (value: Value) => Key,
): Map<Key, Value[]> {
  const groups = new Map<Key, Value[]>();
  for (const value of values) {
    const key = keyOf(value);
    const group = groups.get(key) ?? [];
    groups.set(key, group);
    group.push(value);
  }
  return groups;
}
