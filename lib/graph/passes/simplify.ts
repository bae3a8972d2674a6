/** Brings operations into the forms that the later passes and TensorFlow know. */

import { DT_FLOAT } from '../../native/backend';
import {
  constantOf,
  type GraphNode,
  type GraphValue,
  graphValue,
  inputOf,
  shapeOf,
  typeOf,
} from '../../native/graphNode';
import {
  attributeIs,
  beforeReshape,
  biasAdd,
  biasAddGrad,
  FLOAT,
  float,
  inputIs,
  isSumOfRows,
  matMul,
  reshape,
  sameShape,
} from '../builders';
import { applyRules, type Pass, type Rule } from '../transform';

const RULES: Record<string, Rule> = {
  Add: vectorAdded,
  Sum: gradientOfBias,
  Mean: meanOfBooleans,
  Reshape: lastReshapeOnly,
  Slice: sliceOfPart,
  Transpose: transposeOfNothing,
  ExpandDims: expandDims,
  Cast: castToOtherType,
  ArgMax: argMaxOfLogits,
  BatchMatMulV2: matrixProduct,
};

/** Only where nothing is trained, as what is joined is rounded otherwise. */
const INFERENCE_RULES: Record<string, Rule> = {
  ...RULES,
  Add: (node) => biasBeforeReshape(vectorAdded(node)),
  Relu: activationBeforeReshape,
  Relu6: activationBeforeReshape,
  Elu: activationBeforeReshape,
  Sigmoid: activationBeforeReshape,
  Tanh: activationBeforeReshape,
};

export const simplify: Pass = (graph) => {
  const rules = graph.updates.length === 0 ? INFERENCE_RULES : RULES;
  return applyRules(graph, (op) => rules[op]);
};

/** A vector added along the last axis; tfjs's layers give it the other axes too, of size 1. */
function vectorAdded(node: GraphNode): GraphValue | null {
  const [values, bias] = [inputOf(node, 0), inputOf(node, 1)];
  const { dtype, shape } = typeOf(values);
  const [size = 0, ...ones] = shapeOf(bias).toReversed();
  const isVector = size === shape.at(-1) && ones.every((length) => length === 1);
  const isBroadcast = ones.length < shape.length && !sameShape(shapeOf(bias), shape);
  return dtype === DT_FLOAT && shape.length >= 2 && isVector && isBroadcast
    ? biasAdd(values, reshape(bias, [size]))
    : null;
}

/** tfjs reshapes a product before it adds the bias. */
function biasBeforeReshape(added: GraphValue | null): GraphValue | null {
  if (added === null) {
    return null;
  }
  const [values, bias] = [inputOf(added.node, 0), inputOf(added.node, 1)];
  const source = beforeReshape(values);
  return source === values ? added : reshape(biasAdd(source, bias), shapeOf(values));
}

function activationBeforeReshape(node: GraphNode): GraphValue | null {
  const values = inputOf(node, 0);
  if (values.node.op !== 'Reshape' || typeOf(values).dtype !== DT_FLOAT) {
    return null;
  }
  const source = inputOf(values.node, 0);
  return reshape(float(node.op, [source], shapeOf(source)), shapeOf(values));
}

/** A sum over all axes but the last: the gradient of a bias. */
function gradientOfBias(node: GraphNode): GraphValue | null {
  return isSumOfRows(node) ? biasAddGrad(beforeReshape(inputOf(node, 0))) : null;
}

/** tfjs-node casts booleans to numbers before a mean, but then names the type from before. */
function meanOfBooleans(node: GraphNode): GraphValue | null {
  const isWrong = typeOf(inputOf(node, 0)).dtype === DT_FLOAT && !attributeIs(node, 'T', DT_FLOAT);
  return isWrong
    ? graphValue('Mean', node.inputs, { ...node.attributes, ...FLOAT }, node.outputs)
    : null;
}

/** tfjs's gradients often end in a reshape to the same shape, which would keep neighbours from being joined. */
function lastReshapeOnly(node: GraphNode): GraphValue | null {
  const values = inputOf(node, 0);
  const shape = shapeOf({ node, index: 0 });
  const isLeftOut = values.node.op === 'Reshape' || sameShape(shapeOf(values), shape);
  return isLeftOut ? reshape(values, shape) : null;
}

/** tfjs predicts for a slice of the batch, which is the whole batch. */
function sliceOfPart(node: GraphNode): GraphValue | null {
  const values = inputOf(node, 0);
  return sameShape(shapeOf(values), shapeOf({ node, index: 0 })) ? values : null;
}

/** tfjs transposes what is to be summed by segments, and what has been, though the axes stay. */
function transposeOfNothing(node: GraphNode): GraphValue | null {
  const axes = shapeOf({ node, index: 0 }).map((_, axis) => axis);
  return inputIs(node, 1, axes) ? inputOf(node, 0) : null;
}

/** tfjs-node leaves the attributes of this op out, which a graph has to have. */
function expandDims(node: GraphNode): GraphValue | null {
  return reshape(inputOf(node, 0), shapeOf({ node, index: 0 }));
}

/** tfjs casts, to be safe, what is of the right type already. */
function castToOtherType(node: GraphNode): GraphValue | null {
  const values = inputOf(node, 0);
  return typeOf(values).dtype === typeOf({ node, index: 0 }).dtype ? values : null;
}

/** The class of the largest probability is that of the largest logit: accuracy needs no softmax. */
function argMaxOfLogits(node: GraphNode): GraphValue | null {
  const [values, axis] = [inputOf(node, 0), inputOf(node, 1)];
  const last = shapeOf(values).length - 1;
  const isLast = [-1, last].includes(constantOf(axis)?.[0] ?? Number.NaN);
  return values.node.op === 'Softmax' && isLast
    ? graphValue('ArgMax', [inputOf(values.node, 0), axis], node.attributes, node.outputs)
    : null;
}

/** A product of two matrices, which tfjs computes as a batch of one. */
function matrixProduct(node: GraphNode): GraphValue | null {
  const shape = shapeOf({ node, index: 0 });
  const [left, right] = [inputOf(node, 0), inputOf(node, 1)].map((value) => {
    const others = shapeOf(value).slice(0, -2);
    return others.every((size) => size === 1) ? reshape(value, shapeOf(value).slice(-2)) : null;
  });
  if (!left || !right || typeOf(left).dtype !== DT_FLOAT) {
    return null;
  }
  const product = matMul(
    left,
    right,
    attributeIs(node, 'adj_x', true),
    attributeIs(node, 'adj_y', true),
  );
  return reshape(product, shape);
}
