/**
 * The gradients of a recurrent layer go back through all steps, and at each they are multiplied with the
 * same weights, transposed. oneDNN is faster with a matrix that lies as it is multiplied, so the weights
 * are transposed once for all steps.
 */

import { type GraphNode, type GraphValue, inputOf, nodesOf } from '../../native/graphNode';
import { attributeIs, matMul, transpose } from '../builders';
import { applyRules, grouped, type Pass, type Rule } from '../transform';
import { LEAST_STEPS } from './joinSteps';

export const transposeOnce: Pass = (graph) => {
  const products = grouped(nodesOf(graph).filter(takesTransposed), matrixOf);
  const transposed = new Map<GraphNode, GraphValue>();
  const rule: Rule = (node, original) => {
    const matrix = matrixOf(original);
    if (!takesTransposed(original) || (products.get(matrix)?.length ?? 0) < LEAST_STEPS) {
      return null;
    }
    const once = transposed.get(matrix) ?? transpose(inputOf(node, 1));
    transposed.set(matrix, once);
    return matMul(inputOf(node, 0), once, false, false);
  };
  return applyRules(graph, (op) => (op === 'MatMul' ? rule : undefined));
};

function matrixOf(node: GraphNode): GraphNode {
  return inputOf(node, 1).node;
}

function takesTransposed(node: GraphNode): boolean {
  return (
    node.op === 'MatMul' &&
    attributeIs(node, 'transpose_a', false) &&
    attributeIs(node, 'transpose_b', true) &&
    inputOf(node, 1).index === 0
  );
}
