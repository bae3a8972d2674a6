/**
 * Normalisation by fixed averages, as in prediction, is a factor and a summand for each channel. After a
 * convolution the factor goes into its filter and the summand into a bias, so that the images need not be
 * gone through once more.
 */

import { DT_FLOAT } from '../../native/backend';
import {
  type GraphNode,
  type GraphValue,
  graphValue,
  inputOf,
  numbersOf,
  scalar,
  shapeOf,
} from '../../native/graphNode';
import { attributeIs, biasAdd, float, reshape } from '../builders';
import { applyRules, countUses, type Pass, type Rule } from '../transform';

export const foldNormalization: Pass = (graph) => {
  const uses = countUses(graph);
  const rule: Rule = (node, original) => (isFoldable(original, uses) ? fold(node) : null);
  return applyRules(graph, (op) => (op === 'FusedBatchNorm' ? rule : undefined));
};

const FILTERED = ['Conv2D', 'DepthwiseConv2dNative'];

/** Whether it normalises by averages what a convolution has made for it alone. */
function isFoldable(node: GraphNode, uses: ReadonlyMap<GraphNode, number>): boolean {
  const { convolution, bias } = sourceOf(node);
  return (
    attributeIs(node, 'is_training', false) &&
    FILTERED.includes(convolution.op) &&
    attributeIs(convolution, 'data_format', 'NHWC') &&
    uses.get(convolution) === 1 &&
    (bias === null || uses.get(inputOf(node, 0).node) === 1)
  );
}

/** What comes before a normalisation: a convolution, perhaps with a bias. */
function sourceOf(node: GraphNode): { convolution: GraphNode; bias: GraphValue | null } {
  const { node: source } = inputOf(node, 0);
  return source.op === 'BiasAdd'
    ? { convolution: inputOf(source, 0).node, bias: inputOf(source, 1) }
    : { convolution: source, bias: null };
}

function fold(node: GraphNode): GraphValue {
  const [, gamma, beta, mean, variance] = node.inputs as [
    GraphValue,
    GraphValue,
    GraphValue,
    GraphValue,
    GraphValue,
  ];
  const { convolution, bias } = sourceOf(node);
  const [images, filter] = [inputOf(convolution, 0), inputOf(convolution, 1)];
  const channels = shapeOf(gamma);
  const epsilon = scalar(numbersOf(node, 'epsilon')[0] ?? 0, DT_FLOAT);
  const deviation = float('Rsqrt', [float('Add', [variance, epsilon], channels)], channels);
  const factor = float('Mul', [gamma, deviation], channels);
  // The filters of a depthwise convolution have two axes for their channels.
  const ofFilter = convolution.op === 'Conv2D' ? factor : reshape(factor, shapeOf(filter).slice(2));
  const folded = float('Mul', [filter, ofFilter], shapeOf(filter));
  const centre = bias ? float('Sub', [mean, bias], channels) : mean;
  const summand = float('Sub', [beta, float('Mul', [centre, factor], channels)], channels);
  const { op, attributes, outputs } = convolution;
  const filtered = graphValue(op, [images, folded], attributes, outputs);
  return biasAdd(filtered, summand);
}
