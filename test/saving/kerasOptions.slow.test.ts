// Models with options of optimisers, schedules, losses and metrics are saved during a training. Keras 3
// loads the files, predicts the same, and its next training steps give the same values as ours.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { saving, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { type Described, setWeights, tensor } from '../training/kerasFit';
import { lossCases, metricCases, optimizerCases } from '../training/kerasOptions';
import { assertClose } from './assertClose';
import { runKeras, setUpKeras } from './keras';

interface Case {
  file: string;
  targets: string;
  activation: string;
  options: () => training.CompileOptions;
}

interface Result {
  error?: string;
  predictions: number[];
  steps: Record<string, number>[];
}

const given: {
  x: Described;
  initial: Described[];
  targets: Record<string, Described>;
  losses: Record<string, { targets: string; activation: string }>;
  metrics: Record<string, { targets: string; activation: string }>;
} = JSON.parse(readFileSync('test/training/fixtures/keras_options.json', 'utf8'));

const folder = mkdtempSync(path.join(tmpdir(), 'keras-options-'));
after(() => rmSync(folder, { recursive: true }));

const sgd = () => training.optimizers.sgd({ learningRate: 0.1 });
const cases: Case[] = [
  ...Object.entries(optimizerCases).map(([name, optimizer]) => ({
    file: `${name}.keras`,
    targets: 'numbers',
    activation: 'linear',
    options: () => ({ optimizer: optimizer(), loss: 'mse' }),
  })),
  // Plain SGD has no state: Keras does not restore an optimiser's state from .h5.
  ...Object.entries(lossCases).flatMap(([name, loss]) =>
    ['keras', 'h5'].map((ending) => ({
      file: `loss ${name}.${ending}`,
      ...(given.losses[name] as { targets: string; activation: string }),
      options: () => ({ optimizer: sgd(), loss }),
    })),
  ),
  ...Object.entries(metricCases).flatMap(([name, { loss, metrics }]) =>
    ['keras', 'h5'].map((ending) => ({
      file: `metrics ${name}.${ending}`,
      ...(given.metrics[name] as { targets: string; activation: string }),
      options: () => ({ optimizer: sgd(), loss, metrics, weightedMetrics: metrics.slice(0, 1) }),
    })),
  ),
];

let noKeras: string | undefined;
let ofKeras: Record<string, Result>;
const ours = new Map<string, Result>();

before(async () => {
  noKeras = await setUpKeras();
  if (noKeras) {
    console.error(`NOT TESTED against real Keras. ${noKeras}`);
    return;
  }
  for (const one of cases) {
    ours.set(one.file, await savedAndTrainedOn(one));
  }
  const { x, targets } = given;
  const tasks = cases.map(({ file, targets: kind }) => ({ file, targets: kind }));
  writeFileSync(path.join(folder, 'tasks.json'), JSON.stringify({ x, targets, tasks }));
  await runKeras('keras_options_side.py', folder);
  ofKeras = JSON.parse(readFileSync(path.join(folder, 'results.json'), 'utf8'));
});

/** Trains three steps, saves, and trains two more. */
async function savedAndTrainedOn({ file, targets, activation, options }: Case): Promise<Result> {
  const hidden = tf.layers.dense({ units: 5, activation: 'tanh', inputShape: [4] });
  const output = tf.layers.dense({ units: 3, activation: activation as 'linear' });
  const model = tf.sequential({ layers: [hidden, output] });
  setWeights(model, given.initial);
  training.compile(model, options());
  const [x, y] = [tensor(given.x), tensor(given.targets[targets] as Described)];
  const step = async (epochs: number) =>
    (await training.fit(model, x, y, { batchSize: 13, epochs, verbose: 0, shuffle: false }))
      .history;
  await step(3);
  await saving.saveModel(model, path.join(folder, file));
  const predictions = tf.tidy(() => [...(model.predict(x) as tf.Tensor).dataSync()]);
  const history = await step(2);
  const steps = [0, 1].map((index) =>
    Object.fromEntries(
      Object.entries(history).map(([name, values]) => [name, values[index] as number]),
    ),
  );
  model.optimizer.dispose();
  model.dispose();
  tf.dispose([x, y]);
  return { predictions, steps };
}

for (const { file } of cases) {
  test(`Keras loads "${file}" and goes on as here`, (t) => {
    if (noKeras) {
      return t.skip(noKeras);
    }
    const [expected, actual] = [ours.get(file) as Result, ofKeras[file] as Result];
    assert.equal(actual.error, undefined);
    assertClose(actual.predictions, expected.predictions, 1e-5);
    for (const [index, step] of expected.steps.entries()) {
      const names = Object.keys(step).sort();
      const ofKerasStep = actual.steps[index] ?? {};
      assert.deepEqual(Object.keys(ofKerasStep).sort(), names);
      const largest = Math.max(1, ...Object.values(step).map(Math.abs));
      const inOrder = (logs: Record<string, number>) => names.map((name) => logs[name] as number);
      assertClose(inOrder(ofKerasStep), inOrder(step), 1e-4 * largest);
    }
  });
}
