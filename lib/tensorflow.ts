// TensorFlow writes start-up lines to stderr unless this is set before its library is loaded.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

export * from '@tensorflow/tfjs-node';

import './corrections/index';
