/**
 * The life of a compiled model: what it shares with eager tfjs, and when it releases its resources.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { graph } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import {
  assertClose,
  type Batch,
  disposeBatches,
  imageBatch,
  maximumDifference,
  stateOf,
} from './lockstep';

// Other test files make graphs at the same time; this one counts its own files.
const temporaryFolder = mkdtempSync(join(tmpdir(), 'compile-model-'));
Object.assign(process.env, { TMPDIR: temporaryFolder, TEMP: temporaryFolder });
assert.equal(tmpdir(), temporaryFolder);
after(() => rmSync(temporaryFolder, { recursive: true }));

const { inputs, targets } = imageBatch([6], 8, 1, 3) as Batch;

describe('a compiled model and eager tfjs', () => {
  it('share weights and optimiser state: graph steps and eager steps may alternate', async () => {
    const [mixed, eager] = [classifier(), classifier()] as const;
    const runner = graph.compileModel(mixed, { immediately: true });
    for (let step = 0; step < 6; step++) {
      await eager.trainOnBatch(inputs, targets);
      if (step % 2 === 0) {
        runner.trainOnBatch(inputs, targets);
      } else {
        await mixed.trainOnBatch(inputs, targets);
      }
      assert.equal(mixed.optimizer.iterations, eager.optimizer.iterations);
    }
    for (const [name, variable] of stateOf(mixed)) {
      assert(maximumDifference(variable, stateOf(eager).get(name) as tf.Variable) < 1e-5, name);
    }
    disposeModels(mixed, eager);
  });

  it('weights set from outside hold from the next step on', () => {
    const model = classifier();
    const runner = graph.compileModel(model, { immediately: true });
    const initial = model.getWeights().map((weight) => weight.clone());
    const first = runner.testOnBatch(inputs, targets);
    runner.trainOnBatch(inputs, targets);
    assert(
      Math.abs((runner.testOnBatch(inputs, targets)[0] as number) - (first[0] as number)) > 1e-4,
    );
    model.setWeights(initial);
    assertClose(runner.testOnBatch(inputs, targets), first, 'after the weights were set back');
    tf.dispose(initial);
    disposeModels(model);
  });

  it('optimiser weights that are loaded hold from the next step on', async () => {
    const [trained, fresh] = [classifier(), classifier()] as const;
    const runner = graph.compileModel(fresh, { immediately: true });
    runner.trainOnBatch(inputs, targets);
    for (let step = 0; step < 3; step++) {
      await trained.trainOnBatch(inputs, targets);
    }
    fresh.setWeights(trained.getWeights());
    const saved = await trained.optimizer.getWeights();
    await fresh.optimizer.setWeights(saved);
    await trained.trainOnBatch(inputs, targets);
    runner.trainOnBatch(inputs, targets);
    assert.equal(fresh.optimizer.iterations, 4);
    for (const [name, variable] of stateOf(fresh)) {
      const difference = maximumDifference(variable, stateOf(trained).get(name) as tf.Variable);
      assert(difference < 1e-6, `${name} differs by ${difference}`);
    }
    disposeModels(trained, fresh);
  });

  it('the weights seen after a step stay what they were during the next one', () => {
    const model = classifier();
    const runner = graph.compileModel(model, { immediately: true });
    runner.trainOnBatch(inputs, targets);
    const seen = (model.getWeights()[0] as tf.Tensor).clone();
    const before = seen.dataSync().slice();
    runner.trainOnBatch(inputs, targets);
    assert.deepEqual(seen.dataSync(), before);
    assert(maximumDifference(seen, model.getWeights()[0] as tf.Tensor) > 1e-5);
    seen.dispose();
    disposeModels(model);
  });

  it('a saved model has the weights of the last step', async () => {
    const model = classifier();
    const runner = graph.compileModel(model, { immediately: true });
    runner.trainOnBatch(inputs, targets);
    let saved: ArrayBuffer | undefined;
    await model.save(
      tf.io.withSaveHandler(async ({ weightData }) => {
        saved = tf.io.concatenateArrayBuffers([weightData].flat() as ArrayBuffer[]);
        return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
      }),
    );
    const prediction = runner.predictOnBatch(inputs)[0] as tf.Tensor;
    const expected = model.predict(inputs) as tf.Tensor;
    assert(maximumDifference(prediction, expected) < 1e-6);
    const kernel = (model.getWeights()[0] as tf.Tensor).dataSync();
    assert.deepEqual(new Float32Array(saved as ArrayBuffer).slice(0, kernel.length), kernel);
    tf.dispose([prediction, expected]);
    disposeModels(model);
  });

  it("capturing leaves tfjs's gradients, methods and random layers as they were", () => {
    const gradient = tf.getGradient('Relu');
    const backend = tf.backend();
    const methods = Object.keys(backend);
    const model = classifier();
    graph.compileModel(model, { immediately: true }).trainOnBatch(inputs, targets);
    assert.equal(tf.getGradient('Relu'), gradient);
    assert.deepEqual(Object.keys(tf.backend()), methods);
    disposeModels(model);
  });
});

describe('dropout in a graph', () => {
  it('draws a fresh mask in every step, of the right rate', () => {
    const { model, weightChange } = dropoutModel(undefined);
    const changes = [weightChange(), weightChange()] as const;
    assert.notDeepEqual(changes[0], changes[1]);
    for (const change of changes) {
      const kept = change.filter((value) => value !== 0).length / change.length;
      assert(Math.abs(kept - 0.75) < 0.05, `${kept} of the inputs were kept`);
    }
    disposeModels(model);
  });

  it('a seed makes the sequence of masks repeatable', () => {
    const [first, second, other] = [dropoutModel(7), dropoutModel(7), dropoutModel(8)] as const;
    const changes = [first.weightChange(), first.weightChange()];
    assert.notDeepEqual(changes[0], changes[1]);
    assert.deepEqual([second.weightChange(), second.weightChange()], changes);
    assert.notDeepEqual(other.weightChange(), changes[0]);
    disposeModels(first.model, second.model, other.model);
  });

  /** One weight per input, all ones; a step moves exactly the weights of the kept inputs. */
  function dropoutModel(seed: number | undefined) {
    const size = 2000;
    const model = tf.sequential({
      layers: [
        tf.layers.dropout({ inputShape: [size], rate: 0.25, ...(seed !== undefined && { seed }) }),
        tf.layers.dense({ units: 1, useBias: false, kernelInitializer: 'zeros' }),
      ],
    });
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const runner = graph.compileModel(model, { immediately: true });
    const weightChange = () =>
      tf.tidy(() => {
        model.setWeights([tf.zeros([size, 1])]);
        runner.trainOnBatch([tf.ones([1, size])], [tf.ones([1, 1])]);
        return Array.from((model.getWeights()[0] as tf.Tensor).dataSync());
      });
    return { model, weightChange };
  }
});

