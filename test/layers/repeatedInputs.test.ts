/** A layer that takes one value twice: other layers may take it afterwards. */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { layers, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

type Value = tf.SymbolicTensor;

const attend = (...inputs: Value[]) =>
  layers.multiHeadAttention({ numHeads: 2, keyDim: 3 }).apply(inputs) as Value;
const add = (...inputs: Value[]) => tf.layers.add().apply(inputs) as Value;
const multiply = (...inputs: Value[]) => tf.layers.multiply().apply(inputs) as Value;
const dense = (input: Value) => tf.layers.dense({ units: 4 }).apply(input) as Value;

const cases: Record<string, (input: Value) => Value | Value[]> = {
  'self-attention, and what was there before': (input) => {
    const x = dense(input);
    return add(x, attend(x, x));
  },
  'three times, twice by two layers': (input) => {
    const x = dense(input);
    const sum = add(attend(x, x, x), x);
    return add(multiply(sum, sum), multiply(sum, sum), x);
  },
  'the input of the model': (input) => multiply(add(input, input), input),
  'an output of the model': (input) => {
    const x = dense(input);
    return [x, add(x, x), multiply(x, x)];
  },
  'a model with two inputs': (input) => {
    const inputs = [1, 2].map(() => tf.input({ shape: [6, 4] })) as [Value, Value];
    const inner = tf.model({ inputs, outputs: multiply(...inputs) });
    const x = dense(input);
    return add(inner.apply([x, x]) as Value, x);
  },
};

for (const [name, build] of Object.entries(cases)) {
  it(name, async () => {
    const inputs = tf.input({ shape: [6, 4] });
    const model = tf.model({ inputs, outputs: build(inputs) });
    const x = tf.randomNormal([5, 6, 4], 0, 1, 'float32', 3);
    const before = tf.memory().numTensors;
    // In training nothing is disposed early.
    const expected = [model.apply(x, { training: true })].flat() as tf.Tensor[];
    const opByOp = [model.predict(x)].flat();
    const compiled = [await training.predict(model, x, { compiled: true })].flat();
    for (const [index, one] of expected.entries()) {
      for (const other of [opByOp[index], compiled[index]] as [tf.Tensor, tf.Tensor]) {
        const difference = tf.tidy(() => tf.max(tf.abs(tf.sub(one, other))).dataSync()[0]);
        assert.ok((difference as number) < 1e-5, `output ${index} differs by ${difference}`);
      }
    }
    tf.dispose([expected, opByOp, compiled]);
    assert.equal(tf.memory().numTensors, before);
    x.dispose();
    model.dispose();
  });
}
