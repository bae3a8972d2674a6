/**
 * A convolution or a product, the bias after it and an activation become one kernel, so that the results
 * are gone through once.
 */

import { type Attributes, int, strings } from '../../native/attributes';
import { DT_FLOAT } from '../../native/backend';
import { FUSED_ACTIVATIONS, FUSED_KERNELS } from '../../native/fusedKernels';
import {
  constant,
  type GraphNode,
  type GraphValue,
  graphValue,
  inputOf,
  nodesOf,
  shapeOf,
} from '../../native/graphNode';
import { biasAdd } from '../builders';
import { applyRules, countUses, type Pass, type Rule } from '../transform';
import { wouldRearrangeFilter } from './withoutOneDnn';

export const fuse: Pass = (graph) => {
  // What is fused is rounded otherwise, and a gradient may need the parts.
  if (graph.updates.length > 0) {
    return graph;
  }
  const uses = countUses(graph);
  const isOnlyUser = (node: GraphNode) => uses.get(inputOf(node, 0).node) === 1;
  const onlyUser =
    (rule: Rule): Rule =>
    (node, original) =>
      isOnlyUser(original) ? rule(node, original) : null;
  const biased = new Set(
    nodesOf(graph)
      .filter((node) => node.op === 'BiasAdd' && isOnlyUser(node))
      .map((node) => inputOf(node, 0).node),
  );
  const rules: Record<string, Rule> = {
    Conv2D: (node, original) => (biased.has(original) ? null : fuseNoBias(node)),
    BiasAdd: onlyUser(fuseBias),
  };
  const activation = onlyUser(fuseActivation);
  return applyRules(
    graph,
    (op) => rules[op] ?? (FUSED_ACTIVATIONS.has(op) ? activation : undefined),
  );
};

/** Only a fused kernel can do without oneDNN: a convolution without a bias gets one of zeros. */
function fuseNoBias(node: GraphNode): GraphValue | null {
  if (!wouldRearrangeFilter(node)) {
    return null;
  }
  const value: GraphValue = { node, index: 0 };
  const [, , , filters = 0] = shapeOf(value);
  const bytes = new Uint8Array(new Float32Array(filters).buffer);
  const zeros = constant({ dtype: DT_FLOAT, shape: [filters], bytes });
  return fuseBias(biasAdd(value, zeros).node);
}

function fuseBias(node: GraphNode): GraphValue | null {
  const { node: source } = inputOf(node, 0);
  const kernel = FUSED_KERNELS[source.op];
  if (!kernel?.isAvailable()) {
    return null;
  }
  const inputs = [...source.inputs, inputOf(node, 1)];
  const attributes: Attributes = {
    ...source.attributes,
    ...kernel.attributes,
    num_args: int(1),
    fused_ops: strings([node.op]),
  };
  return graphValue(kernel.op, inputs, attributes, node.outputs);
}

function fuseActivation(node: GraphNode): GraphValue | null {
  const { op, inputs, attributes } = inputOf(node, 0).node;
  const { fused_ops: fused } = attributes;
  const kernel = Object.values(FUSED_KERNELS).find((one) => one.op === op);
  return fused?.kind === 'strings' && fused.value.length === 1 && kernel?.takes(node.op)
    ? graphValue(
        op,
        inputs,
        { ...attributes, fused_ops: strings([...fused.value, node.op]) },
        node.outputs,
      )
    : null;
}
