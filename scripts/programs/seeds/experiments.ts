/** The trainings that can be repeated with several seeds, as the notebooks do them. */
import { training } from '../../../lib/index';
import {
  batchSize,
  compiledModel,
  loadData,
  networkInput,
  networkTarget,
  type TrainedNetwork,
  trainings,
} from '../../trainings';

/** A model's scores on the test set after this many epochs of training. */
export interface Score {
  epochs: number;
  loss: number;
  accuracy: number;
}

/** The default seeds. */
export const usualSeeds: Readonly<Record<TrainedNetwork, readonly number[]>> = {
  mlp: [0, 1, 2],
  lenet5: [0, 1, 2],
  lenet: [0, 1, 2, 3, 4],
  cnn: [0, 1, 2],
};

const verbose = 2;

/** Trains one model; yields a score as often as the notebook measures one. */
export async function* trainWithSeed(name: TrainedNetwork, seed: number): AsyncGenerator<Score> {
  const { epochs: ends, validation } = trainings[name];
  const { train, test } = await loadData(trainings[name]);
  const x = networkInput(name, train.images);
  const y = networkTarget(name, train.labels);
  const testX = networkInput(name, test.images);
  const testY = networkTarget(name, test.labels);
  const model = compiledModel(name, { seed });
  const options = {
    batchSize,
    seed,
    verbose,
    ...(validation === 'split' && { validationSplit: 0.1 }),
  } as const;
  let initialEpoch = 0;
  for (const epochs of ends) {
    await training.fit(model, x, y, { ...options, initialEpoch, epochs });
    const { loss, accuracy } = await training.evaluate(model, testX, testY, { verbose });
    yield { epochs, loss: loss as number, accuracy: accuracy as number };
    initialEpoch = epochs;
  }
}
