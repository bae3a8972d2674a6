import assert from 'node:assert/strict';
import { test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose, classifier, flowers } from './flowers';

const { x, y } = flowers(40);
const quiet = { verbose: 0, shuffle: false } as const;

/** As JavaScript may call it, or a program that reads its options from elsewhere. */
function fitWith(options: object): Promise<training.History> {
  return training.fit(classifier(), x, y, { ...quiet, ...options } as training.FitOptions);
}

test('an option that fit does not know is an error that names the nearest one', async () => {
  for (const [wrong, right] of [
    ['epoch', 'epochs'],
    ['batch_size', 'batchSize'],
    ['validation_data', 'validationData'],
    ['callback', 'callbacks'],
    ['intialEpoch', 'initialEpoch'],
    ['suffle', 'shuffle'],
  ] as const) {
    const message = `fit has no option "${wrong}". Did you mean ${right}?`;
    await assert.rejects(fitWith({ [wrong]: 7 }), { name: 'TypeError', message });
  }
  await assert.rejects(fitWith({ yieldEvery: 'auto' }), {
    message: /^fit has no option "yieldEvery"\. There are epochs, .*, compiled\.$/,
  });
});

test('callbacks may be one object, with methods of its own or of its class', async () => {
  const epochs: number[] = [];
  class Notes {
    onEpochEnd(epoch: number): void {
      epochs.push(epoch);
    }
  }
  await fitWith({ epochs: 2, callbacks: new Notes() });
  await fitWith({ callbacks: { onEpochEnd: (epoch: number) => epochs.push(epoch) } });
  assert.deepEqual(epochs, [0, 1, 0]);
});

test('a callback with a method that is never called is an error', async () => {
  await assert.rejects(fitWith({ callbacks: [{}, { onEpochEnds() {} }] }), {
    message:
      'fit calls no method onEpochEnds of a callback (callbacks[1]). Did you mean onEpochEnd?',
  });
  class Wrong {
    onBatchStop(): void {}
  }
  await assert.rejects(fitWith({ callbacks: new Wrong() }), /no method onBatchStop/);
  await assert.rejects(fitWith({ callbacks: () => {} }), /callbacks\[0\] is a function/);
  await assert.rejects(fitWith({ callbacks: [null] }), /callbacks\[0\] is null/);
});

test('validationData may be an object', async () => {
  const pair = await fitWith({ validationData: [x, y] });
  const object = await fitWith({ validationData: { x, y } });
  assertClose(object.history.val_loss, pair.history.val_loss);
  await assert.rejects(
    fitWith({ validationData: { x: x.slice(0, 3), y } }),
    /validationData\.x has 3 rows, but validationData\.y has 40/,
  );
  await assert.rejects(fitWith({ validationData: { xs: x, ys: y } }), /but it has xs, ys/);
  await assert.rejects(fitWith({ validationData: [x] }), /but it holds 1 element\(s\)/);
});

test('a disposed model, weight or optimiser is named', async () => {
  const model = classifier();
  await training.fit(model, x, y, quiet);
  model.dispose();
  await assert.rejects(training.fit(model, x, y, quiet), {
    message: 'The model "classifier" was disposed. Build or load it again.',
  });
  for (const rows of [1, 5000]) {
    const many = tf.zeros([rows, ...x.shape.slice(1)]);
    for (const compiled of [true, false]) {
      await assert.rejects(
        training.predict(model, many, { compiled }),
        /^Error: The model "classifier" was disposed/,
      );
    }
    many.dispose();
  }

  const withoutLayer = classifier();
  withoutLayer.layers[0]?.dispose();
  await assert.rejects(
    training.fit(withoutLayer, x, y, quiet),
    /^Error: The weight "[^"]*kernel[^"]*" of the model "classifier" was disposed/,
  );

  const optimizer = tf.train.adam();
  const withoutOptimizer = classifier({ optimizer });
  await training.fit(withoutOptimizer, x, y, quiet);
  optimizer.dispose();
  await assert.rejects(
    training.fit(withoutOptimizer, x, y, quiet),
    /The optimiser Adam of the model "classifier" was disposed\. Call model\.compile/,
  );
});

test('a model that a callback disposes is named, and nothing is left', async () => {
  for (const compiled of [true, false]) {
    const before = tf.memory().numTensors;
    const model = classifier();
    const callbacks = { onBatchEnd: () => void model.dispose() };
    await assert.rejects(
      training.fit(model, x, y, { ...quiet, batchSize: 10, compiled, callbacks }),
      /The model "classifier" was disposed/,
    );
    assert.equal(tf.memory().numTensors, before);
  }
});
