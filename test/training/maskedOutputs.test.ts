/**
 * Steps that are masked in the output count in no loss and no mean. What is expected comes from Keras 3
 * (and from Keras 2, but for the root of the mean square, which goes by the mask there).
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

/** Numbers in, masked where they are 0; a number out for each step. */
function wordModel(...after: tf.layers.Layer[]): tf.Sequential {
  const options = { inputDim: 4, outputDim: 2, maskZero: true, inputLength: 3 };
  return tf.sequential({ layers: [tf.layers.embedding(options), ...after] });
}

function sampleModel(): tf.Sequential {
  const model = wordModel(tf.layers.dense({ units: 1 }));
  tf.tidy(() =>
    model.setWeights([
      tf.tensor2d([0.5, 0.5, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6], [4, 2]),
      tf.ones([2, 1]),
      tf.zeros([1]),
    ]),
  );
  training.compile(model, {
    optimizer: training.optimizers.sgd({ learningRate: 0.1 }),
    loss: 'mse',
    metrics: ['mae', training.metrics.rootMeanSquaredError()],
    weightedMetrics: ['mse'],
  });
  return model;
}

const words = () => tf.tensor2d([1, 2, 0, 3, 0, 0, 1, 1, 2], [3, 3]);
const answers = () => tf.tensor3d([0.5, 1, 0, 2, 1, 1, 0, 0.25, 1.5], [3, 3, 1]);
const stepWeights = () => tf.tensor2d([1, 2, 3, 0.5, 1, 1, 0, 1, 2], [3, 3]);

function assertClose(actual: Record<string, unknown>, expected: Record<string, unknown>): void {
  for (const [name, value] of Object.entries(expected)) {
    for (const [index, one] of [value as number | number[]].flat().entries()) {
      const other = [actual[name] as number | number[]].flat()[index] as number;
      assert.ok(Math.abs(one - other) < 1e-5, `${name}: ${other} instead of ${one}`);
    }
  }
}

for (const compiled of [false, true]) {
  const options = { batchSize: 2, verbose: 0, compiled } as const;
  const how = compiled ? 'compiled' : 'op by op';

  it(`evaluate leaves masked steps out, ${how}`, async () => {
    const [model, x, y, sampleWeight] = [sampleModel(), words(), answers(), stepWeights()];
    const { numTensors } = tf.memory();
    assertClose(await training.evaluate(model, x, y, options), {
      loss: 0.2902777493,
      mae: 0.4249999821,
      root_mean_squared_error: 0.5449261069,
      mse: 0.2787499726,
    });
    assertClose(await training.evaluate(model, x, y, { ...options, sampleWeight }), {
      loss: 0.281388849,
      mae: 0.4249999821,
      mse: 0.2934615314,
    });
    assert.equal(tf.memory().numTensors, numTensors);
    tf.dispose([x, y, sampleWeight]);
    model.dispose();
  });

  it(`fit leaves masked steps out, ${how}`, async () => {
    const [x, y, sampleWeight] = [words(), answers(), stepWeights()];
    const settings = { ...options, epochs: 2, shuffle: false };
    const model = sampleModel();
    const { history } = await training.fit(model, x, y, settings);
    assertClose(history, {
      loss: [0.2784244418, 0.138765648],
      mae: [0.4422488809, 0.3126015067],
      mse: [0.2609699965, 0.1394187808],
      root_mean_squared_error: [0.5339392424, 0.4933655858],
    });
    const [embeddings, kernel, bias] = model.getWeights().map((one) => Array.from(one.dataSync()));
    assertClose(
      { embeddings, kernel, bias },
      {
        embeddings: [
          0.5, 0.5, 0.03736552, 0.13646951, 0.39863983, 0.49950436, 0.60344839, 0.70384067,
        ],
        kernel: [1.0787508488, 1.0925403833],
        bias: [0.1376809478],
      },
    );
    const other = sampleModel();
    const weighted = await training.fit(other, x, y, { ...settings, sampleWeight });
    assertClose(weighted.history, {
      loss: [0.22507222, 0.0923777223],
      mae: [0.4338277578, 0.3158982396],
      mse: [0.2154846489, 0.090843454],
    });
    tf.dispose([x, y, sampleWeight]);
    for (const one of [model, other]) {
      one.dispose();
    }
  });

  it(`a batch of which all steps are masked has the loss 0, ${how}`, async () => {
    const [model, x, y] = [sampleModel(), tf.zeros([3, 3]), answers()];
    const before = model.getWeights().map((one) => Array.from(one.dataSync()));
    const { history } = await training.fit(model, x, y, options);
    assertClose(history, { loss: [0], mae: [0] });
    assert.deepEqual(
      model.getWeights().map((one) => Array.from(one.dataSync())),
      before,
    );
    tf.dispose([x, y]);
    model.dispose();
  });
}

