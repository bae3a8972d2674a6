import * as tf from '../tensorflow';
import { bool, callOperation, type } from './attributes';
import { DT_FLOAT, DT_UINT8, nativeBackend } from './backend';

/**
 * Bytes as numbers from 0 to 255, float32. TensorFlow makes floats of them: an array of floats in
 * JavaScript would take as much memory once more, until it is collected.
 */
export function tensorOfBytes(bytes: Uint8Array, shape: number[]): tf.Tensor {
  if (tf.getBackend() !== 'tensorflow') {
    return tf.tensor(new Float32Array(bytes), shape);
  }
  const backend = nativeBackend();
  return tf.tidy(() => {
    const id = backend.binding.createTensor(shape, DT_UINT8, bytes);
    const stored = backend.createOutputTensor({ id, shape, dtype: DT_UINT8 });
    const attributes = { SrcT: type(DT_UINT8), DstT: type(DT_FLOAT), Truncate: bool(false) };
    return callOperation('Cast', attributes, [stored]);
  });
}
