import assert from 'node:assert/strict';
import { test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './flowers';
import { classifier, data, keras } from './kerasFit';

const x = data('x');
const y = data('classes');
const sampleWeight = data<tf.Rank.R1>('sampleWeight');

function* batches(size = 8, weighted = false): Generator<training.DataBatch> {
  for (let first = 0; first < 24; first += size) {
    const weights = weighted ? sampleWeight.slice(first, size) : undefined;
    yield [x.slice(first, size), y.slice(first, size), weights];
  }
}

test('evaluate with weights of the rows, of tensors and of batches, as in Keras', async () => {
  const before = tf.memory().numTensors;
  for (const compiled of [true, false]) {
    const model = classifier();
    const options = { verbose: 0, compiled } as const;
    const tensors = await training.evaluate(model, x, y, {
      ...options,
      batchSize: 8,
      sampleWeight,
    });
    const source = await training.evaluate(model, () => batches(8, true), options);
    for (const scores of [tensors, source]) {
      assertClose(
        [scores.loss as number, scores.accuracy as number],
        [keras.weights.evaluate.loss as number, keras.weights.evaluate.accuracy as number],
      );
    }
    model.dispose();
    model.optimizer.dispose();
  }
  assert.equal(tf.memory().numTensors, before);
});

test('evaluate takes so many steps, and calls callbacks', async () => {
  const model = classifier();
  const calls: string[] = [];
  const callbacks: training.Callback = {
    setModel: (given) => calls.push(given === model ? 'model' : 'another'),
    onTestBegin: () => void calls.push('begin'),
    onTestBatchEnd: (batch) => void calls.push(`batch ${batch}`),
    onTestEnd: (logs) => void calls.push(`end ${Object.keys(logs ?? {})}`),
  };
  const options = { verbose: 0, batchSize: 8, steps: 2, callbacks } as const;
  const some = await training.evaluate(model, x, y, options);
  assert.deepEqual(calls, ['model', 'begin', 'batch 0', 'batch 1', 'end loss,accuracy']);
  const expected = await training.evaluate(model, x.slice(0, 16), y.slice(0, 16), { verbose: 0 });
  assertClose(Object.values(some), Object.values(expected));
  await assert.rejects(
    training.evaluate(model, [].values(), { verbose: 0 }),
    /there is no batch to evaluate/,
  );
});

test('predict for batches, with or without their targets', async () => {
  const model = classifier();
  const expected = await training.predict(model, x);
  const inputs = () => [x.slice(0, 10), x.slice(10, 14)] as unknown as Iterable<training.DataBatch>;
  const pairs = () => [...batches(12)].map((batch) => batch as training.DataBatch);
  const dataset = tf.data.array(x.arraySync() as number[][]).batch(7);
  for (const source of [inputs, pairs, dataset as training.DataSource]) {
    const before = tf.memory().numTensors;
    const predicted = await training.predict(model, source);
    assert.equal(tf.memory().numTensors, before + 1);
    assertClose([...predicted.dataSync()], [...expected.dataSync()]);
  }
  const some = await training.predict(model, x, { batchSize: 5, steps: 2 });
  assert.deepEqual(some.shape, [10, 3]);
});

test('options that there are not, and disposed models, are named', async () => {
  const model = classifier();
  const wrong = { batch_size: 8 } as training.PredictOptions;
  await assert.rejects(training.predict(model, x, wrong), {
    message: 'predict has no option "batch_size". Did you mean batchSize?',
  });
  await assert.rejects(training.evaluate(model, x, y, wrong as training.EvaluateOptions), {
    message: 'evaluate has no option "batch_size". Did you mean batchSize?',
  });
  model.dispose();
  const message = `The model "${model.name}" was disposed. Build or load it again.`;
  await assert.rejects(training.predict(model, x), { message });
  await assert.rejects(training.evaluate(model, x, y), { message });
});
