/** Counts the arithmetic and memory traffic of a training step; measures this machine's rates. */
import { captureStable } from '../../lib/graph/capture/capture';
import { runPasses } from '../../lib/graph/passes/index';
import { SessionVariables } from '../../lib/graph/sessionVariables';
import {
  type Graph,
  type GraphNode,
  type GraphValue,
  inputOf,
  isHandle,
  nodesOf,
  shapeOf,
  typeOf,
  variableType,
} from '../../lib/native/graphNode';
import * as tf from '../../lib/tensorflow';
import type { Work } from './measurement';
import { settings, trainingStep } from './networks';
import type { NetworkName } from './sides';
import { median } from './statistics';

const sizeOf = tf.util.sizeFromShape;

/** A value takes four bytes, whether it is a float or an int. */
const bytesPerValue = 4;

/** Operations without arithmetic or memory traffic. */
const free = ['Const', 'Placeholder', 'VarHandleOp', 'ReadVariableOp', 'Reshape', 'NoOp'];

/** The work of a training step, after the passes have removed what is not used. */
export function workOfNetwork(name: NetworkName, batchSize: number): Work {
  const { picture } = settings[name];
  const inputs = tf.tidy(() => [
    tf.randomUniform([batchSize, ...picture], 0, 1, 'float32', 0),
    tf.zeros([batchSize], 'int32'),
  ]);
  const step = trainingStep(name, batchSize);
  const { graph } = captureStable(([x, y]) => [step(x as tf.Tensor, y as tf.Tensor1D)], {
    name: 'step',
    inputs,
    feed: 'inputs',
    scope: new SessionVariables(),
  });
  return workOf(runPasses(graph, 'crop'));
}

/** The work of a graph: the sum over its operations. */
export function workOf(graph: Graph): Work {
  const nodes = nodesOf(graph).filter(({ op }) => !free.includes(op));
  const sum = (of: (node: GraphNode) => number) =>
    nodes.reduce((total, node) => total + of(node), 0);
  return { arithmetic: sum(arithmeticOf), traffic: sum(trafficOf) };
}

function arithmeticOf(node: GraphNode): number {
  const size = sizeOf(node.outputs[0]?.shape ?? []);
  switch (node.op) {
    case 'MatMul':
    case 'BatchMatMulV2':
      return 2 * size * summedBy(node);
    case 'Conv2D':
      return 2 * size * windowOf(shapeOf(inputOf(node, 1)));
    case 'Conv2DBackpropInput':
      return 2 * sizeOf(shapeOf(inputOf(node, 2))) * windowOf(shapeOf(inputOf(node, 1)));
    case 'Conv2DBackpropFilter':
      return 2 * sizeOf(shapeOf(inputOf(node, 2))) * windowOf(node.outputs[0]?.shape ?? []);
    default:
      return valuesOf(node);
  }
}

/** The number of products that are added up for each value of a matrix product. */
function summedBy(node: GraphNode): number {
  const shape = shapeOf(inputOf(node, 0));
  const { transpose_a, adj_x } = node.attributes;
  const flag = transpose_a ?? adj_x;
  return shape.at(flag?.kind === 'bool' && flag.value ? -2 : -1) as number;
}

/** The number of products that are added up for each value of a convolution with this filter. */
function windowOf(filter: number[]): number {
  return sizeOf(filter.slice(0, 3));
}

function trafficOf(node: GraphNode): number {
  const read = node.inputs.reduce((total, input) => total + bytesOf(input), 0);
  return read + valuesOf(node) * bytesPerValue;
}

/** A variable that is passed by its handle is both read and written. */
function bytesOf(value: GraphValue): number {
  return isHandle(value)
    ? 2 * bytesPerValue * sizeOf(variableType(value).shape)
    : bytesPerValue * sizeOf(typeOf(value).shape);
}

/** The number of values that an operation computes. */
function valuesOf({ outputs }: GraphNode): number {
  return outputs.reduce((total, { shape }) => total + sizeOf(shape), 0);
}

/**
 * The operations per second of a product of large matrices, and the bytes per second of a large
 * copy, on all cores of this machine.
 *
 * @param side the number of rows and of columns of the matrices.
 */
export function machineRates(side = 2048): Work {
  const matrix = tf.randomUniform<tf.Rank.R2>([side, side], 0, 1, 'float32', 0);
  const product = secondsOf(() => tf.matMul(matrix, matrix));
  // 16 times as large as the matrix, so that it fits into no cache.
  const large = tf.tidy(() => tf.tile(tf.reshape(matrix, [-1]), [16]));
  const copy = secondsOf(() => tf.neg(large));
  const rates = {
    arithmetic: (2 * side ** 3) / product,
    traffic: (2 * bytesPerValue * large.size) / copy,
  };
  tf.dispose([matrix, large]);
  return rates;
}

function secondsOf(work: () => tf.Tensor): number {
  const times: number[] = [];
  for (let repetition = 0; repetition < 9; repetition++) {
    const start = performance.now();
    work().dispose();
    times.push((performance.now() - start) / 1000);
  }
  return median(times);
}
