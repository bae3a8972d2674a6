/**
 * Gradients of gradients, as in a gradient penalty: op by op and in a graph, compared with finite
 * differences.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { graph, training } from '../../lib/index';
import {
  softmaxCrossentropy,
  sparseSoftmaxCrossentropy,
} from '../../lib/native/softmaxCrossentropy';
import * as tf from '../../lib/tensorflow';

/** Each either saves an output for its gradient, or has a gradient kernel without a gradient. */
const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
  relu: tf.relu,
  relu6: tf.relu6,
  leakyRelu: (x) => tf.leakyRelu(x),
  elu: tf.elu,
  selu: tf.selu,
  sigmoid: tf.sigmoid,
  tanh: tf.tanh,
  softplus: tf.softplus,
  exp: tf.exp,
  softmax: (x) => tf.softmax(x),
  logSoftmax: (x) => tf.logSoftmax(x),
  logSumExp: (x) => tf.logSumExp(x),
  max: (x) => tf.max(x),
  sqrt: (x) => x.add(2).sqrt(),
  swish: (x) => x.mul(x.sigmoid()),
  crossentropy: (x) => softmaxCrossentropy(tf.tensor2d([[0.2, 0.5, 0.3]]), x.reshape([1, 3])),
  'sparse crossentropy': (x) =>
    sparseSoftmaxCrossentropy(tf.tensor1d([1], 'int32'), x.reshape([1, 3])),
  'softmaxCrossEntropy of tfjs': (x) =>
    tf.losses.softmaxCrossEntropy(tf.tensor2d([[0, 1, 0]]), x.reshape([1, 3])),
};

describe('the gradient of a gradient', () => {
  for (const [name, f] of Object.entries(functions)) {
    it(name, () => {
      const { numTensors } = tf.memory();
      const x = tf.tensor1d([0.3, -0.7, 1.2]);
      const [weights, directions] = [tf.tensor1d([1, 2, 3]), tf.tensor1d([1, -1, 0.5])] as const;
      const value = (v: tf.Tensor) => f(v.square().sub(0.4)).mul(weights).sum() as tf.Scalar;
      const slope = (v: tf.Tensor) => tf.grad(value)(v).mul(directions).sum() as tf.Scalar;
      const expected = differences(slope, x);
      const eager = tf.tidy(() => tf.grad(slope)(x).dataSync());
      const compiled = graph.compile((v: tf.Tensor) => tf.grad(slope)(v));
      const result = compiled(x);
      for (const [index, wanted] of expected.entries()) {
        const tolerance = 0.01 * Math.max(1, Math.abs(wanted));
        assert(
          Math.abs((eager[index] as number) - wanted) < tolerance,
          `${eager}, not ${expected}`,
        );
      }
      for (const [index, actual] of result.dataSync().entries()) {
        assert(Math.abs(actual - (eager[index] as number)) < 1e-4, `${result}, not ${eager}`);
      }
      compiled.dispose();
      tf.dispose([x, weights, directions, result]);
      assert.equal(tf.memory().numTensors, numTensors);
    });
  }

  function differences(f: (x: tf.Tensor) => tf.Scalar, x: tf.Tensor): number[] {
    const step = 1e-2;
    return [0, 1, 2].map((index) =>
      tf.tidy(() => {
        const moved = tf.oneHot([index], x.size).reshape(x.shape).mul(step);
        const change = f(x.add(moved)).sub(f(x.sub(moved)));
        return (change.dataSync()[0] as number) / (2 * step);
      }),
    );
  }
});

describe('a gradient penalty', () => {
  for (const activation of ['relu', 'tanh', 'sigmoid', 'elu'] as const) {
    it(`trains a model with ${activation} alike, compiled and op by op`, async () => {
      const [x, y, probe] = tf.tidy(() => [
        tf.randomNormal([64, 8], 0, 1, 'float32', 1),
        tf.randomNormal([64, 1], 0, 1, 'float32', 2),
        tf.randomNormal([16, 8], 0, 1, 'float32', 9),
      ]) as [tf.Tensor, tf.Tensor, tf.Tensor];
      const [compiled, eager] = await Promise.all(
        [true, false].map(async (compiled) => {
          const kernelInitializer = (seed: number) => tf.initializers.glorotUniform({ seed });
          const model = tf.sequential({
            layers: [
              tf.layers.dense({
                units: 16,
                inputShape: [8],
                activation,
                kernelInitializer: kernelInitializer(1),
              }),
              tf.layers.dense({ units: 1, kernelInitializer: kernelInitializer(2) }),
            ],
          });
          const penalty = () =>
            tf
              .grad((v) => (model.apply(v) as tf.Tensor).sum())(probe)
              .square()
              .mean()
              .mul(5);
          model.compile({
            optimizer: tf.train.sgd(0.02),
            loss: (targets, outputs) => targets.sub(outputs).square().mean().add(penalty()),
          });
          const options = {
            batchSize: 16,
            epochs: 3,
            shuffle: false,
            verbose: 0,
            compiled,
          } as const;
          const { history } = await training.fit(model, x, y, options);
          model.dispose();
          return history.loss as number[];
        }),
      );
      for (const [epoch, loss] of (compiled as number[]).entries()) {
        assert(Math.abs(loss - (eager?.[epoch] ?? 0)) < 1e-4, `${compiled}, not ${eager}`);
      }
      tf.dispose([x, y, probe]);
    });
  }
});
