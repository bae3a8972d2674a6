// TensorFlow reads both when its library is loaded. It writes start-up lines to stderr unless told
// otherwise, and uses oneDNN by itself on some processors only, though it is faster on all of them.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';

export * from '@tensorflow/tfjs-node';

import './corrections/index';
