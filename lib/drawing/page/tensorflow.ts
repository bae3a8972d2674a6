/**
 * TensorFlow.js in the page. The page's build replaces `lib/tensorflow` with this module, so that
 * code of `lib` runs in the browser unchanged.
 *
 * The backend in plain JavaScript is enough for one picture, and needs no graphics card.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';

export * from '@tensorflow/tfjs-core';
export * from '@tensorflow/tfjs-layers';
