// TensorFlow writes start-up lines to stderr unless this is set before its library is loaded.
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

// Graphs may have threads of their own then (`lib/graph/session.ts`), apart from those of tfjs.
process.env.TF_OVERRIDE_GLOBAL_THREADPOOL ??= '1';

export * from '@tensorflow/tfjs-node';
