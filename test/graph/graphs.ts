/** Inspects the graphs that `lib/graph` makes, and compares their results with eager tfjs. */
import './shardSmall';
import assert from 'node:assert/strict';
import { captureStable, type TensorFunction } from '../../lib/graph/capture/capture';
import { runPasses } from '../../lib/graph/passes/index';
import { SessionVariables } from '../../lib/graph/sessionVariables';
import { graph } from '../../lib/index';
import { fusedOperations } from '../../lib/native/elementwiseKernel';
import { type Graph, type GraphNode, type GraphValue, nodesOf } from '../../lib/native/graphNode';
import * as tf from '../../lib/tensorflow';
import { maximumDifference } from './lockstep';

/** The nodes of a function's graph, each after those that it depends on. */
export function nodes(body: TensorFunction, ...inputs: tf.Tensor[]): readonly GraphNode[] {
  const scope = new SessionVariables();
  const { graph } = captureStable(body, { name: 'function', inputs, feed: 'inputs', scope });
  return nodesOf({ ...runPasses(graph), updates: [] });
}

/** Their operations, with those that one kernel does together. */
export function operations(body: TensorFunction, ...inputs: tf.Tensor[]): string[] {
  return nodes(body, ...inputs).flatMap((node) => [node.op, ...fusedOperations(node)]);
}

/** An upstream gradient of this shape, with a different value at each place. */
export function upstreamGradient(shape: number[]): tf.Tensor {
  return tf.tidy(() => tf.reshape(tf.linspace(0.5, 1.5, tf.util.sizeFromShape(shape)), shape));
}

/** Fails unless the function gives the same as a graph. Disposes the inputs. */
export function assertSame(body: TensorFunction, ...inputs: tf.Tensor[]): void {
  const compiled = graph.compile((...tensors: tf.Tensor[]) => body(tensors));
  const [actual, expected] = [compiled(...inputs), body(inputs)];
  assertClose(actual, expected, 5e-6);
  compiled.dispose();
  tf.dispose([actual, expected, inputs]);
}

/**
 * Fails unless the tensors are the same up to a tolerance, relative to the largest value of each, but at
 * least to 1.
 */
export function assertClose(
  actual: tf.Tensor[],
  expected: tf.Tensor[],
  tolerance: number,
  what = '',
): void {
  assert.equal(actual.length, expected.length, what);
  for (const [index, tensor] of actual.entries()) {
    const other = expected[index] as tf.Tensor;
    assert.deepEqual(tensor.shape, other.shape, what);
    const [largest] = tf.tidy(() => tf.max(tf.abs(other)).dataSync());
    const difference = maximumDifference(tensor, other);
    assert.ok(
      difference < tolerance * Math.max(1, largest as number),
      `${what} result ${index} differs by ${difference} of ${largest}`,
    );
  }
}

/** A graph made by hand; the rows are those of the first input. */
export function graphOf(
  fed: GraphValue[],
  outputs: GraphValue[],
  updates: GraphNode[] = [],
): Graph {
  const { value: shape } = fed[0]?.node.attributes.shape ?? { value: [] };
  const [rows = 0] = shape as number[];
  const nodes = fed.map(({ node }) => node);
  return { fed: nodes, outputs, updates, rows, blocks: new Map(), oneCoreEach: null };
}

/** Numbers for a function's inputs and weights. */
export function normal(shape: number[], seed: number): tf.Tensor {
  return tf.randomNormal(shape, 0, 0.5, 'float32', seed);
}
