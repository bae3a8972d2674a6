/**
 * Softmax and cross-entropy combined, by TensorFlow's own kernels: one operation computes loss and
 * gradient, where tfjs needs about twenty.
 */

import * as tf from '../tensorflow';
import { internals } from '../tfjsInternals';
import { DT_FLOAT, DT_INT32, nativeBackend } from './backend';

/**
 * Follows https://www.tensorflow.org/api_docs/python/tf/nn/sparse_softmax_cross_entropy_with_logits.
 *
 * @param classNumbers int32, from 0, in the shape of the logits without their last axis.
 * @param logits float32 `[…, classes]`.
 * @returns float32 in the shape of the class numbers, to be disposed by the caller.
 */
export function sparseSoftmaxCrossentropy(classNumbers: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.tidy(() => {
    const numbers = tf.reshape(classNumbers, [-1]);
    return crossentropy('SparseSoftmaxCrossEntropyWithLogits', numbers, logits);
  });
}

/**
 * Follows https://www.tensorflow.org/api_docs/python/tf/nn/softmax_cross_entropy_with_logits. The
 * targets get no gradient.
 *
 * @param targets float32, 0 to 1, in the shape of the logits.
 * @param logits float32 `[…, classes]`.
 * @returns float32 in the shape of the logits without their last axis, to be disposed by the caller.
 */
export function softmaxCrossentropy(targets: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return tf.tidy(() => crossentropy('SoftmaxCrossEntropyWithLogits', asMatrix(targets), logits));
}

type Op = 'SparseSoftmaxCrossEntropyWithLogits' | 'SoftmaxCrossEntropyWithLogits';

/** @param targets one per row of the logits, as the op takes them. */
function crossentropy(op: Op, targets: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  const backend = nativeBackend();
  const type = backend.binding.TF_ATTR_TYPE;
  const attributes = [{ name: 'T', type, value: DT_FLOAT }];
  if (op === 'SparseSoftmaxCrossEntropyWithLogits') {
    attributes.push({ name: 'Tlabels', type, value: DT_INT32 });
  }
  const lossOfRows = tf.customGrad((rows, save) => {
    const inputs = [rows as tf.Tensor, targets];
    const outputs = backend.executeMultipleOutputs(op, attributes, inputs, 2);
    const [value, slopes] = outputs as [tf.Tensor, tf.Tensor];
    (save as tf.GradSaveFunc)([slopes, rows as tf.Tensor, targets]);
    return {
      value,
      gradFunc: (upstream, saved: tf.Tensor[]) => {
        const [slopes, rows, targets] = saved as [tf.Tensor, tf.Tensor, tf.Tensor];
        // The kernel's gradients cannot be differentiated again, so compute them instead.
        const factor = internals(tf.engine()).isTapeOn()
          ? tf.sub(tf.softmax(rows), sharesOf(targets, rows))
          : slopes;
        return tf.mul(tf.expandDims(upstream, -1), factor);
      },
    };
  });
  return tf.reshape(lossOfRows(asMatrix(logits)), logits.shape.slice(0, -1));
}

/** @param targets probabilities of the classes, or class numbers. */
function sharesOf(targets: tf.Tensor, logits: tf.Tensor): tf.Tensor {
  return targets.rank === 2 ? targets : tf.oneHot(targets, logits.shape.at(-1) as number);
}

function asMatrix(values: tf.Tensor): tf.Tensor {
  return tf.reshape(values, [-1, values.shape.at(-1) as number]);
}

const ofTfjs = tf.losses.softmaxCrossEntropy;

/** tfjs's loss of this name takes the kernel too; its own second gradients are also wrong. */
tf.losses.softmaxCrossEntropy = (labels, logits, weights, smoothing, reduction) => {
  if (smoothing || tf.getBackend() !== 'tensorflow') {
    return ofTfjs(labels, logits, weights, smoothing, reduction);
  }
  return tf.tidy(() => {
    const [targets, values] = [tf.cast(labels, 'float32'), tf.cast(logits, 'float32')];
    tf.util.assertShapesMatch(targets.shape, values.shape, 'In softmaxCrossEntropy:');
    const losses = softmaxCrossentropy(targets, values);
    return tf.losses.computeWeightedLoss(losses, weights, reduction);
  });
};
