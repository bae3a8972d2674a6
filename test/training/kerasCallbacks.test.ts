import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, describe, mock, test } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { captureLog, weightValues } from './flowers';
import { asInKeras, assertAsKeras, classifier, data, keras, validation } from './kerasFit';

afterEach(() => mock.restoreAll());

const x = data('x');
const y = data('classes');

async function run(
  callbacks: training.AnyCallback,
  epochs: number,
  model = classifier(2),
): Promise<[training.History, tf.LayersModel]> {
  const options = { ...asInKeras, epochs, validationData: validation(), callbacks };
  return [await training.fit(model, x, y, options), model];
}

describe('EarlyStopping', () => {
  const cases: Record<string, training.EarlyStoppingOptions> = {
    patience: { patience: 2 },
    restored: { patience: 3, restoreBestWeights: true },
    accuracy: { monitor: 'accuracy', patience: 2, restoreBestWeights: true },
    minDelta: { monitor: 'loss', minDelta: 0.02, patience: 1 },
    baseline: { monitor: 'loss', baseline: 0.1, patience: 3, restoreBestWeights: true },
    startFromEpoch: { patience: 0, startFromEpoch: 4 },
    mode: { monitor: 'loss', mode: 'max', patience: 2 },
  };
  for (const [name, options] of Object.entries(cases)) {
    test(`stops as Keras does: ${name}`, async () => {
      const before = tf.memory().numTensors;
      const [history, model] = await run(new training.EarlyStopping(options), 30);
      assertAsKeras(history, model, keras.earlyStopping[name]);
      model.dispose();
      model.optimizer.dispose();
      // The validation data of `run`.
      assert.equal(tf.memory().numTensors, before + 2);
    });
  }

  test('gives the best weights back though nothing stopped the training, again and again', async () => {
    const callback = new training.EarlyStopping({ patience: 20, restoreBestWeights: true });
    for (let round = 0; round < 2; round++) {
      const [history, model] = await run(callback, 8);
      assertAsKeras(history, model, keras.earlyStopping.notStopped);
    }
  });

  test('prints what it does, and warns of a value that there is not', async () => {
    const lines = captureLog();
    const warnings = mock.method(console, 'warn', () => {});
    await run(
      new training.EarlyStopping({ patience: 3, restoreBestWeights: true, verbose: 1 }),
      30,
    );
    assert.deepEqual(lines, [
      'Epoch 4: early stopping',
      'Restoring model weights from the end of the best epoch: 1.',
    ]);
    await run(new training.EarlyStopping({ monitor: 'val_auc' }), 3);
    assert.deepEqual(
      warnings.mock.calls.map((call) => call.arguments),
      [
        [
          'EarlyStopping watches "val_auc", but the logs have loss, accuracy, val_loss, val_accuracy.',
        ],
      ],
    );
  });

  test('NaN is no improvement', async () => {
    const callback = new training.EarlyStopping({ monitor: 'loss', patience: 2 });
    const model = classifier();
    callback.setModel(model);
    callback.onTrainBegin();
    for (const [epoch, loss] of [Number.NaN, 3, Number.NaN, 2, Number.NaN].entries()) {
      callback.onEpochEnd(epoch, { loss });
      assert.notEqual(model.stopTraining, true);
    }
    callback.onEpochEnd(5, { loss: Number.NaN });
    assert.equal(model.stopTraining, true);
  });

  test('wrong options are named', () => {
    const make = (options: object) => () => new training.EarlyStopping(options);
    assert.throws(make({ restoreBestWeight: true }), /Did you mean restoreBestWeights\?/);
    assert.throws(make({ monitor: 'val_quality' }), /cannot tell from the name "val_quality"/);
    assert.throws(make({ mode: 'least' }), /mode must be auto, min or max, not least/);
  });
});

