import * as tf from '../tensorflow';

/**
 * Turns class numbers into rows with a 1 at the class and 0 elsewhere, as Keras's
 * `to_categorical` does (https://keras.io/api/utils/python_utils/#to_categorical-function).
 *
 * @param labels whole numbers from 0 to `classes - 1`, shape `[n]`; not disposed here.
 * @param classes how many classes there are.
 * @returns a float32 tensor of shape `[n, classes]`, the caller's to dispose.
 * @throws when a label is not a whole number or out of range; the message says which.
 *
 * @example
 * oneHot([2, 0], 3).print(); // [[0, 0, 1], [1, 0, 0]]
 */
export function oneHot(labels: tf.Tensor1D | ArrayLike<number>, classes: number): tf.Tensor2D {
  if (!Number.isInteger(classes) || classes < 1) {
    throw new Error(`oneHot: classes is ${classes}, expected a whole number of at least 1.`);
  }
  const numbers = labels instanceof tf.Tensor ? numbersOf(labels) : labels;
  const rows = new Float32Array(numbers.length * classes);
  for (let i = 0; i < numbers.length; i++) {
    const label = numbers[i] as number;
    if (!Number.isInteger(label) || label < 0 || label >= classes) {
      throw new Error(
        `oneHot: labels[${i}] is ${label}, expected a whole number from 0 to ${classes - 1}.`,
      );
    }
    rows[i * classes + label] = 1;
  }
  return tf.tensor2d(rows, [numbers.length, classes]);
}

function numbersOf(labels: tf.Tensor): ArrayLike<number> {
  if (labels.rank !== 1) {
    throw new Error(`oneHot: labels has shape [${labels.shape.join(', ')}], expected [n].`);
  }
  return labels.dataSync();
}
