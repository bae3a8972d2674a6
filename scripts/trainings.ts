/**
 * The trainings of notebooks 01 to 04, for the programs that repeat them: the seeds, the benchmark
 * and `train`. A test compares them with the notebooks.
 */
import { datasets, models } from '../lib/index';
import * as tf from '../lib/tensorflow';

/** The batch size of all of them. */
export const batchSize = 32;

/** A network that a notebook trains. */
export type TrainedNetwork = 'mlp' | 'lenet5' | 'lenet' | 'cnn';

export interface Training {
  readonly notebook: string;
  readonly description: string;
  readonly data: 'mnist' | 'fashion-mnist';
  /** The network's input shape for one picture. */
  readonly picture: readonly number[];
  /** The divisor of the pixels, 0 to 255. */
  readonly divisor: number;
  readonly optimizer: { readonly name: 'adam' | 'sgd'; readonly learningRate: number };
  /** Whether the labels are one-hot. */
  readonly oneHot: boolean;
  /** The last epoch of each call of `fit`. */
  readonly epochs: readonly number[];
  /** The validation data: the test set, the last tenth of the training set, or none. */
  readonly validation: 'test' | 'split' | 'none';
}

export const adam = { name: 'adam', learningRate: 0.001 } as const;

const onMnist = { data: 'mnist', divisor: 255, optimizer: adam, oneHot: false } as const;
const withChannel = [28, 28, 1];

export const trainings: Readonly<Record<TrainedNetwork, Training>> = {
  mlp: {
    ...onMnist,
    notebook: '01-mnist-mlp',
    description: 'Notebook 01, MLP on MNIST: adam, batches of 32, 10 epochs',
    picture: [28, 28],
    epochs: [10],
    validation: 'test',
  },
  lenet5: {
    ...onMnist,
    notebook: '02-mnist-lenet5',
    description: 'Notebook 02, LeNet-5 on MNIST: adam, batches of 32, 10 epochs, then 10 more',
    picture: withChannel,
    oneHot: true,
    epochs: [10, 20],
    validation: 'test',
  },
  lenet: {
    notebook: '03-fashion-mnist-lenet',
    description:
      'Notebook 03, LeNet on Fashion-MNIST: SGD 0.9, batches of 32, 5 epochs, ' +
      'validationSplit 0.1, pixels 0 to 255',
    data: 'fashion-mnist',
    picture: withChannel,
    // The article does not scale the pixels.
    divisor: 1,
    optimizer: { name: 'sgd', learningRate: 0.9 },
    oneHot: false,
    epochs: [5],
    validation: 'split',
  },
  cnn: {
    ...onMnist,
    notebook: '04-mnist-cnn-train',
    description: 'Notebook 04, CNN on MNIST: adam, batches of 32, 5 epochs',
    picture: withChannel,
    epochs: [5],
    validation: 'none',
  },
};

/** The last epoch of a training as a whole. */
export function lastEpoch({ epochs }: Training): number {
  return epochs.at(-1) as number;
}

/** The network with its notebook's optimiser, ready for `fit`. */
export function compiledModel(
  name: TrainedNetwork,
  { seed, oneHot = trainings[name].oneHot }: { seed: number; oneHot?: boolean },
): tf.LayersModel {
  const model = models[name]({ seed });
  model.compile({
    optimizer: newOptimizer(trainings[name].optimizer),
    loss: oneHot ? 'categoricalCrossentropy' : 'sparseCategoricalCrossentropy',
    metrics: ['accuracy'],
  });
  return model;
}

export function newOptimizer({ name, learningRate }: Training['optimizer']): tf.Optimizer {
  return name === 'adam' ? tf.train.adam(learningRate) : tf.train.sgd(learningRate);
}

/** Pictures as a network takes them. */
export function networkInput(name: TrainedNetwork, pictures: tf.Tensor3D): tf.Tensor {
  const { divisor, picture } = trainings[name];
  return tf.tidy(() => tf.reshape(tf.div(pictures, divisor), [-1, ...picture]));
}

/** Labels as a network takes them. */
export function networkTarget(name: TrainedNetwork, labels: tf.Tensor1D): tf.Tensor {
  return trainings[name].oneHot ? datasets.oneHot(labels, 10) : labels;
}

export function loadData({ data }: Training): Promise<datasets.ImageDataset> {
  return data === 'mnist' ? datasets.mnist() : datasets.fashionMnist();
}
