/** What cannot be a graph is refused with a sentence that names the place, and nothing changes. */
import assert from 'node:assert/strict';
import crypto from 'node:crypto';
import { describe, it } from 'node:test';
import { graph, training } from '../../lib/index';
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
  calls = 0;
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    this.calls++;
    return ([inputs].flat()[0] as tf.Tensor).mul(this.calls);
  }
}

/** Decides by chance, mostly the same way. */
class RareLayer extends tf.layers.Layer {
  static className = 'RareLayer';
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = [inputs].flat()[0] as tf.Tensor;
    return Math.random() < 1e-9 ? input.neg() : input.mul(2);
  }
}

/** Keeps what it has seen in a property, not in its result. */
class RememberingLayer extends tf.layers.Layer {
  static className = 'RememberingLayer';
  calls = 0;
  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const input = [inputs].flat()[0] as tf.Tensor;
    return ++this.calls % 100 === 0 ? input.neg() : input.mul(2);
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
      () => new RareLayer({ name: 'rare' }),
      /Math\.random is called by layer "rare" \(RareLayer\) at notCompilable\.test\.js:\d+/,
    ],
    [
      'a layer that counts, though not in what it computes now',
      () => new RememberingLayer({ name: 'remember' }),
      /kept from call to call \(layer "remember" \(RememberingLayer\), calls\)/,
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
    ['a random number', (t) => t.mul(Math.random()), /Math\.random is called by the function/],
    ['random numbers of tfjs', (t) => t.add(tf.rand([2], () => Math.random())), /Math\.random/],
    ['the time', (t) => t.mul(Date.now()), /Date\.now is called/],
    ['the time as a date', (t) => t.mul(new Date().getSeconds()), /new Date\(\) is called/],
    ['the time since the start', (t) => t.mul(performance.now()), /performance\.now is called/],
    ['random bytes', (t) => t.mul(crypto.randomInt(3)), /crypto\.randomInt is called/],
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

it('a step that returns its results in another order each time', () => {
  const x = tf.tensor1d([1, 2]);
  let isTurned = false;
  const step = graph.compile((t: tf.Tensor) => {
    const results = [t.square(), t.neg()];
    isTurned = !isTurned;
    return isTurned ? results.reverse() : results;
  });
  assert.throws(() => step(x), { name: 'NotCompilableError', message: /at the operation / });
  step.dispose();
  x.dispose();
});

it('a variable of whole numbers cannot be trained: an error, not the end of the process', () => {
  const weight = tf.variable(tf.ones([2], 'int32'));
  const optimizer = tf.train.sgd(0.1);
  const step = graph.compile((x: tf.Tensor) => {
    const gradient = { name: weight.name, tensor: x };
    optimizer.applyGradients([gradient]);
  });
  const x = tf.ones([2]);
  assert.throws(() => step(x), { name: 'TypeError', message: /has the type int32/ });
  step.dispose();
  tf.dispose([weight, x]);
});

describe('a refusal leaves nothing behind', () => {
  const targets = tf.randomNormal([64, 1], 0, 1, 'float32', 2);
  const sequences = tf.randomNormal([64, 5, 3], 0, 1, 'float32', 1);

  it('the state of a stateful layer is as it was', async () => {
    const histories: unknown[] = [];
    for (const compiled of [undefined, false]) {
      const initializer = (seed: number) => tf.initializers.glorotUniform({ seed });
      const lstm = tf.layers.lstm({
        units: 4,
        stateful: true,
        batchInputShape: [16, 5, 3],
        kernelInitializer: initializer(1),
        recurrentInitializer: initializer(2),
      });
      const dense = tf.layers.dense({ units: 1, kernelInitializer: initializer(3) });
      const model = tf.sequential({ layers: [lstm, dense] });
      model.compile({ optimizer: tf.train.sgd(0.02), loss: 'meanSquaredError' });
      model.resetStates();
      const { warn } = console;
      const warnings: string[] = [];
      console.warn = (text: string) => warnings.push(text);
      const options = { batchSize: 16, epochs: 3, shuffle: false, verbose: 0, compiled } as const;
      const { history } = await training.fit(model, sequences, targets, options);
      console.warn = warn;
      if (compiled === undefined) {
        assert.match(warnings.join(), /"lstm.*" is stateful/);
      }
      histories.push(history.loss);
      model.dispose();
    }
    assert.deepEqual(histories[0], histories[1]);
  });

  it('what a layer of one’s own has counted', () => {
    const layer = new CountingLayer({});
    const model = tf.sequential({ layers: [tf.layers.inputLayer({ inputShape: [3] }), layer] });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const runner = graph.compileModel(model, { immediately: true });
    const [x, before] = [tf.ones([4, 3]), layer.calls] as const;
    assert.throws(() => runner.testOnBatch([x], [x]), { name: 'NotCompilableError' });
    assert.equal(layer.calls, before);
    x.dispose();
  });

  it('no masks of recurrent dropout, once compiled', async () => {
    const before = tf.memory().numTensors;
    for (const layer of [tf.layers.gru, tf.layers.lstm, tf.layers.simpleRNN]) {
      const recurrent = layer({
        units: 4,
        inputShape: [5, 3],
        dropout: 0.2,
        recurrentDropout: 0.2,
      });
      const model = tf.sequential({ layers: [recurrent, tf.layers.dense({ units: 1 })] });
      model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
      await training.fit(model, sequences, targets, { verbose: 0, compiled: true });
      model.dispose();
    }
    assert.equal(tf.memory().numTensors, before);
  });
});

it('a layer may make a constant at its first call and keep it', async () => {
  class KeepingLayer extends tf.layers.Layer {
    static className = 'KeepingLayer';
    kept?: tf.Tensor;
    override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
      this.kept ??= tf.keep(tf.range(0, 3).add(1));
      return ([inputs].flat()[0] as tf.Tensor).mul(this.kept);
    }
  }
  const layer = new KeepingLayer({});
  const model = tf.sequential({
    layers: [
      tf.layers.inputLayer({ inputShape: [3] }),
      layer,
      tf.layers.dense({ units: 1, kernelInitializer: 'ones' }),
    ],
  });
  model.compile({ optimizer: tf.train.sgd(0), loss: 'meanAbsoluteError' });
  const [x, y] = [tf.ones([4, 3]), tf.zeros([4, 1])];
  const { history } = await training.fit(model, x, y, { verbose: 0, compiled: true });
  assert.deepEqual(history.loss, [6]);
  tf.dispose([x, y, layer.kept]);
  model.dispose();
});
