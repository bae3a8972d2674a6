/** What can be trained with several seeds: each experiment as its notebook does it. */
import { datasets, models, training } from '../../../lib/index';
import * as tf from '../../../lib/tensorflow';

/** What a model scores on the test set after so many epochs of training. */
export interface Score {
  epochs: number;
  loss: number;
  accuracy: number;
}

export interface Experiment {
  /** Shown in results/seeds.json. */
  readonly description: string;
  /** The seeds that are tried unless others are asked for. */
  readonly seeds: readonly number[];
  /** Trains one model; yields a score as often as the notebook measures one. */
  run(seed: number): AsyncGenerator<Score>;
}

export const experiments: Readonly<Record<string, Experiment>> = {
  mlp: {
    description: 'Notebook 01, MLP on MNIST: adam, batches of 32, 10 epochs',
    seeds: [0, 1, 2],
    run: mlp,
  },
  lenet5: {
    description: 'Notebook 02, LeNet-5 on MNIST: adam, batches of 32, 10 epochs, then 10 more',
    seeds: [0, 1, 2],
    run: lenet5,
  },
  lenet: {
    description:
      'Notebook 03, LeNet on Fashion-MNIST: SGD 0.9, batches of 32, 5 epochs, ' +
      'validationSplit 0.1, pixels 0 to 255',
    seeds: [0, 1, 2, 3, 4],
    run: lenet,
  },
  cnn: {
    description: 'Notebook 04, CNN on MNIST: adam, batches of 32, 5 epochs',
    seeds: [0, 1, 2],
    run: cnn,
  },
};

const verbose = 2;

async function* mlp(seed: number): AsyncGenerator<Score> {
  const { train, test } = await datasets.mnist();
  const model = models.mlp({ seed });
  model.compile({
    optimizer: 'adam',
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  const epochs = 10;
  await training.fit(model, train.images.div(255), train.labels, { epochs, seed, verbose });
  yield score(model, test.images.div(255), test.labels, epochs);
}

async function* lenet5(seed: number): AsyncGenerator<Score> {
  const { train, test } = await datasets.mnist();
  const images = pictures(train.images).div(255);
  const labels = datasets.oneHot(train.labels, 10);
  const testImages = pictures(test.images).div(255);
  const testLabels = datasets.oneHot(test.labels, 10);
  const model = models.lenet5({ seed });
  model.compile({ optimizer: 'adam', loss: 'categoricalCrossentropy', metrics: ['accuracy'] });
  for (const epochs of [10, 20]) {
    const initialEpoch = epochs - 10;
    await training.fit(model, images, labels, { initialEpoch, epochs, seed, verbose });
    yield score(model, testImages, testLabels, epochs);
  }
}

async function* lenet(seed: number): AsyncGenerator<Score> {
  const { train, test } = await datasets.fashionMnist();
  const model = models.lenet({ seed });
  model.compile({
    optimizer: tf.train.sgd(0.9),
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  const epochs = 5;
  const options = { epochs, validationSplit: 0.1, seed, verbose } as const;
  await training.fit(model, pictures(train.images), train.labels, options);
  yield score(model, pictures(test.images), test.labels, epochs);
}

async function* cnn(seed: number): AsyncGenerator<Score> {
  const { train, test } = await datasets.mnist();
  const model = models.cnn({ seed });
  model.compile({
    optimizer: 'adam',
    loss: 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  const epochs = 5;
  const images = pictures(train.images).div(255);
  await training.fit(model, images, train.labels, { epochs, seed, verbose });
  yield score(model, pictures(test.images).div(255), test.labels, epochs);
}

/** With the channel dimension that convolutions need. */
function pictures(images: tf.Tensor3D): tf.Tensor4D {
  return tf.expandDims(images, -1);
}

async function score(
  model: tf.LayersModel,
  images: tf.Tensor,
  labels: tf.Tensor,
  epochs: number,
): Promise<Score> {
  const { loss, accuracy } = await training.evaluate(model, images, labels, { verbose });
  return { epochs, loss: loss as number, accuracy: accuracy as number };
}
