/**
 * The networks of the articles, Keras's initial weights, and Keras's `summary`.
 *
 * @module
 */
export { cnn } from './cnn';
export { kerasInitializers, type LayerInitializers, type ModelOptions } from './initializers';
export { lenet } from './lenet';
export { lenet5 } from './lenet5';
export type {
  LeNet5Layers,
  LeNet5VariablesOptions,
  LeNet5Weights,
} from './lenet5FromScratch';
export { lenet5Layers, lenet5Variables } from './lenet5FromScratch';
export { mlp } from './mlp';
export { summary } from './summary';
