import assert from 'node:assert/strict';
import { afterEach, describe, mock, test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose, weightValues } from './flowers';
import { asInKeras, assertAsKeras, classifier, data, keras, validation } from './kerasFit';

afterEach(() => mock.restoreAll());

const x = data('x');
const y = data('classes');
const { batchSize: _, ...withoutBatchSize } = asInKeras;

type Pairs = tf.data.Dataset<tf.TensorContainer>;

function pairs(inputs: tf.Tensor = x, targets: tf.Tensor = y): Pairs {
  const elements = { xs: tf.data.array(rowsOf(inputs)), ys: tf.data.array(rowsOf(targets)) };
  return tf.data.zip(elements) as Pairs;
}

function rowsOf(tensor: tf.Tensor): tf.TensorContainer[] {
  return tensor.arraySync() as tf.TensorContainer[];
}

/** This many batches of 8 rows, repeating the data. */
function* generator(count: number): Generator<training.DataBatch> {
  for (let index = 0; index < count; index++) {
    const first = 8 * (index % 3);
    yield [x.slice(first, 8), y.slice(first, 8)];
  }
}

async function fitted(
  source: training.DataSource,
  options: training.FitOptions = {},
): Promise<[training.History, tf.LayersModel]> {
  const model = classifier();
  return [await training.fit(model, source, { ...withoutBatchSize, ...options }), model];
}