describe('what a compiled model holds', () => {
  it('does not grow over 100 rounds of training, testing and predicting', () => {
    const model = classifier();
    const round = () => {
      const runner = graph.compileModel(model, { immediately: true });
      runner.trainOnBatch(inputs, targets);
      runner.testOnBatch(inputs, targets);
      tf.dispose(runner.predictOnBatch(inputs));
      model.getWeights();
    };
    round();
    const before = held();
    for (let i = 0; i < 100; i++) {
      round();
    }
    assert.deepEqual(held(), before);
    disposeModels(model);
  });

  it('is released with the model, and leaves no file behind', () => {
    const files = temporaryFolders();
    const before = held();
    for (let i = 0; i < 3; i++) {
      const model = classifier();
      graph.compileModel(model, { immediately: true }).trainOnBatch(inputs, targets);
      assert.equal(held().sessions, before.sessions + 1);
      disposeModels(model);
    }
    assert.deepEqual(held(), before);
    assert.deepEqual(temporaryFolders(), files);
  });

  it('is kept from one call to the next, and made anew when the model is compiled anew', () => {
    const model = classifier();
    const first = graph.compileModel(model);
    assert.equal(graph.compileModel(model), first);
    compileClassifier(model);
    const second = graph.compileModel(model, { immediately: true });
    assert.notEqual(second, first);
    const loss = second.trainOnBatch(inputs, targets);
    assert.equal(loss.length, 2);
    disposeModels(model);
  });

  it('its first batches run op by op, then it is compiled, all with the same answers', async () => {
    const [model, eager] = [classifier(), classifier()] as const;
    const before = held().sessions;
    const runner = graph.compileModel(model);
    const sessions: number[] = [];
    for (let step = 0; step < 6; step++) {
      const actual = runner.trainOnBatch(inputs, targets);
      const expected = (await eager.trainOnBatch(inputs, targets)) as number[];
      assertClose(actual, expected, `step ${step}`);
      sessions.push(held().sessions - before);
    }
    assert.deepEqual(sessions, [0, 0, 0, 0, 1, 1]);
    disposeModels(model, eager);
  });

  it('a few training batches are not worth a graph', () => {
    const model = classifier();
    const before = held().sessions;
    const runner = graph.compileModel(model, { trainingBatches: { count: 9, rows: 4 } });
    const rows = tf.range(0, 4, 1, 'int32');
    runner.trainOnBatch(inputs, targets, rows);
    assert.equal(held().sessions, before);
    rows.dispose();
    disposeModels(model);
  });

  it('training batches of the size that comes often are compiled at the first', () => {
    const model = classifier();
    const before = held().sessions;
    const runner = graph.compileModel(model, { trainingBatches: { count: 10, rows: 4 } });
    const sessions = [3, 4, 3].map((count) => {
      const rows = tf.range(0, count, 1, 'int32');
      runner.trainOnBatch(inputs, targets, rows);
      rows.dispose();
      return held().sessions - before;
    });
    assert.deepEqual(sessions, [0, 1, 1]);
    disposeModels(model);
  });

  it('so are a few large ones, which would take long and much memory op by op', () => {
    const model = classifier();
    const before = held().sessions;
    const runner = graph.compileModel(model, { trainingBatches: { count: 2, rows: 2048 } });
    const rows = tf.zeros([2048], 'int32') as tf.Tensor1D;
    runner.trainOnBatch(inputs, targets, rows);
    assert.equal(held().sessions, before + 1);
    rows.dispose();
    disposeModels(model);
  });

  it('batches of ever new sizes do not get ever more graphs', () => {
    const model = classifier();
    const runner = graph.compileModel(model, { immediately: true });
    for (let rows = 1; rows <= 20; rows++) {
      const x = tf.ones([rows, 6]);
      const [prediction] = runner.predictOnBatch([x]) as [tf.Tensor];
      const expected = model.predictOnBatch(x) as tf.Tensor;
      assert(maximumDifference(prediction, expected) < 1e-6);
      tf.dispose([x, prediction, expected]);
    }
    assert.equal((runner as unknown as { program: { size: number } }).program.size, 16);
    disposeModels(model);
  });

  it('a wrong input is an error, and the model goes on after it', () => {
    const model = classifier();
    const runner = graph.compileModel(model, { immediately: true });
    runner.trainOnBatch(inputs, targets);
    const wrong = imageBatch([7], 8, 1, 3);
    assert.throws(() => runner.trainOnBatch(wrong.inputs, wrong.targets));
    assert.equal(runner.trainOnBatch(inputs, targets).length, 2);
    disposeBatches([wrong]);
    disposeModels(model);
  });
});

