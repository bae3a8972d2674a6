/**
 * TensorFlow's own gradient kernels for activations. tfjs composes these gradients from several
 * element-wise operations (ten for relu); inside a graph one kernel does it. tfjs's registry of
 * gradients is shared by the whole process, so the entries are put back after the capture.
 *
 * These kernels have no gradients of their own. Where a gradient is computed within a function that
 * is itself differentiated (a gradient penalty), tfjs's operations do it.
 */
import * as tf from '../tensorflow';
import { nativeBackend } from './native';
import type { Replacements } from './replacements';
import { tape } from './tfjsInternals';

/** Activation → its gradient op, which takes the gradient and the activation's output. */
export const GRADIENT_OPS = [
  { activation: 'Relu', op: 'ReluGrad', outputFirst: false },
  { activation: 'Sigmoid', op: 'SigmoidGrad', outputFirst: true },
  { activation: 'Tanh', op: 'TanhGrad', outputFirst: true },
];

export function useNativeGradients(replacements: Replacements): void {
  const backend = nativeBackend();
  for (const { activation, op, outputFirst } of GRADIENT_OPS) {
    const original = tf.getGradient(activation);
    tf.registerGradient({
      ...original,
      outputsToSave: [true],
      gradFunc: (upstream, saved: tf.Tensor[], attributes) => {
        if (isGradientDifferentiated()) {
          return original.gradFunc(upstream, saved, attributes);
        }
        const gradient = upstream as tf.Tensor;
        const output = saved.at(-1);
        const inputs = outputFirst
          ? [output as tf.Tensor, gradient]
          : [gradient, output as tf.Tensor];
        const T = { name: 'T', type: backend.binding.TF_ATTR_TYPE, value: 1 };
        return { x: () => backend.executeSingleOutput(op, [T], inputs) };
      },
    });
    replacements.onRestore(() => tf.registerGradient(original));
  }
}

/** Whether the gradient that is being computed will be differentiated again. */
export function isGradientDifferentiated(): boolean {
  return tape().isTapeOn();
}
