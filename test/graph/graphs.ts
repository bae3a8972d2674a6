/** Inspects the graphs that `lib/graph` makes, and compares their results with eager tfjs. */
import assert from 'node:assert/strict';
import { captureStable, type TensorFunction } from '../../lib/graph/capture/capture';
import { runPasses } from '../../lib/graph/passes/index';
import { SessionVariables } from '../../lib/graph/sessionVariables';
import { graph } from '../../lib/index';
import { type GraphNode, nodesOf } from '../../lib/native/graphNode';
import * as tf from '../../lib/tensorflow';
import { maximumDifference } from './lockstep';

/** The nodes of a function's graph, each after those that it depends on. */
export function nodes(body: TensorFunction, ...inputs: tf.Tensor[]): GraphNode[] {
  const scope = new SessionVariables();
  const { graph } = captureStable(body, { name: 'function', inputs, feed: 'inputs', scope });
  return nodesOf({ ...runPasses(graph), updates: [] });
}

export function operations(body: TensorFunction, ...inputs: tf.Tensor[]): string[] {
  return nodes(body, ...inputs).map(({ op }) => op);
}

/** An upstream gradient of this shape, with a different value at each place. */
export function upstreamGradient(shape: number[]): tf.Tensor {
  return tf.tidy(() => tf.reshape(tf.linspace(0.5, 1.5, tf.util.sizeFromShape(shape)), shape));
}

/** Fails unless the function gives the same as a graph. Disposes the inputs. */
export function assertSame(body: TensorFunction, ...inputs: tf.Tensor[]): void {
  const compiled = graph.compile((...tensors: tf.Tensor[]) => body(tensors));
  const [actual, expected] = [compiled(...inputs), body(inputs)];
  assert.equal(actual.length, expected.length);
  for (const [index, tensor] of actual.entries()) {
    const other = expected[index] as tf.Tensor;
    assert.deepEqual(tensor.shape, other.shape);
    const [largest] = tf.tidy(() => tf.max(tf.abs(other)).dataSync());
    const tolerance = 5e-6 * Math.max(1, largest as number);
    assert.ok(
      maximumDifference(tensor, other) < tolerance,
      `result ${index} differs by ${maximumDifference(tensor, other)} of ${largest}`,
    );
  }
  compiled.dispose();
  tf.dispose([actual, expected, inputs]);
}
