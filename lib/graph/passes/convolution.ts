/** A filter as large as the image, like that of LeNet-5's last convolution, is a matrix product. */

import { DT_FLOAT } from '../../native/backend';
import {
  type GraphNode,
  type GraphValue,
  inputOf,
  numbersOf,
  shapeOf,
  typeOf,
} from '../../native/graphNode';
import { attributeIs, matMul, reshape, sameShape } from '../builders';
import { sizeOf } from '../operations';
import { applyRules, type Pass, type Rule } from '../transform';

const RULES: Record<string, Rule> = {
  Conv2D: convolution,
  Conv2DBackpropInput: inputGradient,
  Conv2DBackpropFilter: filterGradient,
};

export const multiplyImages: Pass = (graph) => applyRules(graph, (op) => RULES[op]);

function convolution(node: GraphNode): GraphValue | null {
  const [images, filter] = [inputOf(node, 0), inputOf(node, 1)];
  return product(node, shapeOf(images), shapeOf(filter), (size, count, filters) =>
    matMul(reshape(images, [count, size]), reshape(filter, [size, filters]), false, false),
  );
}

function inputGradient(node: GraphNode): GraphValue | null {
  const [filter, gradient] = [inputOf(node, 1), inputOf(node, 2)];
  return product(node, shapeOf({ node, index: 0 }), shapeOf(filter), (size, count, filters) =>
    matMul(reshape(gradient, [count, filters]), reshape(filter, [size, filters]), false, true),
  );
}

function filterGradient(node: GraphNode): GraphValue | null {
  const [images, gradient] = [inputOf(node, 0), inputOf(node, 2)];
  return product(node, shapeOf(images), shapeOf({ node, index: 0 }), (size, count, filters) =>
    matMul(reshape(images, [count, size]), reshape(gradient, [count, filters]), true, false),
  );
}

/** The product in the shape of the node's result; null if the filter does not cover the image. */
function product(
  node: GraphNode,
  image: number[],
  filter: number[],
  multiply: (size: number, count: number, filters: number) => GraphValue,
): GraphValue | null {
  const { dtype, shape } = typeOf({ node, index: 0 });
  const [count = 0, ...picture] = image;
  const coversImage =
    dtype === DT_FLOAT &&
    attributeIs(node, 'padding', 'VALID') &&
    attributeIs(node, 'data_format', 'NHWC') &&
    sameShape(numbersOf(node, 'dilations'), [1, 1, 1, 1]) &&
    sameShape(picture, filter.slice(0, 3));
  return coversImage ? reshape(multiply(sizeOf(picture), count, filter[3] ?? 0), shape) : null;
}