describe('the learning rate', () => {
  test('LearningRateScheduler sets it as in Keras', async () => {
    const schedule = (epoch: number, rate: number) => (epoch < 2 ? rate : rate * 0.5);
    const [history, model] = await run(new training.LearningRateScheduler(schedule), 5);
    assertAsKeras(history, model, keras.learningRates.schedule);
  });

  const cases: Record<string, [training.ReduceLROnPlateauOptions, epochs: number]> = {
    plateau: [{ factor: 0.5, patience: 2 }, 16],
    cooldown: [{ factor: 0.2, patience: 1, cooldown: 2, minLr: 0.1 }, 16],
    minDelta: [{ monitor: 'loss', factor: 0.5, patience: 2, minDelta: 0.05 }, 10],
    accuracy: [{ monitor: 'val_accuracy', factor: 0.5, patience: 3 }, 12],
  };
  for (const [name, [options, epochs]] of Object.entries(cases)) {
    test(`ReduceLROnPlateau lowers it as in Keras: ${name}`, async () => {
      const [history, model] = await run(new training.ReduceLROnPlateau(options), epochs);
      assertAsKeras(history, model, keras.learningRates[name]);
    });
  }

  test('is changed for every optimiser, in compiled steps too', async () => {
    const optimizers = [
      tf.train.adam(0.1),
      tf.train.momentum(0.1, 0.9),
      tf.train.rmsprop(0.1),
      tf.train.adagrad(0.1),
    ];
    for (const optimizer of optimizers) {
      for (const compiled of [true, false]) {
        const model = classifier();
        model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy' });
        const weights: number[][][] = [];
        const callbacks = [
          new training.LearningRateScheduler((epoch) => (epoch === 0 ? 0.1 : 0)),
          { onEpochEnd: () => void weights.push(weightValues(model)) },
        ];
        const options = { ...asInKeras, epochs: 2, compiled, callbacks };
        const { history } = await training.fit(model, x, y, options);
        assert.deepEqual(history.learning_rate, [0.1, 0]);
        if (!(optimizer instanceof tf.MomentumOptimizer)) {
          assert.deepEqual(weights[1], weights[0]);
        }
      }
    }
  });

  test('prints what it does, and refuses what is no learning rate', async () => {
    const lines = captureLog();
    await run(new training.LearningRateScheduler(() => 0.25, { verbose: 1 }), 1);
    await run(
      new training.ReduceLROnPlateau({ monitor: 'loss', mode: 'max', patience: 1, verbose: 1 }),
      2,
    );
    assert.deepEqual(lines, [
      'Epoch 1: LearningRateScheduler setting learning rate to 0.25.',
      'Epoch 2: ReduceLROnPlateau reducing learning rate to 0.2.',
    ]);
    for (const rate of [Number.NaN, -1, undefined as unknown as number]) {
      await assert.rejects(
        run(new training.LearningRateScheduler(() => rate), 1),
        /LearningRateScheduler: a learning rate must be a number of at least 0, not/,
      );
    }
    assert.throws(() => new training.ReduceLROnPlateau({ factor: 1 }), /factor must be .* not 1/);
  });
});

describe('files', () => {
  test('CSVLogger writes the file that Keras writes, and goes on with it', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'csv-')), 'log.csv');
    await training.fit(classifier(), x, y, {
      ...asInKeras,
      epochs: 2,
      callbacks: new training.CSVLogger(file),
    });
    await training.fit(classifier(), x, y, {
      ...asInKeras,
      epochs: 3,
      validationData: validation(),
      validationFreq: 2,
      callbacks: new training.CSVLogger(file, { append: true }),
    });
    const cells = (text: string) => text.split('\r\n').map((line) => line.split(','));
    const [ours, theirs] = [cells(readFileSync(file, 'utf8')), cells(keras.csv)];
    assert.equal(ours.length, theirs.length);
    for (const [row, line] of theirs.entries()) {
      for (const [column, cell] of line.entries()) {
        const value = ours[row]?.[column];
        if (Number.isNaN(Number(cell))) {
          assert.equal(value, cell);
        } else {
          assert.ok(Math.abs(Number(value) - Number(cell)) < 1e-5, `${value}, expected ${cell}`);
        }
      }
    }
    rmSync(path.dirname(file), { recursive: true });
  });

  test('CSVLogger quotes where it has to, and says which file it cannot write', async () => {
    const file = path.join(mkdtempSync(path.join(tmpdir(), 'csv-')), 'log.csv');
    const logger = new training.CSVLogger(file, { separator: ';' });
    await logger.onTrainBegin();
    await logger.onEpochEnd(0, { 'a;b': 1, 'c"d': 2, val_x: 3 });
    assert.equal(readFileSync(file, 'utf8'), 'epoch;"a;b";"c""d";val_x\r\n0;1;2;3\r\n');
    rmSync(path.dirname(file), { recursive: true });
    await assert.rejects(
      run(new training.CSVLogger('no/such/folder/log.csv'), 1),
      /CSVLogger cannot write no\/such\/folder\/log\.csv: ENOENT/,
    );
  });
});

test('TerminateOnNaN ends the training without an error', async () => {
  const lines = captureLog();
  const model = classifier(1e30, { loss: 'meanSquaredError', metrics: [] });
  const targets = tf.fill([24, 3], 1e30);
  const callback = new training.TerminateOnNaN();
  let ended = false;
  const onTrainEnd = () => {
    ended = true;
  };
  const history = await training.fit(model, x, targets, {
    ...asInKeras,
    callbacks: [callback, { onTrainEnd }],
  });
  assert.equal(history.epoch.length, 1);
  assert.deepEqual(lines, ['Batch 0: Invalid loss, terminating training']);
  assert.ok(ended);
});

test('tfjs-node’s TensorBoard callback writes what TensorBoard reads', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'tensorboard-'));
  const board = tf.node.tensorBoard(folder, { histogramFreq: 1 });
  const [history] = await run(board, 2);
  assert.equal(history.epoch.length, 2);
  for (const part of ['train', 'val']) {
    const [file = '', ...others] = readdirSync(path.join(folder, part));
    assert.ok(file.includes('tfevents') && others.length === 0, file);
    const content = readFileSync(path.join(folder, part, file), 'latin1');
    assert.ok(content.includes('epoch_loss') && content.includes('epoch_accuracy'));
  }
  rmSync(folder, { recursive: true });
});