describe('a model for which nobody has asked for a graph', () => {
  const operationsOf = (predict: () => tf.Tensor[]) => {
    const newest = () => tf.tidy(() => tf.scalar(0).id);
    const before = newest();
    tf.dispose(predict());
    return newest() - before;
  };

  it('gets one after its first batch if that was a thousand operations', () => {
    const model = tf.sequential({ layers: [tf.layers.lstm({ units: 2, inputShape: [40, 3] })] });
    const runner = graph.compileModel(model);
    const x = tf.ones([5, 40, 3]);
    const [first, second, third] = [1, 2, 3].map(() =>
      operationsOf(() => runner.predictOnBatch([x])),
    );
    assert.ok((first as number) > 1000 && (third as number) < 20, `${[first, second, third]}`);
    x.dispose();
    disposeModels(model);
  });

  it('gets one after some thousand rows, in however few batches', () => {
    const model = classifier();
    const runner = graph.compileModel(model);
    const x = tf.ones([2048, 6]);
    const operations = Array.from({ length: 4 }, () =>
      operationsOf(() => runner.predictOnBatch([x])),
    );
    assert.ok((operations[1] as number) > 10 && (operations[3] as number) < 10, `${operations}`);
    x.dispose();
    disposeModels(model);
  });

  it('gets one after several batches if these were few operations', () => {
    const model = classifier();
    const runner = graph.compileModel(model);
    const operations = Array.from({ length: 26 }, () =>
      operationsOf(() => runner.predictOnBatch(inputs)),
    );
    assert.ok((operations[23] as number) > 10 && (operations[25] as number) < 10, `${operations}`);
    disposeModels(model);
  });
});

function classifier(): tf.Sequential {
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ inputShape: [6], units: 5, activation: 'relu', kernelInitializer }),
      tf.layers.dense({ units: 3, activation: 'softmax', kernelInitializer }),
    ],
  });
  compileClassifier(model);
  return model;
}

function compileClassifier(model: tf.LayersModel): void {
  model.compile({ optimizer: 'adam', loss: 'sparseCategoricalCrossentropy', metrics: ['acc'] });
}

function disposeModels(...models: tf.LayersModel[]): void {
  for (const model of models) {
    model.dispose();
  }
}

function held() {
  return { tensors: tf.memory().numTensors, sessions: tf.node.getNumOfSavedModels() };
}

function temporaryFolders(): string[] {
  return readdirSync(tmpdir()).filter((name) => name.startsWith('training-graph-'));
}
