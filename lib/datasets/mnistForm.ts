import { tensorOfBytes } from '../native/bytes';
import * as tf from '../tensorflow';
import type { DatasetFile, DatasetFiles } from './description';
import { readIdx } from './idx';
import type { ImageDataset, LabelledImages } from './imageDataset';

/** MNIST's form, which other datasets share: 28 × 28 grey values in four IDX files. */
const names = {
  trainImages: 'train-images-idx3-ubyte',
  trainLabels: 'train-labels-idx1-ubyte',
  testImages: 't10k-images-idx3-ubyte',
  testLabels: 't10k-labels-idx1-ubyte',
} as const;

/** The four files of 60,000 and 10,000 pictures, by the SHA-256 of each. */
export function mnistFiles(sha256: Readonly<Record<keyof typeof names, string>>): DatasetFile[] {
  const images = (count: number) => 16 + count * 28 * 28;
  const labels = (count: number) => 8 + count;
  return [
    { name: names.trainImages, bytes: images(60_000), sha256: sha256.trainImages },
    { name: names.trainLabels, bytes: labels(60_000), sha256: sha256.trainLabels },
    { name: names.testImages, bytes: images(10_000), sha256: sha256.testImages },
    { name: names.testLabels, bytes: labels(10_000), sha256: sha256.testLabels },
  ];
}

/** The pictures and labels that the four files hold, at most `limit` of each part. */
export function decodeMnistFiles(files: DatasetFiles, limit: number): ImageDataset {
  return {
    train: toTensors(files, names.trainImages, names.trainLabels, limit),
    test: toTensors(files, names.testImages, names.testLabels, limit),
  };
}

function toTensors(
  files: DatasetFiles,
  imageFile: string,
  labelFile: string,
  limit: number,
): LabelledImages {
  const images = readIdx(files.get(imageFile) as Uint8Array, 3);
  const labels = readIdx(files.get(labelFile) as Uint8Array, 1);
  const [available, height, width] = images.shape as [number, number, number];
  const count = Math.min(limit, available);
  const pixels = images.values.subarray(0, count * height * width);
  const classNumbers = new Int32Array(labels.values.subarray(0, count));
  return {
    images: tensorOfBytes(pixels, [count, height, width]) as tf.Tensor3D,
    labels: tf.tensor1d(classNumbers, 'int32'),
  };
}
