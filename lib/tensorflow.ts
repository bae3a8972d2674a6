import util from 'node:util';

// TensorFlow reads both when its library is loaded. It writes start-up lines to stderr unless told
// otherwise, and uses oneDNN by itself on some processors only, though it is faster on all of them.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';

/**
 * tfjs-node calls two functions that newer versions of Node.js no longer have. In this project it is
 * patched; where `lib` is an installed package, tfjs-node may be unpatched.
 */
Object.assign(util, {
  isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  isArray: Array.isArray,
});

export * from '@tensorflow/tfjs-node';

import './corrections/index';
