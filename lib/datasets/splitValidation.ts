import * as tf from '../tensorflow';
import type { LabelledImages } from './imageDataset';

/**
 * Sets the first pictures of a training set apart for validation, as TensorFlow's old MNIST
 * tutorial did with its `input_data.read_data_sets`: with 5,000 of MNIST's 60,000, the three sets
 * have 55,000, 5,000 and 10,000 pictures. Nothing is shuffled.
 *
 * @typeParam Images the pictures' rank.
 * @param all pictures and labels; unchanged, and still the caller's to dispose.
 * @param validationSize how many pictures go to validation, from 1 to one less than there are.
 * @returns new tensors `{ train, validation }`, the caller's to dispose.
 * @throws when `validationSize` is not such a number, or there are not as many labels as pictures.
 *
 * @example
 * const { train, test } = await datasets.mnist();
 * const split = datasets.splitValidation(train, 5_000);
 * split.train.images.shape; // [55000, 28, 28]
 */
export function splitValidation<Images extends tf.Tensor>(
  all: LabelledImages<Images>,
  validationSize: number,
): {
  /** The pictures after the first `validationSize`. */
  train: LabelledImages<Images>;
  /** The first `validationSize` pictures. */
  validation: LabelledImages<Images>;
} {
  const [count = 0] = all.images.shape;
  if (all.labels.shape[0] !== count) {
    throw new Error(
      `splitValidation: there are ${count} images and ${all.labels.shape[0]} labels, ` +
        'expected the same number of both.',
    );
  }
  if (!Number.isInteger(validationSize) || validationSize < 1 || validationSize >= count) {
    throw new Error(
      `splitValidation: validationSize is ${validationSize}, expected a whole number ` +
        `from 1 to ${count - 1}.`,
    );
  }
  return {
    train: part(all, validationSize, count - validationSize),
    validation: part(all, 0, validationSize),
  };
}

function part<Images extends tf.Tensor>(
  { images, labels }: LabelledImages<Images>,
  start: number,
  size: number,
): LabelledImages<Images> {
  return {
    images: tf.slice(images, start, size),
    labels: tf.slice(labels, [start], [size]),
  };
}
