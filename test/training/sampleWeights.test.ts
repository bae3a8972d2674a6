import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose, weightValues } from './flowers';
import {
  asInKeras,
  assertAsKeras,
  binaryClassifier,
  classifier,
  data,
  keras,
  sequenceModel,
  validation,
} from './kerasFit';

const x = data('x');
const y = data('classes');
const sampleWeight = data<tf.Rank.R1>('sampleWeight');
const classWeight = { 0: 0.5, 1: 3 };

describe('weights of rows and classes train as in Keras', () => {
  for (const compiled of [true, false]) {
    const how = compiled ? 'compiled' : 'eager';
    const options = { ...asInKeras, compiled };

    test(`of rows, ${how}`, async () => {
      const before = tf.memory().numTensors;
      const model = classifier();
      const validationData = [...validation(), data('validationWeight')] as const;
      const history = await training.fit(model, x, y, { ...options, sampleWeight, validationData });
      assertAsKeras(history, model, keras.weights.sample);
      tf.dispose([...validationData]);
      model.dispose();
      model.optimizer.dispose();
      assert.equal(tf.memory().numTensors, before);
    });

    test(`of rows, with a part of them for validation, ${how}`, async () => {
      const model = classifier();
      const history = await training.fit(model, x, y, {
        ...options,
        sampleWeight,
        validationSplit: 0.25,
      });
      assertAsKeras(history, model, keras.weights.split);
    });

    test(`of classes, by number and one-hot, ${how}`, async () => {
      const model = classifier();
      const history = await training.fit(model, x, y, {
        ...options,
        classWeight,
        validationData: validation(),
      });
      assertAsKeras(history, model, keras.weights.classes);
      const oneHot = classifier(0.5, { loss: 'categoricalCrossentropy' });
      const targets = tf.oneHot(y.toInt(), 3);
      const of = await training.fit(oneHot, x, targets, { ...options, classWeight });
      assertAsKeras(of, oneHot, keras.weights.oneHot);
    });

    test(`of two classes and one output, ${how}`, async () => {
      const model = binaryClassifier();
      const history = await training.fit(model, x, data('binary'), {
        ...options,
        classWeight: { 0: 1, 1: 4 },
      });
      assertAsKeras(history, model, keras.weights.binary);
    });

    test(`of sequences and of their moments, ${how}`, async () => {
      const sequence = data('sequence');
      const targets = data('sequenceTargets');
      for (const weight of [sampleWeight, sampleWeight.expandDims(1)]) {
        const model = sequenceModel();
        const given = { ...options, sampleWeight: weight };
        const history = await training.fit(model, sequence, targets, given);
        assertAsKeras(history, model, keras.weights.sequence);
      }
      const model = sequenceModel();
      const given = { ...options, sampleWeight: data('stepWeight') };
      const history = await training.fit(model, sequence, targets, given);
      assertAsKeras(history, model, keras.weights.steps);
    });
  }
});

test('the weights of classes are for training, not for the rows set apart', async () => {
  const plain = classifier(0);
  const weighted = classifier(0);
  const options = { ...asInKeras, epochs: 1, validationSplit: 0.25 };
  const expected = await training.fit(plain, x, y, options);
  const history = await training.fit(weighted, x, y, { ...options, classWeight });
  assertClose(history.history.val_loss, expected.history.val_loss);
});

test('rows of weight 0 have no influence; shuffled rows keep their weights', async () => {
  const mask = tf.tensor1d(Array.from({ length: 24 }, (_, row) => (row < 12 ? 2 : 0)));
  const model = classifier();
  await training.fit(model, x, y, { ...asInKeras, batchSize: 24, seed: 1, sampleWeight: mask });
  const half = classifier();
  await training.fit(half, x.slice(0, 12), y.slice(0, 12), { ...asInKeras, batchSize: 12 });
  assertClose(weightValues(model).flat(), weightValues(half).flat());
  const spoilt = tf.concat([x.slice(0, 12), tf.fill([12, 4], 1e3)]);
  const shuffled = classifier();
  const options = { ...asInKeras, batchSize: 24, shuffle: true, seed: 3, sampleWeight: mask };
  await training.fit(shuffled, spoilt, y, options);
  assertClose(weightValues(shuffled).flat(), weightValues(half).flat());
});

test('weights that do not fit are refused by name, and nothing is left', async () => {
  const two = { 0: 1, 1: 2 };
  const disposed = tf.ones([24]);
  disposed.dispose();
  const cases: [Partial<training.FitOptions>, RegExp][] = [
    [{ sampleWeight: tf.ones([23]) }, /x has 24 rows, but sampleWeight has 23/],
    [
      { sampleWeight: tf.ones([24, 3]) },
      /sampleWeight has the shape \[24, 3\], but must have \[rows\]\./,
    ],
    [{ sampleWeight: tf.fill([24], Number.NaN) }, /sampleWeight holds values that are NaN/],
    [{ sampleWeight: disposed }, /sampleWeight was disposed before/],
    [{ sampleWeight: [tf.ones([24]), tf.ones([24])] }, /1 output\(s\), but sampleWeight holds 2/],
    [{ sampleWeight: { out: tf.ones([24]) } }, /sampleWeight has "out", which is no output/],
    [{ sampleWeight: tf.ones([24]), classWeight: two }, /either sampleWeight or classWeight/],
    [{ classWeight: { 3: 1 } }, /classWeight has the class "3"; classes .* from 0 to 2/],
    [{ classWeight: { cat: 1 } as training.ClassWeight }, /classWeight has the class "cat"/],
    [{ classWeight: { 1: Number.NaN } }, /classWeight\[1\] must be a finite number, not NaN/],
  ];
  const before = tf.memory().numTensors;
  for (const [options, message] of cases) {
    const model = classifier();
    await assert.rejects(training.fit(model, x, y, { ...asInKeras, ...options }), message);
    model.dispose();
    model.optimizer.dispose();
  }
  assert.equal(tf.memory().numTensors, before);
  await assert.rejects(
    training.fit(sequenceModel(), data('sequence'), data('sequenceTargets'), {
      ...asInKeras,
      classWeight: two,
    }),
    /classWeight needs one class per row, but y has the shape \[24, 5, 2\]/,
  );
});
