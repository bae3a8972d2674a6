// An application that uses each part of the installed package, from its own folder, and prints the
// results as JSON. `installed.slow.test.ts` copies it there, compiles it and runs it.
import { existsSync } from 'node:fs';
import { readdir, writeFile } from 'node:fs/promises';
import * as tf from '@tensorflow/tfjs-node';
import {
  datasets,
  drawing,
  explain,
  graph,
  images,
  models,
  plots,
  saving,
  training,
} from 'typescript-neural-network-notebooks';

async function train(): Promise<tf.LayersModel> {
  const { train } = await datasets.mnist({ limit: 640 });
  const model = models.mlp({ seed: 0 });
  training.compile(model, {
    optimizer: 'adam',
    loss: 'sparse_categorical_crossentropy',
    metrics: ['accuracy'],
  });
  const history: training.History = await training.fit(
    model,
    train.images.div(255),
    train.labels,
    // Compiled, or an error says why not.
    { epochs: 3, validationSplit: 0.1, verbose: 0, compiled: true },
  );
  await plots.saveFigure(plots.lossCurves(history), 'loss.png');
  await plots.show(plots.lossCurves(history));
  return model;
}

/** The largest difference between what the model and those read from its files predict. */
async function saveAndLoad(model: tf.LayersModel): Promise<number> {
  const inputs = tf.randomUniform([4, 28, 28], 0, 1);
  const expected = model.predict(inputs) as tf.Tensor;
  await saving.saveModel(model, 'mlp.keras');
  await saving.saveKerasH5(model, 'mlp.h5');
  await saving.saveWeights(model, 'mlp.weights.h5');
  await saving.saveCheckpoint('checkpoint', { input: inputs });
  const fromWeights = models.mlp({ seed: 1 });
  await saving.loadWeights(fromWeights, 'mlp.weights.h5');
  const loaded = [
    await saving.loadModel('mlp.keras'),
    await saving.loadKerasH5('mlp.h5'),
    fromWeights,
  ];
  const differences = loaded.map((one) =>
    tf.max(tf.abs(tf.sub(one.predict(inputs) as tf.Tensor, expected))),
  );
  return tf.max(tf.stack(differences)).dataSync()[0] as number;
}

async function readPicture(): Promise<number[]> {
  await images.writePng('noise.png', tf.randomUniform([30, 20]));
  const { width, height } = await images.read('noise.png');
  return [width, height];
}

/** The drawing pad server's answers for its page and the page's script. */
async function openPad(model: tf.LayersModel): Promise<number[]> {
  const pad = await drawing.drawDigits({ MLP: model });
  const page = String(pad.url);
  const answers = await Promise.all([fetch(page), fetch(new URL('page.js', page))]);
  await pad.close();
  return answers.map(({ status }) => status);
}

async function main(): Promise<void> {
  const model = await train();
  const step = graph.compile((x: tf.Tensor1D) => tf.sum<tf.Scalar>(tf.square(x)));
  const result = {
    difference: await saveAndLoad(model),
    sum: step(tf.tensor1d([1, 2, 3])).dataSync()[0],
    picture: await readPicture(),
    pad: await openPad(model),
    occlusion: explain.occlusionMap(models.cnn({ seed: 0 }), tf.ones([1, 28, 28, 1])).shape,
    cache: await readdir(`${process.env.XDG_CACHE_HOME}/typescript-neural-network-notebooks`),
    hasFigure: existsSync('loss.png'),
  };
  await writeFile('result.json', JSON.stringify(result));
}

main();
