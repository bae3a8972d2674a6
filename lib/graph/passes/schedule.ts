/** Says which operations have to wait for others, although they use none of their results. */
import { type GraphNode, inputOf, nodesOf } from '../../native/graphNode';
import { type Pass, type Users, usersOf } from '../transform';

export const schedule: Pass = (graph) => {
  const nodes = nodesOf(graph);
  const users = usersOf(nodes);
  // An edge may lead to a node that comes later in the list, so all copies are made first.
  const copies = new Map(nodes.map((node) => [node, node.inputs.length > 0 ? { ...node } : node]));
  const copyOf = (node: GraphNode) => copies.get(node) ?? node;
  for (const [node, copy] of copies) {
    copy.inputs = node.inputs.map((input) => ({ ...input, node: copyOf(input.node) }));
    const after = [...node.after, ...readersBefore(node, users), ...imageGradient(node, users)];
    copy.after = after.map(copyOf);
    delete copy.overwrites;
  }
  return {
    ...graph,
    outputs: graph.outputs.map((output) => ({ ...output, node: copyOf(output.node) })),
    updates: graph.updates.map(copyOf),
  };
};

/**
 * The nodes that use the value that an update overwrites. It has to wait for them: TensorFlow would
 * otherwise copy the variable's memory to keep their input unchanged.
 */
function readersBefore(update: GraphNode, users: Users): GraphNode[] {
  const position = update.origin?.position ?? Number.POSITIVE_INFINITY;
  return (update.overwrites ?? []).flatMap((read) =>
    users.has(read)
      ? [read, ...usersOfMemory(read, users)].filter(
          ({ origin }) => (origin?.position ?? 0) < position,
        )
      : read.after.filter((node) => users.has(node)),
  );
}

function usersOfMemory(node: GraphNode, users: Users): GraphNode[] {
  return (users.get(node) ?? []).flatMap((user) =>
    // A reshaped value lies in the same memory.
    user.op === 'Reshape' ? [user, ...usersOfMemory(user, users)] : [user],
  );
}

/**
 * Of a convolution's two gradients that for the images comes first: earlier layers wait for it,
 * and both at once would compete for the same threads.
 */
function imageGradient(node: GraphNode, users: Users): GraphNode[] {
  return node.op === 'Conv2DBackpropFilter'
    ? (users.get(inputOf(node, 2).node) ?? []).filter(
        ({ op, inputs }) =>
          op === 'Conv2DBackpropInput' && inputs[2]?.node === inputOf(node, 2).node,
      )
    : [];
}
