/** Compares what optimisers, losses and metrics with options give with what Keras gave. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { it } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertResult, type Described, setWeights, tensor } from './kerasFit';
import { lossCases, metricCases, optimizerCases } from './kerasOptions';

interface Case {
  targets: string;
  activation: string;
  history: Record<string, number[]>;
  weights: Described[];
}

const keras: {
  x: Described;
  sampleWeight: Described;
  initial: Described[];
  targets: Record<string, Described>;
} & Record<'optimizers' | 'losses' | 'metrics' | 'weightedMetrics', Record<string, Case>> =
  JSON.parse(readFileSync('test/training/fixtures/keras_options.json', 'utf8'));

function modelOf(activation: string): tf.Sequential {
  const model = tf.sequential({
    layers: [
      tf.layers.dense({ units: 5, activation: 'tanh', inputShape: [4] }),
      tf.layers.dense({ units: 3, activation: activation as 'linear' }),
    ],
  });
  setWeights(model, keras.initial);
  return model;
}

/** Trains as Keras did, and expects what Keras gave. */
async function assertTrainsAsKeras(
  expected: Case,
  options: () => training.CompileOptions,
  compiled: boolean,
  isWeighted = false,
): Promise<void> {
  const before = tf.memory().numTensors;
  const model = modelOf(expected.activation);
  training.compile(model, options());
  const x = tensor(keras.x);
  const y = tensor(keras.targets[expected.targets] as Described);
  const sampleWeight = isWeighted ? tensor(keras.sampleWeight) : undefined;
  const { history } = await training.fit(model, x, y, {
    batchSize: 5,
    epochs: 3,
    shuffle: false,
    verbose: 0,
    compiled,
    ...(sampleWeight && { sampleWeight }),
  });
  assertResult(history, model, expected, assertClose);
  tf.dispose([x, y, sampleWeight ?? []]);
  model.optimizer.dispose();
  model.dispose();
  assert.equal(tf.memory().numTensors, before);
}

function assertClose(actual: number[], expected: number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  for (const [index, value] of expected.entries()) {
    const difference = Math.abs((actual[index] as number) - value);
    const allowed = 2e-5 * Math.max(1, Math.abs(value));
    assert.ok(difference <= allowed, `${what}[${index}]: ${actual[index]}, Keras has ${value}`);
  }
}

const groups = {
  optimizers(name: string, expected: Case, compiled: boolean) {
    const optimizer = optimizerCases[name] as () => tf.Optimizer;
    return assertTrainsAsKeras(expected, () => ({ optimizer: optimizer(), loss: 'mse' }), compiled);
  },
  losses(name: string, expected: Case, compiled: boolean) {
    const loss = lossCases[name] as training.Loss;
    return assertTrainsAsKeras(expected, () => ({ optimizer: tf.train.sgd(0.1), loss }), compiled);
  },
  metrics(name: string, expected: Case, compiled: boolean) {
    const { loss, metrics } = metricCases[name] as (typeof metricCases)[string];
    const options = () => ({ optimizer: tf.train.sgd(0.1), loss, metrics });
    return assertTrainsAsKeras(expected, options, compiled);
  },
  weightedMetrics(name: string, expected: Case, compiled: boolean) {
    const { loss, metrics } = metricCases[name] as (typeof metricCases)[string];
    const options = () => ({ optimizer: tf.train.sgd(0.1), loss, weightedMetrics: metrics });
    return assertTrainsAsKeras(expected, options, compiled, true);
  },
};

/** Makes a test of every case of some groups of the fixture. */
export function testAsKeras(wanted: (keyof typeof groups)[], compiled: boolean): void {
  for (const group of wanted) {
    for (const [name, expected] of Object.entries(keras[group])) {
      it(`${group}: ${name}`, () => groups[group](name, expected, compiled));
    }
  }
}
