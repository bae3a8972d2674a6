/**
 * Operations of tfjs for which TensorFlow has a faster equal. Grappler, TensorFlow's own optimiser
 * of graphs, does part of the work: it joins a Conv2D or MatMul, the BiasAdd after it and the
 * activation into one kernel, but knows them in the forms made here only.
 */
import * as tf from '../tensorflow';
import { type AttributeValue, bool, type GraphValue, string } from './graphNode';
import { nativeType } from './native';
import {
  activationGradientAfterPooling,
  averagePoolingGradient,
  poolBeforeActivation,
} from './poolingRewrites';
import { type AddNode, type Call, constantOf, FLOAT, type Rewrite, reshape } from './rewriteNodes';

/** The faster equal of a call with one output; null if there is none. */
export function rewrite(call: Call, add: AddNode): GraphValue | null {
  for (const attempt of REWRITES[call.op] ?? []) {
    const value = attempt(call, add);
    if (value !== null) {
      return value;
    }
  }
  return null;
}

const REWRITES: Record<string, Rewrite[]> = {
  Add: [biasAdd],
  AddV2: [biasAdd],
  Sum: [biasAddGradient],
  Mean: [meanOfBooleans],
  Reshape: [reshapeToSameShape],
  ExpandDims: [expandDims],
  ArgMax: [argMaxBeforeSoftmax],
  MaxPool: [poolBeforeActivation],
  ReluGrad: [activationGradientAfterPooling],
  SigmoidGrad: [activationGradientAfterPooling],
  TanhGrad: [activationGradientAfterPooling],
  AvgPoolGrad: [averagePoolingGradient],
  BatchMatMulV2: [matrixProduct],
  Conv2D: [convolutionOfWholeImage],
  Conv2DBackpropInput: [inputGradientOfWholeImage],
  Conv2DBackpropFilter: [filterGradientOfWholeImage],
};

/** A vector added along the last axis. */
function biasAdd({ inputs, tensors }: Call, add: AddNode): GraphValue | null {
  const [values, bias] = tensors as [tf.TensorInfo, tf.TensorInfo];
  const isBias =
    values.dtype === 'float32' &&
    values.shape.length >= 2 &&
    bias.shape.length === 1 &&
    bias.shape[0] === values.shape.at(-1);
  return isBias ? add('BiasAdd', inputs, { ...FLOAT, data_format: string('NHWC') }) : null;
}

/** A sum over all axes but the last: the gradient of a bias. */
function biasAddGradient({ attributes, inputs, tensors }: Call, add: AddNode): GraphValue | null {
  const [values] = tensors as [tf.TensorInfo];
  const axes = constantOf(inputs[1] as GraphValue);
  if (values.dtype !== 'float32' || axes === null || attributes.keep_dims?.value !== false) {
    return null;
  }
  const isGradient =
    axes.length > 0 &&
    axes.length === values.shape.length - 1 &&
    axes.every((axis, index) => axis === index);
  if (!isGradient) {
    return null;
  }
  // Max pooling passes each value of a gradient to one place, so the sums before and after it are
  // equal. Here they are summed before: there are fewer, and oneDNN would do the sum after it
  // together with the gradient of the filter, which takes longer than both apart.
  const [{ node }] = inputs as [GraphValue];
  const summed = node.op === 'MaxPoolGrad' ? (node.inputs[2] as GraphValue) : inputs[0];
  return add('BiasAddGrad', [summed as GraphValue], { ...FLOAT, data_format: string('NHWC') });
}

/** tfjs-node casts booleans to numbers before a mean, but then names the type from before. */
function meanOfBooleans({ attributes, inputs, tensors }: Call, add: AddNode): GraphValue | null {
  return tensors[0]?.dtype === 'float32' ? add('Mean', inputs, { ...attributes, ...FLOAT }) : null;
}

/** tfjs's gradients often end in such a reshape; it would keep neighbours from being joined. */
function reshapeToSameShape({ inputs, tensors, output }: Call): GraphValue | null {
  return String(tensors[0]?.shape) === String(output.shape) ? (inputs[0] as GraphValue) : null;
}

/** tfjs-node leaves the attributes of this op out, which a graph has to have. */
function expandDims({ inputs, tensors, output }: Call, add: AddNode): GraphValue | null {
  const [values] = tensors as [tf.TensorInfo];
  const dtype = nativeType(values.dtype);
  return dtype === undefined ? null : reshape(inputs[0] as GraphValue, output.shape, add, dtype);
}

