import { debianPackage } from './debianPackage';
import type { DatasetDescription } from './description';
import type { ImageDataset } from './imageDataset';
import { type DatasetOptions, loadDataset } from './loadDataset';
import { cache, offlineFolder } from './localSources';
import { mirrors } from './mirrors';
import { decodeMnistFiles, mnistFiles } from './mnistForm';

/** Where Fashion-MNIST's files can come from. */
export type FashionMnistSource = 'offline' | 'cache' | 'mirrors' | 'debian';

/** The description of Fashion-MNIST. */
export const fashionMnistDescription: DatasetDescription<ImageDataset, FashionMnistSource> = {
  title: 'Fashion-MNIST',
  folder: 'fashion-mnist',
  files: mnistFiles({
    trainImages: 'c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888',
    trainLabels: 'bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9',
    testImages: '5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b',
    testLabels: '0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34',
  }),
  sources: {
    offline: offlineFolder,
    cache,
    mirrors: mirrors([
      'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
      'https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/',
      // The authors' own server has plain http only; the SHA-256 makes that safe.
      'http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/',
    ]),
    debian: debianPackage({
      name: 'dataset-fashion-mnist',
      folder: 'usr/share/datasets/fashion-mnist',
      bytes: 30_900_652,
    }),
  },
  website: 'https://storage.googleapis.com/tensorflow/tf-keras-datasets/',
  decode: decodeMnistFiles,
};

/**
 * Loads Fashion-MNIST: 60,000 pictures of clothes for training and 10,000 for testing, in ten
 * classes, named in {@link fashionMnistClassNames} (Keras's `fashion_mnist.load_data`,
 * https://keras.io/api/datasets/fashion_mnist/).
 *
 * The files come from the first of these that has them: the folder that the environment variable
 * `DATASETS_OFFLINE_FOLDER` names (files in its subfolder `fashion-mnist`, with or without `.gz`),
 * the cache (`data/cache`), public mirrors, the Debian and Ubuntu package `dataset-fashion-mnist`.
 * Each is checked by its SHA-256, and a damaged one is never used.
 *
 * @param options how many pictures, and where the files may come from.
 * @returns `{ train, test }`, each with `images`, float32 `[n, 28, 28]`, values 0 to 255, and
 *   `labels`, int32 `[n]`, values 0 to 9. The tensors are the caller's to dispose.
 * @throws when no source has the files, with what was tried and what to do.
 *
 * @example
 * const { train } = await datasets.fashionMnist({ limit: 100 });
 * datasets.fashionMnistClassNames[(await train.labels.data())[0]]; // 'Ankle boot'
 */
export function fashionMnist(
  options: DatasetOptions<FashionMnistSource> = {},
): Promise<ImageDataset> {
  return loadDataset(fashionMnistDescription, options);
}

/** The names of Fashion-MNIST's classes 0 to 9, as its authors give them. */
export const fashionMnistClassNames: readonly string[] = [
  'T-shirt/top',
  'Trouser',
  'Pullover',
  'Dress',
  'Coat',
  'Sandal',
  'Shirt',
  'Sneaker',
  'Bag',
  'Ankle boot',
];
