/**
 * With oneDNN, TensorFlow makes one operation of the gradient of a filter and that of a bias if both take
 * something from the same node, also where they take different outputs of it: the bias then gets the
 * gradient of another one. So a bias takes what is one of several outputs by way of another node.
 */

import { inputOf } from '../../native/graphNode';
import { biasAddGrad, identity } from '../builders';
import { applyRules, type Pass, type Rule } from '../transform';

export const separateBiasGradients: Pass = (graph) =>
  applyRules(graph, (op) => (op === 'BiasAddGrad' ? apart : undefined));

const apart: Rule = (node) => {
  const gradient = inputOf(node, 0);
  return gradient.node.outputs.length > 1 ? biasAddGrad(identity(gradient)) : null;
};
