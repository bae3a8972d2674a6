/** Faster equals of pooling and its gradients. */

import { DT_FLOAT } from '../../native/backend';
import { FUSED_KERNELS } from '../../native/fusedKernels';
import {
  type GraphNode,
  type GraphValue,
  graphValue,
  inputOf,
  numbersOf,
  scalar,
  shapeOf,
  typeOf,
} from '../../native/graphNode';
import { attributeIs, concatenate, float, reshape, sameShape } from '../builders';
import { GRADIENT_KERNELS, OPERATIONS } from '../operations';
import { applyRules, type Pass, type Rule } from '../transform';

const RULES: Record<string, Rule> = {
  MaxPool: poolBeforeActivation,
  BiasAddGrad: sumBeforePooling,
  AvgPoolGrad: averagePoolingGradient,
};

export const pool: Pass = (graph) =>
  applyRules(
    graph,
    (op) => RULES[op] ?? (GRADIENT_KERNELS.has(op) ? activationGradientAfterPooling : undefined),
  );

/**
 * Pools before the activation, which then has fewer values to do: a quarter for windows of 2 × 2.
 * Relu stays where it is: in a prediction it is a part of the convolution's kernel.
 */
function poolBeforeActivation(node: GraphNode): GraphValue | null {
  const { node: activation } = inputOf(node, 0);
  const isFused = FUSED_KERNELS.Conv2D?.takes(activation.op);
  if (!OPERATIONS[activation.op]?.isMonotone || isFused) {
    return null;
  }
  const pooled = graphValue('MaxPool', activation.inputs, node.attributes, node.outputs);
  return graphValue(activation.op, [pooled], activation.attributes, node.outputs);
}

/**
 * The gradient of an activation before max pooling: the pooling passes each value to one place, so
 * the activation's slope can be put to the pooled values, which are fewer.
 */
function activationGradientAfterPooling(node: GraphNode): GraphValue | null {
  const takesOutputFirst = GRADIENT_KERNELS.get(node.op);
  const [first, second] = [inputOf(node, 0), inputOf(node, 1)];
  const [activated, { node: gradientOfPooling }] = takesOutputFirst
    ? [first, second]
    : [second, first];
  const [pooledFrom, pooled, gradient] = gradientOfPooling.inputs;
  const isPooled = gradientOfPooling.op === 'MaxPoolGrad' && pooledFrom?.node === activated.node;
  if (!isPooled || !pooled || !gradient) {
    return null;
  }
  const inputs = takesOutputFirst ? [pooled, gradient] : [gradient, pooled];
  const slopes = graphValue(node.op, inputs, node.attributes, pooled.node.outputs);
  // The pooling as `poolBeforeActivation` has made it, or as it was.
  const before = pooled.node.op === 'MaxPool' ? pooled : inputOf(pooled.node, 0);
  const source = inputOf(before.node, 0);
  const { attributes } = gradientOfPooling;
  return graphValue('MaxPoolGrad', [source, before, slopes], attributes, node.outputs);
}

/**
 * Max pooling passes each value of a gradient to one place, so the sums before and after it are
 * equal. Here they are summed before: there are fewer, and oneDNN would do the sum after it
 * together with the gradient of the filter, which takes longer than both apart.
 */
function sumBeforePooling(node: GraphNode): GraphValue | null {
  const gradient = inputOf(node, 0).node;
  return gradient.op === 'MaxPoolGrad'
    ? graphValue('BiasAddGrad', [inputOf(gradient, 2)], node.attributes, node.outputs)
    : null;
}

/** Where the windows do not overlap, the gradient is each value's share, repeated all over its window. */
function averagePoolingGradient(node: GraphNode): GraphValue | null {
  const { dtype, shape } = typeOf({ node, index: 0 });
  const gradient = inputOf(node, 1);
  const [count = 0, rows = 0, columns = 0, channels = 0] = shapeOf(gradient);
  const [down, across] = [(shape[1] ?? 0) / rows, (shape[2] ?? 0) / columns];
  const isTiling =
    dtype === DT_FLOAT &&
    attributeIs(node, 'data_format', 'NHWC') &&
    ['ksize', 'strides'].every((name) => sameShape(numbersOf(node, name), [1, down, across, 1]));
  if (!isTiling) {
    return null;
  }
  const factor = scalar(1 / (down * across), DT_FLOAT);
  const share = float('Mul', [gradient, factor], shapeOf(gradient));
  const wide = repeat(share, [count * rows * columns, channels], across);
  const tall = repeat(wide, [count * rows, columns * across * channels], down);
  return reshape(tall, shape);
}

/** A matrix of this shape, put beside itself several times. */
function repeat(value: GraphValue, shape: number[], times: number): GraphValue {
  const matrix = reshape(value, shape);
  return concatenate(Array<GraphValue>(times).fill(matrix), 1);
}
