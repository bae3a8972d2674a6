/**
 * Normalisation by fixed averages, as in prediction, is a factor and a summand for each channel. After a
 * convolution or a product the factor goes into its weights and the summand into a bias, so that the results
 * need not be gone through once more.
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
  type TensorType,
} from '../../native/graphNode';
import { narrowImages } from '../../native/narrowImages';
import { attributeIs, biasAdd, float, keepsLastAxis, reshape } from '../builders';
import { sizeOf } from '../operations';
import { applyRules, countUses, type Pass, type Rule } from '../transform';

export const foldNormalization: Pass = (graph) => {
  const uses = countUses(graph);
  const rule: Rule = (node, original) => (isFoldable(original, uses) ? fold(node) : null);
  return applyRules(graph, (op) => (op === 'FusedBatchNorm' ? rule : undefined));
};

/** What is not folded goes through narrow images. */
export const narrowNormalization: Pass = (graph) =>
  applyRules(graph, (op) => (op === 'FusedBatchNorm' ? narrowed : undefined));

function narrowed(node: GraphNode): GraphValue | null {
  const [images, ...others] = node.inputs as [GraphValue, ...GraphValue[]];
  const narrow = narrowImages(shapeOf(images));
  const [output, ...moments] = node.outputs as [TensorType, ...TensorType[]];
  const outputs = [{ ...output, shape: narrow }, ...moments];
  const inputs = [reshape(images, narrow), ...others];
  return attributeIs(node, 'data_format', 'NHWC')
    ? reshape(graphValue(node.op, inputs, node.attributes, outputs), output.shape)
    : null;
}

/** To go through so many weights takes no longer than another operation. */
const FEW_WEIGHTS = 2 ** 17;

/** What comes before a normalisation: a convolution or a product, perhaps with a bias, and reshaped. */
interface Source {
  product: GraphNode;
  bias: GraphValue | null;
  /** All nodes from the product on. */
  nodes: GraphNode[];
}

function sourceOf(node: GraphNode): Source {
  const nodes: GraphNode[] = [];
  let bias: GraphValue | null = null;
  for (let source = inputOf(node, 0).node; ; source = inputOf(source, 0).node) {
    nodes.push(source);
    if (source.op === 'BiasAdd' && bias === null) {
      bias = inputOf(source, 1);
    } else if (!keepsLastAxis(source)) {
      return { product: source, bias, nodes };
    }
  }
}

/** Whether it normalises by averages what a convolution or a product has made for it alone. */
function isFoldable(node: GraphNode, uses: ReadonlyMap<GraphNode, number>): boolean {
  const { product, nodes } = sourceOf(node);
  return (
    attributeIs(node, 'is_training', false) &&
    hasWeights(product) &&
    nodes.every((one) => uses.get(one) === 1) &&
    sizeOf(shapeOf(inputOf(product, 1))) <=
      sizeOf(shapeOf({ node: product, index: 0 })) + FEW_WEIGHTS
  );
}

function hasWeights(node: GraphNode): boolean {
  return node.op === 'MatMul'
    ? attributeIs(node, 'transpose_b', false)
    : ['Conv2D', 'DepthwiseConv2dNative'].includes(node.op) &&
        attributeIs(node, 'data_format', 'NHWC');
}

function fold(node: GraphNode): GraphValue {
  const [, gamma, beta, mean, variance] = node.inputs as [
    GraphValue,
    GraphValue,
    GraphValue,
    GraphValue,
    GraphValue,
  ];
  const { product, bias } = sourceOf(node);
  const [values, weights] = [inputOf(product, 0), inputOf(product, 1)];
  const channels = shapeOf(gamma);
  const epsilon = scalar(numbersOf(node, 'epsilon')[0] ?? 0, DT_FLOAT);
  const deviation = float('Rsqrt', [float('Add', [variance, epsilon], channels)], channels);
  const factor = float('Mul', [gamma, deviation], channels);
  // The filters of a depthwise convolution have two axes for their channels.
  const isDepthwise = product.op === 'DepthwiseConv2dNative';
  const ofWeights = isDepthwise ? reshape(factor, shapeOf(weights).slice(2)) : factor;
  const folded = float('Mul', [weights, ofWeights], shapeOf(weights));
  const centre = bias ? float('Sub', [mean, bias], channels) : mean;
  const summand = float('Sub', [beta, float('Mul', [centre, factor], channels)], channels);
  const { op, attributes, outputs } = product;
  const weighted = graphValue(op, [values, folded], attributes, outputs);
  return reshape(biasAdd(weighted, summand), shapeOf({ node, index: 0 }));
}
