/**
 * TensorFlow's own gradient kernels for activations. tfjs composes these gradients from several
 * element-wise operations (ten for relu); inside a graph one kernel does it. tfjs's registry of
 * gradients is shared by the whole process, so the entries are put back after the capture.
 *
 * These kernels have no gradients of their own. Where a gradient is computed within a function that
 * is itself differentiated (a gradient penalty), tfjs's operations do it.
 */
import { callOperation, type } from '../../native/attributes';
import { DT_FLOAT } from '../../native/backend';
import * as tf from '../../tensorflow';
import { internals } from '../../tfjsInternals';
import { OPERATIONS } from '../operations';
import type { Replacements } from './replacements';

export function useNativeGradients(replacements: Replacements): void {
  for (const [activation, { gradient }] of Object.entries(OPERATIONS)) {
    if (gradient === undefined) {
      continue;
    }
    const original = tf.getGradient(activation);
    tf.registerGradient({
      ...original,
      outputsToSave: [true],
      gradFunc: (upstream, saved, attributes) => {
        const output = saved.at(-1);
        if (isGradientDifferentiated() || Array.isArray(upstream) || output === undefined) {
          return original.gradFunc(upstream, saved, attributes);
        }
        const inputs = gradient.takesOutputFirst ? [output, upstream] : [upstream, output];
        return { x: () => callOperation(gradient.op, { T: type(DT_FLOAT) }, inputs) };
      },
    });
    replacements.onRestore(() => tf.registerGradient(original));
  }
}

/** Whether the gradient that is being computed will be differentiated again. */
function isGradientDifferentiated(): boolean {
  return internals(tf.engine()).isTapeOn();
}