describe('data that come batch by batch train as in Keras', () => {
  for (const compiled of [true, false]) {
    const how = compiled ? 'compiled' : 'eager';

    test(`a data set whose size is known, and one for validation, ${how}`, async () => {
      const before = tf.memory().numTensors;
      const [validationX, validationY] = validation();
      const validationData = pairs(validationX, validationY).batch(2);
      const source = pairs().batch(8);
      const [history, model] = await fitted(source, { compiled, validationData });
      assertAsKeras(history, model, keras.steps.dataset);
      assert.equal(history.params.steps, 3);
      tf.dispose([validationX, validationY]);
      model.dispose();
      model.optimizer.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    test(`a last batch with fewer rows, ${how}`, async () => {
      const [history, model] = await fitted(pairs().batch(10), { compiled });
      assertAsKeras(history, model, keras.steps.unevenDataset);
    });
  }

  test('a data set whose size is not known', async () => {
    const source = pairs()
      .filter(() => true)
      .batch(8);
    assert.equal(source.size, null);
    const [history, model] = await fitted(source);
    assertAsKeras(history, model, keras.steps.unknownSize);
    assert.equal(history.params.steps, undefined);
  });

  test('a data set without end, in epochs of so many steps', async () => {
    const [history, model] = await fitted(pairs().batch(4).repeat(), {
      stepsPerEpoch: 4,
      epochs: 5,
    });
    assertAsKeras(history, model, keras.steps.repeated);
    await assert.rejects(fitted(pairs().batch(4).repeat()), /without end: give stepsPerEpoch/);
    await assert.rejects(
      fitted(pairs().batch(4), { validationData: pairs().batch(4).repeat() }),
      /without end: give validationSteps/,
    );
  });

  test('epochs that end with the data, after a warning', async () => {
    const warn = mock.method(console, 'warn', () => {});
    const [history, model] = await fitted(pairs().batch(4), { stepsPerEpoch: 4, epochs: 5 });
    assertAsKeras(history, model, keras.steps.knownInSteps);
    const tensors = classifier();
    const options = { ...asInKeras, batchSize: 4, stepsPerEpoch: 4, epochs: 5 };
    assertAsKeras(await training.fit(tensors, x, y, options), tensors, keras.steps.tensors);
    assert.equal(warn.mock.callCount(), 4);
    assert.match(String(warn.mock.calls[0]?.arguments[0]), /ended after step 2 of 4 of an epoch/);
  });

  test('a generator goes on from epoch to epoch', async () => {
    const [history, model] = await fitted(generator(100), { stepsPerEpoch: 2, epochs: 3 });
    assertAsKeras(history, model, keras.steps.generator);
  });

  test('a generator function and one that is asynchronous begin anew in each epoch', async () => {
    const [, expected] = await fitted(pairs().batch(8));
    async function* asynchronous() {
      yield* generator(3);
    }
    for (const source of [() => generator(3), asynchronous]) {
      const [history, model] = await fitted(source);
      assert.equal(history.epoch.length, 4);
      assertClose(weightValues(model).flat(), weightValues(expected).flat());
    }
  });

  test('a generator that has ended ends the training, after a warning', async () => {
    const warn = mock.method(console, 'warn', () => {});
    const [history] = await fitted(generator(3));
    assert.deepEqual(history.epoch, [0]);
    assert.match(String(warn.mock.calls[0]?.arguments[0]), /training ends after 1 epoch\(s\)/);
  });

  test('as many steps of validation as are asked for, each time from the start', async () => {
    const [validationX, validationY] = validation();
    const validationData = pairs(validationX, validationY).batch(2);
    const options = { validationData, validationSteps: 2 };
    const [history, model] = await fitted(pairs().batch(8), options);
    assertAsKeras(history, model, keras.steps.validationSteps);
    const tensors = classifier();
    const of = await training.fit(tensors, x, y, {
      ...asInKeras,
      validationData: validation(),
      validationBatchSize: 2,
      validationSteps: 2,
    });
    assertAsKeras(of, tensors, keras.steps.validationTensors);
  });

  test('validation after some epochs only', async () => {
    for (const [name, validationFreq] of [
      ['validationFreq', 2],
      ['validationEpochs', [1, 4]],
    ] as const) {
      const model = classifier();
      const options = { ...asInKeras, validationData: validation(), validationFreq };
      assertAsKeras(await training.fit(model, x, y, options), model, keras.steps[name]);
    }
    const wrong = { ...asInKeras, validationFreq: [0] };
    await assert.rejects(training.fit(classifier(), x, y, wrong), /validationFreq\[0\] must be/);
  });

  test('weights of the rows, in the batches, and of classes', async () => {
    const weights = data('sampleWeight');
    function* weighted(): Generator<training.DataBatch> {
      for (const first of [0, 8, 16]) {
        yield [x.slice(first, 8), y.slice(first, 8), weights.slice(first, 8)];
      }
    }
    const [history, model] = await fitted(weighted);
    assertAsKeras(history, model, keras.steps.sampleWeight);
    const classWeight = { 0: 0.5, 1: 3, 2: 1 };
    const [byClass, other] = await fitted(pairs().batch(8), { classWeight });
    assertAsKeras(byClass, other, keras.steps.classWeight);
  });
});

test('options that need all rows, and a y, are refused', async () => {
  const source = pairs().batch(8);
  await assert.rejects(
    fitted(source, { batchSize: 8 }),
    /batchSize is not for data that come batch/,
  );
  await assert.rejects(fitted(source, { validationSplit: 0.5 }), /validationSplit is not for/);
  await assert.rejects(fitted(source, { sampleWeight: y }), /sampleWeight is not for/);
  const withTargets = training.fit as (...values: unknown[]) => Promise<training.History>;
  await assert.rejects(withTargets(classifier(), source, y), /leave out y/);
  const history = await withTargets(classifier(), source, undefined, { verbose: 0 });
  assert.equal(history.epoch.length, 1);
});

test('what is wrong with a batch is said with its number, and nothing is left', async () => {
  const before = tf.memory().numTensors;
  const good = (): training.DataBatch => [x.slice(0, 8), y.slice(0, 8)];
  const cases: [() => unknown, RegExp][] = [
    [() => [x.slice(0, 8)], /^TypeError: Batch 1 of x is an array of 1; it must be \[x, y\]/],
    [() => x.slice(0, 8), /Batch 1 of x is one tensor; it must be/],
    [() => ({ inputs: x.slice(0, 8) }), /Batch 1 of x is an object with inputs; it must be/],
    [() => 7, /Batch 1 of x is 7; it must be/],
    [
      () => [x.slice(0, 8), y.slice(0, 7)],
      /x of batch 1 of x has 8 rows, but y of batch 1 of x has 7/,
    ],
    [
      () => [y.slice(0, 8), y.slice(0, 8)],
      /x of batch 1 of x has the shape \[8\], but the model takes/,
    ],
  ];
  for (const [bad, message] of cases) {
    let closed = false;
    function* batches() {
      try {
        yield good();
        yield bad() as training.DataBatch;
      } finally {
        closed = true;
      }
    }
    const model = classifier();
    await assert.rejects(training.fit(model, batches, { verbose: 0 }), message);
    assert.ok(closed);
    model.dispose();
    model.optimizer.dispose();
  }
  assert.equal(tf.memory().numTensors, before);
  await assert.rejects(fitted([].values()), /The data are empty: there is no batch to train on/);
  const empty = { validationData: () => generator(0) };
  await assert.rejects(fitted(pairs().batch(8), empty), /validationData are empty/);
  const wrong = (() => 7) as unknown as training.DataSource;
  await assert.rejects(fitted(wrong), /x is a function; it must return .* but it returned 7/);
});

test('a batch that never comes cannot keep the model from being trained again', async () => {
  const controller = new AbortController();
  let late: (batch: training.DataBatch) => void = () => {};
  async function* stuck(): AsyncGenerator<training.DataBatch> {
    yield* generator(1);
    setTimeout(() => controller.abort(), 20);
    yield await new Promise<training.DataBatch>((resolve) => {
      late = resolve;
    });
  }
  const before = tf.memory().numTensors;
  const model = classifier();
  await assert.rejects(training.fit(model, stuck, { verbose: 0, signal: controller.signal }), {
    name: 'Interrupted',
    message: /while it waited for a batch of x/,
  });
  late([x.slice(0, 8), y.slice(0, 8)]);
  await new Promise((resolve) => setTimeout(resolve, 10));
  await training.fit(model, () => generator(1), { verbose: 0 });
  model.dispose();
  model.optimizer.dispose();
  assert.equal(tf.memory().numTensors, before);
});

test('the end of a training closes a generator that goes on', async () => {
  let closed = 0;
  function* endless() {
    try {
      yield* generator(1000);
    } finally {
      closed++;
    }
  }
  await fitted(endless, { stepsPerEpoch: 2, epochs: 2 });
  assert.equal(closed, 1);
});
