import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { mnist } from '../datasets/index';
import { cacheFolder } from '../files/cacheFolder';
import { replaceFile } from '../files/replaceFile';
import { cnn, lenet5, mlp } from '../models/index';
import { saveLayersModel } from '../saving/index';
import * as tf from '../tensorflow';
import { evaluate, fit } from '../training/index';

/** A network that reads digits, trained and saved for the web. */
export interface DigitNetwork {
  /** Its name for display: `LeNet-5`. */
  readonly name: string;
  /** Where `model.json` and its weights are; see `saving.saveLayersModel`. */
  readonly folder: string;
  /** The share of MNIST's 10,000 test pictures that it reads correctly, 0 to 1. */
  readonly accuracy: number;
}

/** Options of {@link digitNetworks}. */
export interface DigitNetworksOptions {
  /**
   * Where the networks are kept. Default: `digit-networks` in the data sets' cache, `data/cache` of
   * this project.
   */
  folder?: string;
  /** Train again, even if there are networks in the folder. Default: false. */
  retrain?: boolean;
  /**
   * How many of the 60,000 pictures to train on, from the first, to try things out. Default: all.
   */
  pictures?: number;
  /** How much the training prints, as in `fit`: 0 nothing, 1 a moving bar, 2 a line per epoch. */
  verbose?: 0 | 1 | 2;
  /**
   * Called before a network is trained; not called for one that is found on disk.
   *
   * @param name the network's, as in {@link DigitNetwork}.
   * @param epochs how many it will be trained for.
   */
  onTraining?: (name: string, epochs: number) => void;
}

/** One seed for everything: initial weights and the order of the pictures. */
const seed = 0;
const batchSize = 64;

interface Recipe {
  name: string;
  id: string;
  make: (options: { seed: number }) => tf.LayersModel;
  epochs: number;
}

/** The fewest epochs with which each reads more than 97 % (MLP) or 98 % of the digits. */
const recipes: readonly Recipe[] = [
  { name: 'LeNet-5', id: 'lenet5', make: lenet5, epochs: 8 },
  { name: 'CNN', id: 'cnn', make: cnn, epochs: 2 },
  { name: 'MLP', id: 'mlp', make: mlp, epochs: 3 },
];

/** How a network was trained. */
interface Settings {
  seed: number;
  batchSize: number;
  epochs: number;
  pictures: number;
}

/** Written beside a network when it is complete. */
interface Training extends Settings {
  loss: number;
  accuracy: number;
}

/**
 * Three networks that read digits, LeNet-5, the CNN and the MLP of `lib/models`: trained on MNIST
 * for a few epochs the first time, found on disk afterwards.
 *
 * All use the same seed, 0. A network whose training was interrupted is trained again from the
 * beginning at the next call; networks that were finished before are kept.
 *
 * @param options where the networks are kept, and what is printed while they are trained.
 * @returns the three, in this order, as folders for `drawDigits` and `tf.loadLayersModel`.
 * @throws Error when MNIST cannot be obtained or the folder cannot be written.
 */
export async function digitNetworks(options: DigitNetworksOptions = {}): Promise<DigitNetwork[]> {
  const { retrain = false, pictures = 60_000, verbose = 1, onTraining } = options;
  const { folder = cacheFolder('digit-networks') } = options;
  const networks: DigitNetwork[] = [];
  for (const recipe of recipes) {
    const place = join(folder, recipe.id);
    const settings = { seed, batchSize, epochs: recipe.epochs, pictures };
    let training = retrain ? undefined : await earlierTraining(place, settings);
    if (!training) {
      onTraining?.(recipe.name, recipe.epochs);
      if (verbose > 0) {
        console.log(`${recipe.name}, ${recipe.epochs} epochs`);
      }
      training = await train(place, recipe.make({ seed }), settings, verbose);
    }
    networks.push({ name: recipe.name, folder: place, accuracy: training.accuracy });
  }
  return networks;
}

async function train(
  folder: string,
  model: tf.LayersModel,
  settings: Settings,
  verbose: 0 | 1 | 2,
): Promise<Training> {
  const { pictures, ...fitting } = settings;
  const { train, test } = await mnist({ limit: pictures });
  const [trainImages, testImages] = [train, test].map(({ images }) =>
    tf.tidy(() => images.div(255).reshape([-1, ...inputShape(model)])),
  ) as [tf.Tensor, tf.Tensor];
  try {
    const [loss, metrics] = ['sparseCategoricalCrossentropy', ['accuracy']];
    model.compile({ optimizer: 'adam', loss, metrics });
    await fit(model, trainImages, train.labels, { ...fitting, verbose });
    const result = await evaluate(model, testImages, test.labels, { verbose: 0 });
    const training = { ...settings, loss: result.loss, accuracy: result.accuracy } as Training;
    await save(folder, model, training);
    return training;
  } finally {
    tf.dispose([trainImages, testImages, train, test]);
    model.optimizer.dispose();
    model.dispose();
  }
}

async function save(folder: string, model: tf.LayersModel, training: Training): Promise<void> {
  const note = trainingFile(folder);
  // Without its note a network does not count, until both are new.
  await rm(note, { force: true });
  await saveLayersModel(model, folder);
  await replaceFile(note, (path) => writeFile(path, `${JSON.stringify(training, null, 2)}\n`));
}

/** The note on a network that was trained in exactly this way, if there is one. */
async function earlierTraining(folder: string, settings: Settings): Promise<Training | undefined> {
  const text = await readFile(trainingFile(folder), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') {
        return undefined;
      }
      throw error;
    },
  );
  const training = text === undefined ? undefined : noteIn(text);
  const keys = Object.keys(settings) as (keyof Settings)[];
  return training && keys.every((key) => training[key] === settings[key]) ? training : undefined;
}

/** The note, or nothing where it is damaged: the network is then trained again. */
function noteIn(text: string): Training | undefined {
  try {
    const note = JSON.parse(text) as Partial<Training> | null;
    return typeof note?.accuracy === 'number' ? (note as Training) : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function trainingFile(folder: string): string {
  return join(folder, 'training.json');
}

function inputShape(model: tf.LayersModel): number[] {
  return (model.inputs[0]?.shape.slice(1) ?? []) as number[];
}
