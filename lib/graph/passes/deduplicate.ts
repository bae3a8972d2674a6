/** Computes once what the captured function has computed several times from the same values. */
import { type GraphNode, type GraphValue, keyOf } from '../../native/graphNode';
import { OPERATIONS } from '../operations';
import { applyRules, type Pass } from '../transform';

/** Larger constants are not compared. */
const MOST_BYTES = 1024;

export const deduplicate: Pass = (graph) => {
  const numbers = new Map<GraphNode, number>();
  const known = new Map<string, GraphValue>();
  const first = (node: GraphNode): GraphValue | null => {
    for (const other of [node, ...node.after, ...node.inputs.map((input) => input.node)]) {
      numbers.set(other, numbers.get(other) ?? numbers.size);
    }
    const { value } = node.attributes;
    const bytes = value?.kind === 'tensor' ? value.value.bytes : [];
    const content = bytes.length > MOST_BYTES ? numbers.get(node) : [...bytes];
    const after = node.after.map((other) => numbers.get(other));
    // Zeros of one shape are the same, whatever they are to be like.
    const compared = node.op === 'ZerosLike' ? { ...node, inputs: [] } : node;
    const key = JSON.stringify([keyOf(compared, numbers), content, after]);
    const found = known.get(key);
    if (found === undefined) {
      known.set(key, { node, index: 0 });
    }
    return found ?? null;
  };
  return applyRules(graph, (op) => (op === 'Const' || OPERATIONS[op] ? first : undefined));
};
