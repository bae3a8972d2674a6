/** Computes once what the captured function has computed several times from the same values. */
import type { GraphNode, GraphValue } from '../../native/graphNode';
import { OPERATIONS } from '../operations';
import { applyRules, type Pass } from '../transform';

/** Larger constants are not compared. */
const MOST_BYTES = 1024;

export const deduplicate: Pass = (graph) => {
  const numbers = new Map<GraphNode, number>();
  const known = new Map<string, GraphValue>();
  const first = (node: GraphNode): GraphValue | null => {
    const key = keyOf(node, numbers);
    const same = known.get(key);
    if (same === undefined) {
      known.set(key, { node, index: 0 });
    }
    return same ?? null;
  };
  return applyRules(graph, (op) => (op === 'Const' || OPERATIONS[op] ? [first] : []));
};

/** Equal for nodes that compute the same. */
function keyOf(node: GraphNode, numbers: Map<GraphNode, number>): string {
  const numberOf = (other: GraphNode) => {
    const number = numbers.get(other) ?? numbers.size;
    numbers.set(other, number);
    return number;
  };
  const attributes = Object.entries(node.attributes).map(([name, { kind, value }]) => {
    if (kind !== 'tensor') {
      return [name, value];
    }
    const { dtype, shape, bytes } = value;
    return [dtype, shape, bytes.length > MOST_BYTES ? numberOf(node) : [...bytes]];
  });
  const inputs = node.inputs.map((input) => [numberOf(input.node), input.index]);
  return JSON.stringify([node.op, inputs, attributes, node.after.map(numberOf)]);
}
