import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { asInKeras, assertAsKeras, classifier, data, keras, twoByTwo } from './kerasFit';

const left = data('x');
const right = data('x2');
const kind = data('classes');
const size = data('numbers');
const sampleWeight = data<tf.Rank.R1>('sampleWeight');
const lossWeights = { kind: 0.5, size: 2 };

function compiledTwoByTwo(options: Partial<training.CompileOptions> = {}): tf.LayersModel {
  const model = twoByTwo();
  training.compile(model, {
    optimizer: tf.train.sgd(0.5),
    loss: { kind: 'sparse_categorical_crossentropy', size: 'mse' },
    metrics: { kind: ['accuracy'], size: ['mae'] },
    ...options,
  });
  return model;
}

describe('several inputs and outputs train as in Keras', () => {
  for (const compiled of [true, false]) {
    const how = compiled ? 'compiled' : 'eager';
    const options = { ...asInKeras, validationSplit: 1 / 3, compiled };

    test(`by name and in order, ${how}`, async () => {
      for (const [x, y] of [
        [
          { right, left },
          { size, kind },
        ],
        [
          [left, right],
          [kind, size],
        ],
      ] as const) {
        const before = tf.memory().numTensors;
        const model = compiledTwoByTwo();
        const history = await training.fit(model, x, y, options);
        assertAsKeras(history, model, keras.several.plain);
        model.dispose();
        model.optimizer.dispose();
        assert.equal(tf.memory().numTensors, before);
      }
    });

    test(`with weights of the losses, ${how}`, async () => {
      for (const given of [lossWeights, [0.5, 2]]) {
        const model = compiledTwoByTwo({ lossWeights: given });
        const history = await training.fit(model, { left, right }, { kind, size }, options);
        assertAsKeras(history, model, keras.several.lossWeights);
      }
    });

    test(`with weights of the losses and of the rows, ${how}`, async () => {
      const weights = [sampleWeight, sampleWeight.reverse()];
      for (const given of [weights, { size: weights[1], kind: weights[0] }]) {
        const before = tf.memory().numTensors;
        const model = compiledTwoByTwo({ lossWeights });
        const history = await training.fit(model, [left, right], [kind, size], {
          ...options,
          sampleWeight: given as training.SampleWeight,
        });
        assertAsKeras(history, model, keras.several.sampleWeight);
        model.dispose();
        model.optimizer.dispose();
        assert.equal(tf.memory().numTensors, before);
      }
    });

    test(`evaluate and predict, ${how}`, async () => {
      const before = tf.memory().numTensors;
      const model = compiledTwoByTwo({ lossWeights });
      const settings = { batchSize: 8, verbose: 0, compiled } as const;
      const scores = await training.evaluate(model, { left, right }, { kind, size }, settings);
      assertScores(scores, keras.several.evaluate);
      await training.fit(model, { left, right }, { kind, size }, options);
      model.dispose();
      model.optimizer.dispose();
      assert.equal(tf.memory().numTensors, before);
    });
  }

  test('without weights of the losses each has the weight 1', async () => {
    const history = await training.fit(
      compiledTwoByTwo(),
      { left, right },
      { kind, size },
      { ...asInKeras, sampleWeight: { kind: tf.ones([24]) } },
    );
    const { loss = [], kind_loss: ofKind = [], size_loss: ofSize = [] } = history.history;
    for (const [epoch, total] of loss.entries()) {
      assert.ok(Math.abs(total - (ofKind[epoch] ?? 0) - (ofSize[epoch] ?? 0)) < 1e-6);
    }
  });

  test('losses of outputs of different shapes are added up', async () => {
    const input = tf.input({ shape: [4] });
    const one = tf.layers.dense({ units: 1, name: 'one' }).apply(input) as tf.SymbolicTensor;
    const many = tf.layers.repeatVector({ n: 5, name: 'many' }).apply(one) as tf.SymbolicTensor;
    for (const compiled of [true, false]) {
      const model = tf.model({ inputs: input, outputs: [one, many] });
      training.compile(model, { optimizer: tf.train.sgd(0), loss: 'mse' });
      const targets = { one: size, many: tf.tile(size.expandDims(1), [1, 5, 1]) };
      const { history } = await training.fit(model, left, targets, { ...asInKeras, compiled });
      const [total = 0, ofOne = 0, ofMany = 0] = Object.values(history).map(([first]) => first);
      assert.ok(Math.abs(total - ofOne - ofMany) < 1e-6 && Math.abs(ofOne - ofMany) < 1e-6);
    }
  });
});

test('weights of one output’s loss', async () => {
  const model = classifier();
  training.compile(model, {
    optimizer: tf.train.sgd(0),
    loss: 'sparseCategoricalCrossentropy',
    lossWeights: [3],
  });
  const weighted = await training.evaluate(model, left, kind, { verbose: 0 });
  const plain = await training.evaluate(classifier(), left, kind, { verbose: 0 });
  assert.ok(Math.abs((weighted.loss ?? 0) - 3 * (plain.loss ?? 0)) < 1e-5);
});

test('predict gives one tensor per output, in the model’s order', async () => {
  for (const compiled of [true, false]) {
    const before = tf.memory().numTensors;
    const model = twoByTwo();
    const outputs = await training.predict<tf.Tensor[]>(
      model,
      { right, left },
      { batchSize: 10, compiled },
    );
    const [kinds, sizes] = outputs;
    const expected = tf.tidy(() =>
      (model.predict([left, right]) as tf.Tensor[]).map((one) => one.arraySync()),
    );
    for (const [index, output] of [kinds, sizes].entries()) {
      assert.deepEqual(output?.shape, index === 0 ? [24, 3] : [24, 1]);
      const difference = tf.tidy(() =>
        output
          .sub(tf.tensor2d(expected[index] as number[][]))
          .abs()
          .max()
          .dataSync(),
      );
      assert.ok((difference[0] ?? 1) < 1e-6);
    }
    tf.dispose(outputs);
    model.dispose();
    assert.equal(tf.memory().numTensors, before);
  }
});

test('names that are missing or unknown are named', async () => {
  const fitted = (x: training.TensorOrTensors, y: training.TensorOrTensors) =>
    training.fit(compiledTwoByTwo(), x, y, asInKeras);
  await assert.rejects(
    fitted({ left, rigth: right }, { kind, size }),
    /x has "rigth", which is no input of the model\. Did you mean right\?/,
  );
  await assert.rejects(fitted({ left }, { kind, size }), /x lacks the model's input "right"/);
  await assert.rejects(fitted([left, right], { kind }), /y lacks the model's output "size"/);
  await assert.rejects(
    fitted([left, right], { kind, size: size.slice(0, 3) }),
    /x has 24, 24 rows, but y has 24, 3/,
  );
  await assert.rejects(fitted([left, left], { kind, size }), /x\[1\] has the shape \[24, 4\]/);
});

function assertScores(scores: training.Logs, expected: Record<string, number>): void {
  assert.deepEqual(Object.keys(scores).sort(), Object.keys(expected).sort());
  for (const [name, value] of Object.entries(expected)) {
    assert.ok(Math.abs((scores[name] ?? Number.NaN) - value) < 1e-5, name);
  }
}
