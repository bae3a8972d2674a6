/**
 * TensorFlow.js as the page has it. The page's build puts this in the place of `lib/tensorflow`, so
 * that the parts of `lib` that run in the browser too are the same as in Node.js.
 *
 * The backend in plain JavaScript is enough for one picture, and needs no graphics card.
 */
import '@tensorflow/tfjs-backend-cpu';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops';

export * from '@tensorflow/tfjs-core';
export * from '@tensorflow/tfjs-layers';
