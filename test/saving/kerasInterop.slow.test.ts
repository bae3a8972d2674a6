// Files exchanged with real Keras 3, which runs in the tests' own Python environment.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { models, saving } from '../../lib/index';
import * as tf from '../../lib/tensorflow';
import { assertClose } from './assertClose';
import { runKeras, setUpKeras } from './keras';

interface Results {
  predictions: number[];
  losses: number[];
}

const folder = mkdtempSync(path.join(tmpdir(), 'keras-'));
const ours = ['lenet5', 'layers'];
const theirs = ['keras_convolutional', 'keras_branches'];

let images: tf.Tensor4D;
let labels: tf.Tensor1D;
let noKeras: string | undefined;
const savedModels = new Map<string, tf.LayersModel>();
let fromKeras: Record<string, Results>;

before(async () => {
  noKeras = await setUpKeras();
  if (noKeras) {
    console.error(`NOT TESTED against real Keras. ${noKeras}`);
    return;
  }
  const pixels = Float32Array.from({ length: 1000 * 28 * 28 }, (_, i) => Math.sin(i) ** 2);
  images = tf.tensor4d(pixels, [1000, 28, 28, 1]);
  labels = tf.tensor1d(Float32Array.from({ length: 1000 }, (_, i) => i % 10));
  writeFileSync(path.join(folder, 'images.bin'), pixels);
  writeFileSync(path.join(folder, 'tasks.json'), JSON.stringify({ ours, theirs }));
  for (const [name, model] of [
    ['lenet5', models.lenet5({ seed: 1 })],
    ['layers', manyLayers()],
  ] as const) {
    const optimizer = name === 'lenet5' ? 'adam' : tf.train.momentum(0.05, 0.9, true);
    model.compile({ optimizer, loss: 'sparseCategoricalCrossentropy', metrics: ['acc'] });
    await trainingLosses(model);
    await saving.saveModel(model, path.join(folder, `${name}.h5`));
    await saving.saveModel(model, path.join(folder, `${name}.keras`));
    await saving.saveWeights(model, path.join(folder, `${name}.weights.h5`));
    savedModels.set(name, model);
  }
  await runKeras('keras_side.py', folder);
  fromKeras = JSON.parse(readFileSync(path.join(folder, 'results.json'), 'utf8'));
});

after(() => rmSync(folder, { recursive: true }));

/** A functional model with every layer that can be saved. */
function manyLayers(): tf.LayersModel {
  const { layers } = tf;
  const kernelInitializer = tf.initializers.glorotUniform({ seed: 2 });
  const image = tf.input({ shape: [28, 28, 1] });
  const padded = layers.zeroPadding2d({ padding: 1 }).apply(image);
  const convolution = layers.conv2d({
    filters: 4,
    kernelSize: 3,
    strides: 2,
    activation: 'elu',
    kernelInitializer,
    kernelRegularizer: tf.regularizers.l1l2({ l1: 0.001, l2: 0.01 }),
    kernelConstraint: tf.constraints.maxNorm({ maxValue: 3 }),
  });
  const normalised = layers.batchNormalization().apply(convolution.apply(padded));
  const active = layers.activation({ activation: 'tanh' }).apply(normalised) as tf.SymbolicTensor;
  const maximum = layers.maxPooling2d({ poolSize: 2 }).apply(active);
  const mean = layers.averagePooling2d({ poolSize: 2 }).apply(active);
  const added = layers.add().apply([maximum as tf.SymbolicTensor, mean as tf.SymbolicTensor]);
  const reshaped = layers.reshape({ targetShape: [7 * 7, 4] }).apply(added);
  const flat = layers.flatten().apply(reshaped) as tf.SymbolicTensor;
  const globals = [layers.globalAveragePooling2d({}), layers.globalMaxPooling2d({})];
  const pooled = globals.map((layer) => layer.apply(active) as tf.SymbolicTensor);
  const joined = layers.concatenate().apply([flat, ...pooled]);
  const clipped = layers.reLU({ maxValue: 6 }).apply(layers.dropout({ rate: 0 }).apply(joined));
  const scores = layers.dense({ units: 10, kernelInitializer }).apply(clipped);
  const outputs = layers.softmax().apply(scores) as tf.SymbolicTensor;
  return tf.model({ inputs: image, outputs });
}

/** The losses of three training steps on the first 100 pictures. */
async function trainingLosses(model: tf.LayersModel): Promise<number[]> {
  const x = images.slice(0, 100);
  const y = labels.slice(0, 100);
  const losses: number[] = [];
  for (let step = 0; step < 3; step++) {
    losses.push(((await model.trainOnBatch(x, y)) as number[])[0] as number);
  }
  tf.dispose([x, y]);
  return losses;
}

function predictions(model: tf.LayersModel): number[] {
  return tf.tidy(() => Array.from((model.predict(images) as tf.Tensor).dataSync()));
}

for (const name of ours) {
  test(`Keras loads ${name} from each format, predicts the same and goes on training`, async (t) => {
    if (noKeras) {
      return t.skip(noKeras);
    }
    const model = savedModels.get(name) as tf.LayersModel;
    const predicted = predictions(model);
    const losses = await trainingLosses(model);
    for (const format of ['', '.keras', '.weights.h5']) {
      const keras = fromKeras[name + format] as Results;
      assertClose(predicted, keras.predictions, 1e-5);
      assertClose(losses, keras.losses, 1e-4);
    }
  });
}

for (const name of theirs) {
  test(`${name} from Keras predicts the same and goes on training, from each format`, async (t) => {
    if (noKeras) {
      return t.skip(noKeras);
    }
    const keras = fromKeras[name] as Results;
    for (const format of ['h5', 'keras', 'weights.h5']) {
      const isWeights = format === 'weights.h5';
      const file = path.join(folder, `${name}.${isWeights ? 'keras' : format}`);
      const model = await saving.loadModel(file);
      if (isWeights) {
        await trainingLosses(model);
        await saving.loadWeights(model, path.join(folder, `${name}.${format}`));
      }
      assertClose(predictions(model), keras.predictions, 1e-5);
      assertClose(await trainingLosses(model), keras.losses, 1e-4);
      model.dispose();
    }
  });
}
