import * as tf from '../lib/tensorflow';

/** The versions of what the library runs on. */
export function versions(): Record<string, string> {
  const { binding } = tf.backend() as unknown as { binding: { TF_Version: string } };
  return {
    'tfjs-node': tf.version['tfjs-node'],
    tensorflow: binding.TF_Version,
    node: process.versions.node,
  };
}