it('a metric of one number for each row cannot leave steps out, which is said', async () => {
  const [x, y] = [words(), answers()];
  const model = wordModel(tf.layers.dense({ units: 1 }));
  const perRow = (targets: tf.Tensor, outputs: tf.Tensor) => tf.sub(targets, outputs).mean([1, 2]);
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError', metrics: [perRow] });
  await assert.rejects(
    training.evaluate(model, x, y, { verbose: 0 }),
    /The outputs \[3, 3, 1\] carry a mask.*for each step, \[3, 3\]; it returned \[3\]/,
  );
  // One for a whole batch stays as it is.
  const whole = (targets: tf.Tensor, outputs: tf.Tensor) => tf.sub(targets, outputs).mean();
  model.compile({ optimizer: 'sgd', loss: whole, metrics: [whole] });
  const results = await training.evaluate(model, x, y, { verbose: 0 });
  const expected = tf.tidy(() => whole(y, model.predict(x) as tf.Tensor).dataSync()[0] as number);
  assertClose(results, { loss: expected, [whole.name]: expected });
  tf.dispose([x, y]);
  model.dispose();
});

it('evaluate takes 32 rows at a time, as Keras, as the mean of each batch counts by its rows', async () => {
  const model = sampleModel();
  const [x, y] = [words().tile([13, 1]), answers().tile([13, 1, 1])];
  const lossOf = async (options: training.EvaluateOptions) =>
    (await training.evaluate(model, x, y, { verbose: 0, ...options })).loss as number;
  const byDefault = await lossOf({});
  assert.ok(Math.abs(byDefault - (await lossOf({ batchSize: 32 }))) < 1e-7, `${byDefault}`);
  assert.ok(Math.abs(byDefault - (await lossOf({ batchSize: 39 }))) > 1e-5, `${byDefault}`);
  tf.dispose([x, y]);
  model.dispose();
});

it('the mask of an output goes through a model within the model, and out of it', async () => {
  const [x, y] = [words(), answers()];
  const dense = () => tf.layers.dense({ units: 1, kernelInitializer: 'ones', inputShape: [3, 2] });
  const embedding = () =>
    tf.layers.embedding({
      ...{ inputDim: 4, outputDim: 2, maskZero: true, inputLength: 3 },
      embeddingsInitializer: 'ones',
    });
  const around = tf.sequential({ layers: [embedding(), tf.sequential({ layers: [dense()] })] });
  const behind = tf.sequential({ layers: [tf.sequential({ layers: [embedding()] }), dense()] });
  const whole = tf.sequential({ layers: [tf.sequential({ layers: [embedding(), dense()] })] });
  for (const model of [around, behind, whole]) {
    model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
    const { loss } = await training.evaluate(model, x, y, { verbose: 0 });
    // Each answer is 2; steps that count should give 0.5, 1, 2, 0, 0.25 and 1.5.
    const expected = (1.5 ** 2 + 1 + 0 + 4 + 1.75 ** 2 + 0.5 ** 2) / 6;
    assert.ok(Math.abs((loss as number) - expected) < 1e-6, `${loss}`);
    model.dispose();
  }
  tf.dispose([x, y]);
});

it('of inputs that are masked differently it is not certain which steps count, which is said', async () => {
  const input = tf.input({ shape: [3] });
  const embed = (maskZero: boolean) =>
    tf.layers.embedding({ inputDim: 4, outputDim: 1, maskZero }).apply(input) as tf.SymbolicTensor;
  const sum = tf.layers.add().apply([embed(true), embed(false)]) as tf.SymbolicTensor;
  const model = tf.model({ inputs: input, outputs: sum });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const [x, y] = [words(), answers()];
  const { numTensors } = tf.memory();
  for (const compiled of [false, true]) {
    await assert.rejects(
      training.fit(model, x, y, { verbose: 0, epochs: 1, compiled }),
      /The loss would go by the mask of merged inputs that had different masks/,
    );
    assert.equal(tf.memory().numTensors, numTensors, `compiled: ${compiled}`);
  }
  tf.dispose([x, y]);
  model.dispose();
});

it('a mask is looked for once, however many paths lead to an output', async () => {
  const input = tf.input({ shape: [2] });
  let value = input;
  for (let block = 0; block < 40; block++) {
    const made = tf.layers.dense({ units: 2 }).apply(value);
    value = tf.layers.add().apply([value, made] as tf.SymbolicTensor[]) as tf.SymbolicTensor;
  }
  const residual = tf.model({ inputs: input, outputs: value });
  residual.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const x = tf.zeros([1, 2]);
  const { loss } = await training.evaluate(residual, x, x, { verbose: 0 });
  assert.equal(loss, 0);
  residual.dispose();
  x.dispose();
});