/** The class of the largest probability is that of the largest logit: accuracy needs no softmax. */
function argMaxBeforeSoftmax({ attributes, inputs, tensors }: Call, add: AddNode) {
  const [{ node }, axis] = inputs as [GraphValue, GraphValue];
  const last = (tensors[0] as tf.TensorInfo).shape.length - 1;
  const isLast = [-1, last].includes(constantOf(axis)?.[0] ?? Number.NaN);
  return node.op === 'Softmax' && isLast
    ? add('ArgMax', [node.inputs[0] as GraphValue, axis], attributes)
    : null;
}

/** A product of two matrices, which tfjs computes as a batch of one. */
function matrixProduct(call: Call, add: AddNode): GraphValue | null {
  const { attributes, inputs, tensors, output } = call;
  const [left, right] = inputs as [GraphValue, GraphValue];
  const [a, b] = tensors.map(({ shape }) => shape) as [number[], number[]];
  const isSingle = (shape: number[]) => shape.slice(0, -2).every((size) => size === 1);
  if (output.dtype !== 'float32' || !isSingle(a) || !isSingle(b)) {
    return null;
  }
  const product = add(
    'MatMul',
    [reshape(left, a.slice(-2), add), reshape(right, b.slice(-2), add)],
    {
      ...FLOAT,
      transpose_a: attributes.adj_x as AttributeValue,
      transpose_b: attributes.adj_y as AttributeValue,
    },
  );
  return reshape(product, output.shape, add);
}

/** A filter as large as the image, like that of LeNet-5's last convolution, is a matrix product. */
function convolutionOfWholeImage(call: Call, add: AddNode): GraphValue | null {
  const { inputs, tensors, output } = call;
  const [images, filter] = inputs as [GraphValue, GraphValue];
  const [image, kernel] = tensors.map(({ shape }) => shape) as [number[], number[]];
  if (!coversImage(call, image, kernel)) {
    return null;
  }
  const size = tf.util.sizeFromShape(image.slice(1));
  const left = reshape(images, [image[0] as number, size], add);
  const right = reshape(filter, [size, kernel[3] as number], add);
  return reshape(matMul(left, right, false, false, add), output.shape, add);
}

function inputGradientOfWholeImage(call: Call, add: AddNode): GraphValue | null {
  const { inputs, tensors, output } = call;
  const [, filter, gradient] = inputs as [GraphValue, GraphValue, GraphValue];
  const kernel = (tensors[1] as tf.TensorInfo).shape;
  if (!coversImage(call, output.shape, kernel)) {
    return null;
  }
  const [count, filters] = [output.shape[0] as number, kernel[3] as number];
  const left = reshape(gradient, [count, filters], add);
  const right = reshape(filter, [tf.util.sizeFromShape(kernel.slice(0, 3)), filters], add);
  return reshape(matMul(left, right, false, true, add), output.shape, add);
}

function filterGradientOfWholeImage(call: Call, add: AddNode): GraphValue | null {
  const { inputs, tensors, output } = call;
  const [images, , gradient] = inputs as [GraphValue, GraphValue, GraphValue];
  const image = (tensors[0] as tf.TensorInfo).shape;
  if (!coversImage(call, image, output.shape)) {
    return null;
  }
  const count = image[0] as number;
  const left = reshape(images, [count, tf.util.sizeFromShape(image.slice(1))], add);
  const right = reshape(gradient, [count, output.shape[3] as number], add);
  return reshape(matMul(left, right, true, false, add), output.shape, add);
}

function coversImage({ attributes, output }: Call, image: number[], kernel: number[]): boolean {
  const { padding, data_format, dilations } = attributes;
  return (
    output.dtype === 'float32' &&
    padding?.value === 'VALID' &&
    data_format?.value === 'NHWC' &&
    String(dilations?.value) === '1,1,1,1' &&
    String(image.slice(1)) === String(kernel.slice(0, 3))
  );
}

function matMul(
  left: GraphValue,
  right: GraphValue,
  transposeLeft: boolean,
  transposeRight: boolean,
  add: AddNode,
): GraphValue {
  return add('MatMul', [left, right], {
    ...FLOAT,
    transpose_a: bool(transposeLeft),
    transpose_b: bool(transposeRight),
  });
}
