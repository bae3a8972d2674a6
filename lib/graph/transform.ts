/** How passes go over a graph: node by node, into a new graph, with rules for single operations. */
import { type Graph, type GraphNode, type GraphValue, nodesOf } from '../native/graphNode';

/** Graph to graph: what no output and no update needs is left out. */
export type Pass = (graph: Graph) => Graph;

/** What a node's first output can be replaced by; null: nothing better is known. */
export type Rule = (node: GraphNode) => GraphValue | null;

/** Applies the rules for each node's operation until none has anything to replace. */
export function applyRules(graph: Graph, rulesOf: (op: string) => Rule[]): Graph {
  const replaced = new Map<GraphNode, GraphValue>();
  const movedTo = (value: GraphValue): GraphValue => {
    const known = replaced.get(value.node);
    return known === undefined ? value : value.index === 0 ? known : { ...value, node: known.node };
  };
  const nodeOf = (node: GraphNode) => movedTo({ node, index: 0 }).node;
  for (const node of nodesOf(graph)) {
    const moved = withInputs(node, node.inputs.map(movedTo), nodeOf);
    replaced.set(node, rewriteNode(moved, rulesOf(node.op)));
  }
  return {
    ...graph,
    outputs: graph.outputs.map(movedTo),
    updates: graph.updates.map(nodeOf),
  };
}

function rewriteNode(node: GraphNode, rules: Rule[]): GraphValue {
  for (const rule of rules) {
    const value = rule(node);
    if (value !== null) {
      markOrigin([value], node);
      return value;
    }
  }
  return { node, index: 0 };
}

/** The node itself if nothing that it refers to has moved, else a copy that refers to what is new. */
export function withInputs(
  node: GraphNode,
  inputs: GraphValue[],
  nodeOf: (node: GraphNode) => GraphNode,
): GraphNode {
  const after = node.after.map(nodeOf);
  const overwrites = node.overwrites?.map(nodeOf);
  const isSame =
    inputs.every(({ node: other, index }, place) => {
      const own = node.inputs[place];
      return own?.node === other && own.index === index;
    }) &&
    after.every((other, place) => node.after[place] === other) &&
    (overwrites ?? []).every((other, place) => node.overwrites?.[place] === other);
  return isSame ? node : { ...node, inputs, after, ...(overwrites && { overwrites }) };
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
