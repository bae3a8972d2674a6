/** Compares two captures of one function. */
import { type Graph, type GraphNode, keyOf, nodesOf, numbered } from '../../native/graphNode';

/** Where two graphs differ first. */
export interface GraphDifference {
  /** The layer, or "the function". */
  place: string;
  op: string;
}

/**
 * Compares two captured graphs of one function, taken in one scope.
 *
 * @returns where they differ first; null if they do the same.
 */
export function graphDifference(first: Graph, second: Graph): GraphDifference | null {
  const [nodes, others] = [nodesOf(first), nodesOf(second)];
  const [positions, otherPositions] = [numbered(nodes), numbered(others)];
  const isOther = (node: GraphNode, other: GraphNode | undefined) =>
    other === undefined ||
    keyOf(node, positions) !== keyOf(other, otherPositions) ||
    !sameConstant(node, other);
  const different = new Set(nodes.filter((node, index) => isOther(node, others[index])));
  const [longer] = others.slice(nodes.length);
  const result = first.outputs.find(({ node, index }, place) => {
    const other = second.outputs[place];
    const position = other && otherPositions.get(other.node);
    return position !== positions.get(node) || other?.index !== index;
  });
  if (different.size === 0 && longer === undefined && result === undefined) {
    return null;
  }
  // Constants belong to no layer, but the operations that use them may.
  const users = nodes.filter((node) => node.inputs.some((input) => different.has(input.node)));
  const candidates = [...different, ...users];
  const culprit =
    candidates.find(({ origin }) => origin?.layer) ??
    users[0] ??
    candidates[0] ??
    longer ??
    result?.node;
  return { place: culprit?.origin?.layer ?? 'the function', op: culprit?.op ?? '' };
}

function sameConstant(node: GraphNode, other: GraphNode): boolean {
  const [value, otherValue] = [node.attributes.value, other.attributes.value];
  return (
    value?.kind !== 'tensor' ||
    (otherValue?.kind === 'tensor' &&
      Buffer.compare(value.value.bytes, otherValue.value.bytes) === 0)
  );
}
