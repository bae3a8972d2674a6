/** tfjs's random tensors in a graph: drawn again at each run, from tfjs's distribution. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { graph, training } from '../../lib/index';
import * as tf from '../../lib/tensorflow';

const size = 20000;

describe('random tensors in a graph', () => {
  const cases: Record<string, () => tf.Tensor> = {
    randomUniform: () => tf.randomUniform([size]),
    'randomUniform in a range': () => tf.randomUniform([size], -3, 2),
    'randomUniform, whole numbers': () => tf.randomUniform([size], 0, 5, 'int32'),
    randomUniformInt: () => tf.randomUniformInt([size], 0, 5),
    randomNormal: () => tf.randomNormal([size]),
    'randomNormal, moved': () => tf.randomNormal([size], 3, 0.5),
    randomStandardNormal: () => tf.randomStandardNormal([size]),
    truncatedNormal: () => tf.truncatedNormal([size], 1, 2),
    randomGamma: () => tf.randomGamma([size], 2, 3),
    dropout: () => tf.dropout(tf.ones([size]), 0.25),
    multinomial: () => tf.multinomial(tf.tensor1d([0, 1, 2]), size),
  };
  for (const [name, draw] of Object.entries(cases)) {
    it(name, () => {
      const { numTensors } = tf.memory();
      const compiled = graph.compile(() => draw());
      const [first, second, eager] = [compiled(), compiled(), tf.tidy(draw)] as const;
      assert.equal(first.dtype, eager.dtype);
      assert.deepEqual(first.shape, eager.shape);
      assert.notDeepEqual(first.dataSync(), second.dataSync());
      const expected = figures(eager);
      for (const [index, actual] of figures(first).entries()) {
        const { mean, error } = expected[index] as Figure;
        const limit = 6 * Math.hypot(error, actual.error);
        assert(
          Math.abs(actual.mean - mean) <= limit,
          `figure ${index}: ${actual.mean}, not ${mean}`,
        );
      }
      compiled.dispose();
      tf.dispose([first, second, eager]);
      assert.equal(tf.memory().numTensors, numTensors);
    });
  }

  it('those from a seed are the same at each call, as in eager tfjs', () => {
    const draw = () => tf.randomNormal([5], 0, 1, 'float32', 7);
    const compiled = graph.compile(draw);
    const [first, second, eager] = [compiled(), compiled(), draw()] as const;
    assert.deepEqual(first.dataSync(), eager.dataSync());
    assert.deepEqual(second.dataSync(), eager.dataSync());
    compiled.dispose();
    tf.dispose([first, second, eager]);
  });

  /** A mean over all numbers, and its standard error. */
  interface Figure {
    mean: number;
    error: number;
  }

  /** Mean, mean square, and the cumulative distribution at some values. */
  function figures(numbers: tf.Tensor): Figure[] {
    return tf.tidy(() => {
      const values = numbers.toFloat();
      const shares = [-1, 0, 0.5, 1, 2].map((limit) => values.lessEqual(limit).toFloat());
      return [values, values.square(), ...shares].map((each) => {
        const { mean, variance } = tf.moments(each);
        const error = Math.sqrt((variance.dataSync()[0] as number) / size);
        return { mean: mean.dataSync()[0] as number, error };
      });
    });
  }
});

describe('layers with random numbers', () => {
  const noisy: Record<string, () => tf.layers.Layer> = {
    GaussianNoise: () => tf.layers.gaussianNoise({ stddev: 0.5 }),
    GaussianDropout: () => tf.layers.gaussianDropout({ rate: 0.3 }),
    AlphaDropout: () => tf.layers.alphaDropout({ rate: 0.3 }),
    Dropout: () => tf.layers.dropout({ rate: 0.3 }),
  };
  for (const [name, makeLayer] of Object.entries(noisy)) {
    it(`${name}: fresh numbers in each step, none in a prediction`, async () => {
      const model = tf.sequential({
        layers: [tf.layers.inputLayer({ inputShape: [2000] }), makeLayer()],
      });
      // The loss is the variance of the output for a constant input.
      const variance = (_: tf.Tensor, outputs: tf.Tensor) => tf.moments(outputs, 1).variance;
      model.add(tf.layers.dense({ units: 2000, trainable: true, kernelInitializer: 'identity' }));
      model.compile({ optimizer: tf.train.sgd(0), loss: variance });
      const x = tf.ones([8, 2000]);
      const losses: number[][] = [];
      for (const compiled of [true, false]) {
        const options = { epochs: 3, verbose: 0, compiled } as const;
        losses.push((await training.fit(model, x, x, options)).history.loss as number[]);
      }
      const [compiled, eager] = losses as [number[], number[]];
      assert.equal(new Set(compiled).size, 3);
      const expected = eager[0] as number;
      assert(
        compiled.every((loss) => Math.abs(loss / expected - 1) < 0.1),
        `${losses}`,
      );
      const prediction = await training.predict(model, x, { compiled: true });
      assert.deepEqual(prediction.dataSync(), x.dataSync());
      tf.dispose([x, prediction]);
      model.dispose();
    });
  }

  it('recurrent dropout trains in a graph', async () => {
    const x = tf.randomNormal([64, 5, 3], 0, 1, 'float32', 1);
    const y = tf.tidy(() => x.sum([1, 2]).expandDims(1));
    const kernelInitializer = tf.initializers.glorotUniform({ seed: 1 });
    const recurrentInitializer = tf.initializers.orthogonal({ seed: 1 });
    const recurrent = tf.layers.lstm({
      units: 16,
      inputShape: [5, 3],
      recurrentDropout: 0.2,
      kernelInitializer,
      recurrentInitializer,
    });
    const model = tf.sequential({
      layers: [recurrent, tf.layers.dense({ units: 1, kernelInitializer })],
    });
    model.compile({ optimizer: tf.train.adam(0.02), loss: 'meanSquaredError' });
    const options = { epochs: 20, verbose: 0, compiled: true } as const;
    const { history } = await training.fit(model, x, y, options);
    const losses = history.loss as number[];
    assert((losses.at(-1) as number) < (losses[0] as number) / 2, `${losses}`);
    tf.dispose([x, y]);
    model.dispose();
  });
});
