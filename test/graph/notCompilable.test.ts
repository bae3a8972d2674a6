/** What cannot be a graph is refused with a sentence that names the place, and nothing has changed. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { graph } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

class ReadingLayer extends tf.layers.Layer {
  static className = 'ReadingLayer';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = [inputs].flat()[0] as tf.Tensor;
    const maximum = input.max().dataSync()[0] as number;
    return input.div(maximum);
  }
}

class CountingLayer extends tf.layers.Layer {
  static className = 'CountingLayer';
  private calls = 0;
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    this.calls++;
    return ([inputs].flat()[0] as tf.Tensor).mul(this.calls);
  }
}

class SignDescent extends tf.Optimizer {
  static className = 'SignDescent';
  override applyGradients(gradients: { name: string; tensor: tf.Tensor }[]): void {
    for (const { name, tensor } of gradients) {
      const weight = tf.engine().registeredVariables[name] as tf.Variable;
      tf.tidy(() => weight.assign(weight.sub(tensor.sign().mul(0.1))));
    }
  }
  override getConfig() {
    return {};
  }
}

describe('a model that cannot be compiled', () => {
  const cases: [string, () => tf.layers.Layer, RegExp][] = [
    [
      'a layer that reads values',
      () => new ReadingLayer({ name: 'peek' }),
      /read in JavaScript.*layer "peek" \(ReadingLayer\) at notCompilable\.test\.js:\d+/,
    ],
    [
      'a layer with a counter',
      () => new CountingLayer({ name: 'count' }),
      /computes anew.*layer "count" \(CountingLayer\)/,
    ],
    [
      'a layer that draws random numbers in JavaScript',
      () => tf.layers.gaussianNoise({ name: 'noise', stddev: 1 }),
      /computes anew.*layer "noise" \(GaussianNoise\)/,
    ],
  ];
  for (const [what, makeLayer, message] of cases) {
    it(what, () => {
      const model = tf.sequential({
        layers: [tf.layers.dense({ inputShape: [3], units: 2 }), makeLayer()],
      });
      model.compile({ optimizer: 'adam', loss: 'meanSquaredError' });
      const [x, y] = [tf.ones([4, 3]), tf.ones([4, 2])] as const;
      const before = (model.getWeights()[0] as tf.Tensor).dataSync();
      const runner = graph.compileModel(model, { immediately: true });
      assert.throws(() => runner.trainOnBatch([x], [y]), {
        name: 'NotCompilableError',
        message,
      });
      assert.deepEqual((model.getWeights()[0] as tf.Tensor).dataSync(), before);
      assert.equal(model.optimizer.iterations, 0);
      model.dispose();
      tf.dispose([x, y]);
    });
  }

  it('an optimiser of its own', () => {
    const model = tf.sequential({ layers: [tf.layers.dense({ inputShape: [3], units: 2 })] });
    model.compile({ optimizer: new SignDescent(), loss: 'meanSquaredError' });
    assert.throws(() => graph.compileModel(model), {
      name: 'NotCompilableError',
      message: /optimiser SignDescent/,
    });
    model.dispose();
  });
});

describe('a step that cannot be compiled', () => {
  const x = tf.tensor1d([1, 2]);
  const cases: [string, (x: tf.Tensor) => tf.Tensor, RegExp][] = [
    [
      'reading a value',
      (t) => t.mul(t.dataSync()[0] as number),
      /read in JavaScript.*the function at /,
    ],
    ['a random number', (t) => t.mul(Math.random()), /computes anew.*Mul/],
    ['a random tensor', (t) => t.add(tf.randomNormal([2])), /computes anew/],
    ['text', () => tf.tensor1d(['a']) as tf.Tensor, /type string/],
    ['an asynchronous function', (async (t: tf.Tensor) => t) as never, /asynchronous/],
  ];
  for (const [what, step, message] of cases) {
    it(what, () => {
      const { numTensors } = tf.memory();
      const compiled = graph.compile(step);
      assert.throws(() => compiled(x), { name: 'NotCompilableError', message });
      compiled.dispose();
      assert.equal(tf.memory().numTensors, numTensors);
    });
  }
});
