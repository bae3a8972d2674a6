/** `npm run train -- --epochs 5`: trains the CNN of notebook 04 on MNIST and saves checkpoints. */
import '../compileCache';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { datasets, saving, training } from '../../lib/index';
import type * as tf from '../../lib/tensorflow';
import { runProgram, wholeNumber } from '../commandLine';
import { batchSize, compiledModel, lastEpoch, networkInput, trainings } from '../trainings';

const help = `Usage: npm run train -- [options]

Trains a convolutional network to read handwritten digits (MNIST), saves a checkpoint after each
epoch, and tests the network on 10,000 other pictures.

Options:
  --epochs N            number of the last epoch; default 5
  --batch-size N        pictures in one step; default 32
  --pictures N          train on the first N of the 60,000 pictures only, to try things out
  --seed N              decides the first weights and the order of the pictures; default 0
  --checkpoints FOLDER  where checkpoints are saved; default ckpt
  --resume              go on from the newest checkpoint in that folder, if there is one
  --json                print the result as JSON, and no progress
  --help                print this text

Exit status: 0, or 1 if the training failed, or 2 if the command line is wrong.
`;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      epochs: { type: 'string', default: `${lastEpoch(trainings.cnn)}` },
      'batch-size': { type: 'string', default: `${batchSize}` },
      pictures: { type: 'string', default: '60000' },
      seed: { type: 'string', default: '0' },
      checkpoints: { type: 'string', default: 'ckpt' },
      resume: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(help);
    return;
  }
  const result = await trainAndTest({
    epochs: wholeNumber('--epochs', values.epochs, 1),
    batchSize: wholeNumber('--batch-size', values['batch-size'], 1),
    pictures: wholeNumber('--pictures', values.pictures, 1, 60_000),
    seed: wholeNumber('--seed', values.seed, 0),
    checkpoints: values.checkpoints,
    resume: values.resume,
    verbose: values.json ? 0 : 1,
  });
  if (values.json) {
    console.log(JSON.stringify(result, null, 2));
  } else {
    console.log(
      `Accuracy: ${result.accuracy?.toFixed(4)}, tested on ${result.testPictures} pictures`,
    );
  }
}

interface Settings {
  epochs: number;
  batchSize: number;
  pictures: number;
  seed: number;
  checkpoints: string;
  resume: boolean;
  verbose: 0 | 1;
}

async function trainAndTest({ checkpoints, pictures, resume, ...settings }: Settings) {
  const { seed, verbose } = settings;
  const model = compiledModel('cnn', { seed });
  const initialEpoch = resume ? await restore(model, checkpoints) : 0;
  const { train, test } = await datasets.mnist();
  const { history } = await training.fit(
    model,
    networkInput('cnn', train.images.slice(0, pictures)),
    train.labels.slice(0, pictures),
    { ...settings, initialEpoch, callbacks: [saveEachEpoch(checkpoints, verbose)] },
  );
  const testImages = networkInput('cnn', test.images);
  const { loss, accuracy } = await training.evaluate(model, testImages, test.labels, { verbose });
  const checkpoint = await saving.latestCheckpoint(checkpoints);
  return { loss, accuracy, testPictures: test.labels.size, checkpoint, history };
}

function saveEachEpoch(folder: string, verbose: 0 | 1) {
  return new training.ModelCheckpoint({
    filepath: path.join(folder, 'cp-{epoch:04d}.ckpt'),
    verbose,
  });
}

/**
 * Loads the newest checkpoint into the model and its optimiser. Returns the epoch of the
 * checkpoint.
 */
async function restore(model: tf.LayersModel, folder: string): Promise<number> {
  const checkpoint = await saving.latestCheckpoint(folder);
  if (!checkpoint) {
    console.error(`There is no checkpoint in ${folder}: training starts at the first epoch.`);
    return 0;
  }
  const epoch = /cp-(\d+)\.ckpt$/.exec(checkpoint)?.[1];
  if (!epoch) {
    throw new Error(`The name of ${checkpoint} does not contain its epoch, like cp-0005.ckpt.`);
  }
  await saving.loadWeights(model, checkpoint);
  return Number(epoch);
}

runProgram('train', main);
