/** What tfjs has registered for an operation, put another way. */
import * as tf from '@tensorflow/tfjs-node';

export type Gradients = Record<string, () => tf.Tensor>;

type Gradient = (...call: Parameters<tf.GradFunc>) => Gradients;

/**
 * Puts another function of the gradients in the place of tfjs's.
 *
 * @param correct makes it of that one.
 */
export function correctGradient(kernelName: string, correct: (known: Gradient) => Gradient): void {
  const known = tf.getGradient(kernelName);
  tf.unregisterGradient(kernelName);
  tf.registerGradient({ ...known, gradFunc: correct(known.gradFunc as Gradient) });
}

/**
 * Puts another kernel in the place of tfjs-node's.
 *
 * @param correct makes it of that one.
 */
export function correctKernel(
  kernelName: string,
  correct: (known: tf.KernelFunc) => tf.KernelFunc,
): void {
  const known = tf.getKernel(kernelName, 'tensorflow');
  tf.unregisterKernel(kernelName, 'tensorflow');
  tf.registerKernel({ ...known, kernelFunc: correct(known.kernelFunc) });
}
