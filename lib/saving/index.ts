/**
 * Keras's `.keras` and `.h5` files and TensorFlow's checkpoints, written and read.
 *
 * @module
 */
export { loadCheckpoint, saveCheckpoint } from './checkpoint';
export type { LoadModelOptions, SaveModelOptions } from './kerasFile';
export { loadModel, saveModel } from './kerasFile';
export type { LoadKerasH5Options, SaveKerasH5Options } from './kerasH5';
export { loadKerasH5, saveKerasH5 } from './kerasH5';
export { latestCheckpoint } from './latestCheckpoint';
export { saveLayersModel } from './layersModel';
export { loadLayersModel } from './loadLayersModel';
export type { ModelCheckpointOptions } from './modelCheckpoint';
export { ModelCheckpoint } from './modelCheckpoint';
export type { SaveWeightsOptions } from './modelWeights';
export { loadWeights, saveWeights } from './modelWeights';
