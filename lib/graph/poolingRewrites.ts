/** Faster equals of pooling and its gradients. */
import type * as tf from '../tensorflow';
import { concatenation, type GraphValue, scalar } from './graphNode';
import { DT_FLOAT } from './native';
import { GRADIENT_OPS } from './nativeGradients';
import { type AddNode, type Call, FLOAT, reshape } from './rewriteNodes';

/**
 * Pools before the activation, which then has fewer values to do: a quarter for windows of 2 × 2.
 * Sigmoid and tanh never fall, so the largest input gives the largest output. The same holds for
 * relu, but that costs nothing where it is, as a part of the convolution's kernel.
 */
export function poolBeforeActivation({ attributes, inputs }: Call, add: AddNode) {
  const [{ node }] = inputs as [GraphValue];
  return node.op === 'Sigmoid' || node.op === 'Tanh'
    ? add(node.op, [add('MaxPool', node.inputs, attributes)], node.attributes)
    : null;
}

/**
 * The gradient of an activation before max pooling: the pooling passes each value to one place, so
 * the activation's slope can be put to the pooled values, which are fewer.
 */
export function activationGradientAfterPooling({ op, attributes, inputs }: Call, add: AddNode) {
  const outputFirst = GRADIENT_OPS.some((known) => known.op === op && known.outputFirst);
  const [first, second] = inputs as [GraphValue, GraphValue];
  const [activated, { node: pooling }] = outputFirst ? [first, second] : [second, first];
  const [pooledFrom, pooled, gradient] = pooling.inputs as [GraphValue, GraphValue, GraphValue];
  if (pooling.op !== 'MaxPoolGrad' || pooledFrom.node !== activated.node) {
    return null;
  }
  const slopes = add(op, outputFirst ? [pooled, gradient] : [gradient, pooled], attributes);
  // The pooling as `poolBeforeActivation` has made it, or as it was.
  const before = pooled.node.op === 'MaxPool' ? pooled : (pooled.node.inputs[0] as GraphValue);
  const [source] = before.node.inputs as [GraphValue];
  return add('MaxPoolGrad', [source, before, slopes], pooling.attributes);
}

/** Where the windows do not overlap, the gradient is each value's share, repeated all over its window. */
export function averagePoolingGradient(call: Call, add: AddNode): GraphValue | null {
  const { attributes, inputs, tensors, output } = call;
  const [, height, width, channels] = output.shape as [number, number, number, number];
  const [count, rows, columns] = (tensors[1] as tf.TensorInfo).shape as [number, number, number];
  const [down, across] = [height / rows, width / columns];
  const { ksize, strides, data_format } = attributes;
  const isTiling =
    output.dtype === 'float32' &&
    data_format?.value === 'NHWC' &&
    [ksize, strides].every((sizes) => String(sizes?.value) === String([1, down, across, 1]));
  if (!isTiling) {
    return null;
  }
  const share = add('Mul', [inputs[1] as GraphValue, scalar(1 / (down * across), DT_FLOAT)], FLOAT);
  const wide = repeat(share, [count * rows * columns, channels], across, add);
  const tall = repeat(wide, [count * rows, width * channels], down, add);
  return reshape(tall, output.shape, add);
}

/** A matrix of this shape, put beside itself several times. */
function repeat(value: GraphValue, shape: number[], times: number, add: AddNode): GraphValue {
  const matrix = reshape(value, shape, add);
  if (times === 1) {
    return matrix;
  }
  const copies = Array.from({ length: times }, () => matrix);
  return add(...concatenation(copies, 1, DT_FLOAT));
}
